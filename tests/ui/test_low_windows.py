"""A small window at a high zoom: everything can be reached, and nothing is cut off."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QPushButton, QScrollArea, QWidget

from desktop.hand import Hand, settle
from trackside.domain.session import Session, new_id, now
from trackside.domain.settings import Settings
from trackside.sandbox.server import SandboxServer
from trackside.ui.labels import elided_title
from trackside.ui.settings.dialog import SettingsDialog
from trackside.ui.sidebar.deeds import SessionDeed
from trackside.ui.sidebar.tags import TagBox, TagsDialog
from trackside.ui.sidebar.views import ARCHIVE, TRASH
from ui.support import OpenWindow

SMALL = Settings(window_width=900, window_height=600, zoom=200)


def is_whole(widget: QWidget, within: QWidget) -> bool:
    """Whether all of a widget lies in another one."""
    return within.rect().contains(widget.rect().translated(widget.mapTo(within, QPoint(0, 0))))


def test_recap_chips_and_button_are_whole_beside_a_notice(
    at_service: OpenWindow, service: SandboxServer
) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/echo one")
        await hand.until_answered()
        service.set_fault("lost-session;times=1")
        await hand.ask("/echo two")
        await hand.until_answered()
        service.set_fault(None)
        for news in ("Something went well.", "And something else went well, of which there is more to say."):
            hand.window.notices.show_news(news)
        await settle()
        card = hand.window.composer._card
        for name in (
            "Instructions: off",
            "Schema: off",
            "Show steps",
            "Web search",
            "Retry",
            "Carry a recap",
        ):
            assert is_whole(hand.find(name, QAbstractButton), card), name
        assert hand.window.composer.recap.height() >= hand.window.composer.recap.minimumSizeHint().height()
        assert "Something went well." not in hand.words
        # What is too long is said even where there is no room for a count.
        await hand.paste("x" * 9_990)
        assert hand.window.composer._count.isVisible()

    at_service(work, settings=SMALL)


def test_settings_show_every_button_whole(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.press(Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
        dialog = hand.find("Settings", SettingsDialog)
        assert hand.find("Page of the settings", QComboBox).isVisible()
        for name in dialog.names:
            dialog.show_page(name)
            await hand.until_drawn()
            page = dialog.page
            ground = page.parentWidget()
            assert ground is not None
            assert page.width() <= ground.width(), name
            for button in page.findChildren(QPushButton):
                assert not button.isVisible() or is_whole(button, page), (name, button.text())
        await hand.click("Close", dialog)

    at_service(work, settings=SMALL)


def test_long_tags_are_cut_and_never_scrolled_sideways(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        session = Session(new_id(), "", now(), now(), title="Harbour")
        dialog = TagsDialog(hand.theme, [session], ["harbour & crane", "W" * 40], hand.window)
        dialog.open()
        await hand.type("another", "New tag")
        await hand.press(Qt.Key.Key_Return)
        for box in dialog.findChildren(TagBox):
            assert is_whole(box, dialog), box.tag
            assert box.accessibleName() == box.tag
        area = dialog.findChild(QScrollArea)
        assert isinstance(area, QScrollArea)
        assert area.horizontalScrollBar().value() == 0
        assert dialog.width() <= hand.window.width()
        dialog.reject()
        await settle()

    at_service(work, settings=SMALL)


def test_the_ending_that_tells_a_copy_from_its_original_is_not_cut_off(qapp: QApplication) -> None:
    metrics = QFontMetrics(qapp.font())
    title = "What does the crane load in the harbour, and who drives it? (branch)"
    shown = elided_title(title, metrics, 300)
    assert shown.startswith("Wh")
    assert shown.endswith("… (branch)")
    assert metrics.horizontalAdvance(shown) <= 300
    assert elided_title("Short (branch)", metrics, 2_000) == "Short (branch)"
    assert elided_title(title, metrics, 60).endswith("…")
    assert elided_title("A question (with more in brackets than an ending has)", metrics, 150).endswith("…")


def test_what_is_emptied_by_keys_leaves_the_focus_near(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/echo one")
        await hand.until_answered()
        sidebar = hand.window.sidebar
        sidebar.list.setFocus()
        await hand.press(Qt.Key.Key_Delete)
        await hand.until(lambda: hand.has("Undo"))
        sidebar.view_bar.chosen.emit(TRASH)
        await hand.until(lambda: sidebar.rows.view == TRASH and sidebar.rows.session_count == 1)
        sidebar.list.setFocus()
        sidebar.list.selectAll()
        await hand.press(Qt.Key.Key_Delete)
        box = QApplication.activeModalWidget()
        assert box is not None
        await hand.click_on(next(b for b in box.findChildren(QPushButton) if b.text() == "Delete"))
        await hand.until(lambda: sidebar.rows.session_count == 0)
        assert hand.window.focusWidget() is sidebar.view_bar.button

    at_service(work)


def test_enter_opens_what_tab_came_to(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        for words in ("one", "two"):
            await hand.press(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
            await hand.ask(f"/echo {words}")
            await hand.until_answered()
        sidebar = hand.window.sidebar
        one = sidebar.rows.sessions_between(0, 9)[-1]
        sidebar.deed_wanted.emit(SessionDeed.ARCHIVE, [one])
        sidebar.view_bar.chosen.emit(ARCHIVE)
        await hand.until(lambda: sidebar.rows.view == ARCHIVE and sidebar.rows.session_count == 1)
        assert hand.answers == ["two"]
        sidebar.list.setFocus(Qt.FocusReason.TabFocusReason)
        await hand.press(Qt.Key.Key_Return)
        await hand.until(lambda: hand.answers == ["one"])
        assert hand.window.composer.message.hasFocus()

    at_service(work)
