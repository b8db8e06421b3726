"""A hand for the window: finds controls by their accessible names, types, clicks, waits, takes pictures."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QWidget,
)

from trackside.domain.settings import Settings
from trackside.life import live
from trackside.loop import run
from trackside.storage.key_vault import KeyVault
from trackside.storage.paths import DataPaths
from trackside.storage.settings import load_settings
from trackside.ui.main_window import MainWindow
from trackside.ui.theme import Theme
from trackside.ui.transcript.turn_content import TurnContent
from trackside.ui.transcript.view import TranscriptView
from trackside.ui.transcript.words import steps_line

WAIT_S = 10.0
W = TypeVar("W", bound=QWidget)


@dataclass
class Hand:
    """One open window and what a person can do with it."""

    window: MainWindow
    theme: Theme

    # -- finding ---------------------------------------------------------------------------------

    def find_all(
        self,
        name: str,
        kind: type[W] = QWidget,
        within: QWidget | None = None,  # type: ignore[assignment]
    ) -> list[W]:
        """The visible controls with this accessible name, and the visible buttons with these words."""
        found = []
        for widget in (within or self.window).findChildren(kind):  # dialogs are the window's children, too
            words = widget.text() if isinstance(widget, QAbstractButton) else ""
            if widget.isVisible() and name in (widget.accessibleName(), words):
                found.append(widget)
        return found

    def find(
        self,
        name: str,
        kind: type[W] = QWidget,
        within: QWidget | None = None,  # type: ignore[assignment]
    ) -> W:
        """The first of them; LookupError when there is none."""
        if found := self.find_all(name, kind, within):
            return found[0]
        raise LookupError(f"Nothing visible is called {name!r}.")

    def has(self, name: str) -> bool:
        try:
            self.find(name)
        except LookupError:
            return False
        return True

    @property
    def words(self) -> str:
        """Every word that can be read in the window now."""
        found: list[str] = []
        for widget in self.window.findChildren(QWidget):
            if not widget.isVisible():
                continue
            if isinstance(widget, QLabel | QAbstractButton):
                found.append(widget.text())
            elif isinstance(widget, QPlainTextEdit):
                found.append(widget.toPlainText())
            elif isinstance(widget, TranscriptView):
                for row in range(len(widget.rows)):
                    found += _words_of(widget.rows.content(row))
        return "\n".join(found).replace("\u00a0", " ")

    @property
    def answers(self) -> list[str]:
        """The answers' texts as they stand on the screen, from the top."""
        view = self.transcript
        if not view.isVisible():
            return []
        answers = []
        for row in range(len(view.rows)):
            content = view.rows.content(row)
            if texts := [content.rendered(part).plain_text() for part in content.parts if part >= 0]:
                answers.append("\n".join(texts).replace("\u00a0", " "))
        return answers

    @property
    def transcript(self) -> TranscriptView:
        """The view of the open session."""
        views = self.window.findChildren(TranscriptView)
        if not views:
            raise LookupError("There is no transcript yet.")
        return views[0]

    # -- doing -----------------------------------------------------------------------------------

    async def click(self, name: str, within: QWidget | None = None) -> None:
        """Clicks what is called so, if a hand could: it has to be enabled and not hidden behind anything."""
        await self.click_on(self.find(name, within=within))

    async def click_on(self, widget: QWidget, place: QPoint | None = None) -> None:
        scroll = widget.parentWidget()
        while scroll is not None:
            if isinstance(scroll, QScrollArea):
                scroll.ensureWidgetVisible(widget)
                await settle()
            scroll = scroll.parentWidget()
        place = place or widget.rect().center()
        name = widget.accessibleName()
        assert widget.isEnabled(), f"{name!r} is disabled"
        top = widget.window()
        hit = top.childAt(widget.mapTo(top, place))
        assert hit is not None, f"{name!r} can't be reached: {place} is outside of the window"
        assert hit is widget or widget.isAncestorOf(hit), f"{hit} lies on {name!r}"
        modal = QApplication.activeModalWidget()
        assert modal is None or modal is top, f"{modal} has to be answered first"
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        await self._settle()

    async def point_at(self, row: int) -> None:
        """Holds the mouse over a turn, which shows what can be done with it."""
        view = self.transcript
        view.viewpoint.show_row(row)
        await settle()
        QTest.mouseMove(view.viewport(), view.nodes.row_rect(row).center())
        await settle()

    async def click_in_turn(self, words: str, row: int = -1) -> None:
        """Clicks a link, a chip, the steps' line or a code's button in a turn, the last one by default."""
        view = self.transcript
        row = row if row >= 0 else len(view.rows) + row
        for target in view.nodes.row_targets(row):
            if words in target.words:
                if not view.viewport().rect().contains(target.rect):
                    view.scroll_by(target.rect.center().y() - view.viewport().height() // 2)
                await settle()
                moved = next(t for t in view.nodes.row_targets(row) if t.words == target.words)
                await self.click_on(view.viewport(), moved.rect.center())
                return
        raise LookupError(f"Nothing in this turn is called {words!r}.")

    async def type(self, text: str, name: str = "Message") -> None:
        widget = self.find(name)
        for letter in text:
            if letter.isascii():
                QTest.keyClick(widget, letter)
            else:
                await self.compose(widget, commit=letter)
        await settle()

    async def fill(self, name: str, text: str) -> None:
        """Clicks into a line and replaces what is in it."""
        field = self.find(name, QLineEdit)
        await self.click_on(field)
        field.selectAll()
        await self.press(Qt.Key.Key_Delete)
        await self.type(text, name)

    async def compose(self, widget: QWidget, preedit: str = "", commit: str = "") -> None:
        """What an input method does: shows what is being composed, or commits it."""
        event = QInputMethodEvent(preedit, [])
        event.setCommitString(commit)
        QApplication.sendEvent(widget, event)
        await settle()

    async def paste(self, text: str) -> None:
        """Pastes where the focus is."""
        QApplication.clipboard().setText(text)
        await self.press(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)

    async def press(
        self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        """Presses a key wherever the focus is."""
        QTest.keyClick(QApplication.focusWidget() or self.window, key, modifiers)
        await self._settle()

    async def _settle(self) -> None:
        await settle()
        if QApplication.activeWindow() is None and self.window.isVisible():
            # Offscreen there is no window manager to do it when a dialog has closed.
            self.window.activateWindow()
            await settle()

    async def ask(self, question: str) -> None:
        await self.type(question)
        await self.press(Qt.Key.Key_Return)

    # -- waiting ---------------------------------------------------------------------------------

    async def until(self, is_so: Callable[[], object], what: str = "", wait_s: float = WAIT_S) -> None:
        """Waits until something is so; fails with what the window says instead."""
        try:
            async with asyncio.timeout(wait_s):
                while not is_so():  # noqa: ASYNC110 -- a person looks again, too
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(
                f"{what or 'it'} did not come about. The window says:\n{self.words[:2000]}"
            ) from None

    async def until_words(self, words: str, wait_s: float = WAIT_S) -> None:
        await self.until(lambda: words in self.words, repr(words), wait_s)

    async def until_answered(self) -> None:
        """Until no answer of the shown session is under way, and all of it is drawn."""
        await self.until(lambda: not self.has("Stop"), "the end of the answer")
        await self.until_drawn()

    async def until_drawn(self) -> None:
        """Until the transcript shows what has come: it draws once a frame, and long texts bit by bit."""
        rows = self.transcript._session_rows
        await self.until(
            lambda: not any(timer.isActive() for timer in (rows._frame, rows._reading, rows._refining)),
            "all words",
        )

    async def until_connected(self) -> None:
        """Until the stores have come, so that a question can be asked."""
        await self.until(lambda: " items" in self.window.header.store.text(), "the knowledge store")

    async def picture(self, path: Path) -> None:
        await settle()
        path.parent.mkdir(parents=True, exist_ok=True)
        assert self.window.grab().save(str(path)), f"{path} could not be written"


def _words_of(content: TurnContent) -> list[str]:
    """What can be read of a turn; notices and buttons are widgets."""
    words = [content.rendered(part).plain_text() for part in content.parts]
    if content.steps and content.attempt is not None:
        words.append(steps_line(content.attempt))
    return [*words, content.status]


async def settle() -> None:
    """Lets what was done sink in: queued events, a layout, a frame."""
    for _ in range(3):
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)


def with_window(
    application: QApplication, paths: DataPaths, work: Callable[[Hand], Awaitable[None]], **how: Any
) -> None:
    """Runs `hold_window` on a loop of its own; `how` is passed on."""
    run(hold_window(application, paths, work, **how), application)


async def hold_window(
    application: QApplication,
    paths: DataPaths,
    work: Callable[[Hand], Awaitable[None]],
    *,
    settings: Settings | None = None,
    base_url: str | None = None,
    in_sandbox: bool = False,
    vault: KeyVault | None = None,
    environment: dict[str, str] | None = None,
    early: Callable[[MainWindow], None] = lambda _: None,
) -> None:
    """Opens the window as the application does, lets the hand work, and closes it as a person would.

    `early` is called when the window stands and nothing is behind it yet.
    """
    loaded = load_settings(paths.settings)
    if settings is not None:
        loaded = replace(loaded, settings=settings)
    theme = Theme(application, loaded.settings)
    window = MainWindow(loaded.settings)
    # Offscreen the screen is smaller than the window wants to be.
    window.resize(loaded.settings.window_width, loaded.settings.window_height)
    window.furnish(theme)
    window.show()
    early(window)
    life = asyncio.get_running_loop().create_task(
        live(
            window,
            theme,
            paths,
            lambda _: loaded,
            base_url=base_url,
            in_sandbox=in_sandbox,
            vault=vault,
            environment=environment if environment is not None else {},
        )
    )
    hand = Hand(window, theme)
    try:
        await hand.until(
            lambda: life.done() or window.is_first_run or window.composer.message.hasFocus(), "the window"
        )
        await work(hand)
    finally:
        window.close()
        await life
        theme.dismiss()
        window.deleteLater()
        await settle()
