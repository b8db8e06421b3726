"""The connection test's card: what it says at each end of a test, and what it offers first."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication, QPushButton

from trackside.domain import connection_test as found
from trackside.domain.connection import TWELVELABS
from trackside.domain.connection_test import Mend, StepName, Steps, StepState
from trackside.domain.failure import Failure, FailureKind
from trackside.domain.settings import Settings
from trackside.ui.connection_test.card import ConnectionTestCard
from trackside.ui.theme import Theme
from ui.support import copied

REFUSED = Failure(FailureKind.CONNECTION, "The proxy refused the connection.", "Check it.")


@pytest.fixture
def card(qapp: QApplication) -> Iterator[ConnectionTestCard]:
    theme = Theme(qapp, Settings())
    card = ConnectionTestCard(theme)
    card.begin(TWELVELABS)
    card.show()
    yield card
    card.close()
    card.deleteLater()
    theme.dismiss()


def passed() -> Steps:
    return tuple(replace(step, state=StepState.PASSED) for step in found.untested_steps())


def offers(card: ConnectionTestCard) -> list[str]:
    """The buttons' words in the order in which they are seen."""
    buttons = [button for button in card.findChildren(QPushButton) if button.isVisible()]
    return [button.text() for button in sorted(buttons, key=lambda one: (one.y(), one.x()))]


def test_nothing_is_said_before_the_end(card: ConnectionTestCard) -> None:
    running = found.TestStep(StepName.TLS, StepState.RUNNING, "Certificate")
    card.show_steps(found.with_step(found.untested_steps(), running))
    assert not card.verdict.isVisible()
    assert not offers(card)


def test_success_is_said_with_the_number_of_stores(card: ConnectionTestCard) -> None:
    stores = found.TestStep(StepName.STORES, StepState.PASSED, "List of stores", "3 stores")
    card.show_steps(found.with_step(passed(), stores))
    assert card.verdict.text() == "The connection works: 3 stores."
    assert offers(card) == ["Copy report"]


def test_what_works_unprotected_is_said_as_that(card: ConnectionTestCard) -> None:
    plain = found.TestStep(StepName.TLS, StepState.SKIPPED, "Plain http, not protected", is_doubtful=True)
    card.show_steps(found.with_step(passed(), plain))
    assert card.verdict.text() == "The connection works, but mind this: Plain http, not protected."


def test_what_helps_most_stands_first(card: ConnectionTestCard, qapp: QApplication) -> None:
    mends = (Mend.OPEN_PROXY, Mend.TRY_AGAIN)
    failed = found.TestStep(StepName.PROXY, StepState.FAILED, "Not through it", "", REFUSED, mends)
    card.show_steps(found.with_step(passed(), failed))
    qapp.processEvents()
    assert card.verdict.text() == "The proxy refused the connection. Check it."
    assert offers(card) == ["Open proxy settings", "Try again", "Copy report"]
    wanted: list[str] = []
    card.proxy_wanted.connect(lambda: wanted.append("proxy"))
    card.focus_mend()
    focused = card.focusWidget()
    assert isinstance(focused, QPushButton)
    focused.click()
    assert wanted == ["proxy"]
    card.begin(TWELVELABS)
    assert not card.verdict.isVisible()


def test_the_report_can_be_copied_and_that_is_told(card: ConnectionTestCard) -> None:
    news: list[str] = []
    card.copied.connect(news.append)
    card.show_steps(passed())
    card.copy_report()
    assert copied() == card.report
    assert "https://api.twelvelabs.io/v1.3" in copied()
    assert news == ["Copied the connection test’s report."]
    QApplication.clipboard().clear()
