"""What can be done with what stands in the transcript: copying, links, and the menu that offers it."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from trackside.chat.answer_json import answer_json
from trackside.domain.citation import Citation
from trackside.domain.failure import FailureAction
from trackside.domain.turn import Turn
from trackside.markup.links import shown_target
from trackside.ui.labels import button_words
from trackside.ui.transcript.excerpts import CopiedExcerpts, Excerpt, copy, excerpt_of_answer, excerpts_of
from trackside.ui.transcript.places import Selection
from trackside.ui.transcript.pointing import Spot, Zone
from trackside.ui.transcript.rows import Rows
from trackside.ui.transcript.turn_content import TurnContent

LabelOf = Callable[[Citation], str]
_MOST_ENTRIES = 20
_LONGEST_ENTRY = 60


class Deeds(QObject):
    """Does what a click or a menu asks for. `copied` says in words what was copied."""

    copied = Signal(str)
    link_wanted = Signal(str)
    citation_wanted = Signal(Citation)
    action_wanted = Signal(Turn, FailureAction)
    recap_wanted = Signal(str)
    """The recap that was sent with a turn is to be shown."""
    branch_wanted = Signal(Turn)
    edit_wanted = Signal(Turn)
    """The question of a turn is to be asked in other words."""
    select_all_wanted = Signal()
    find_wanted = Signal()

    def __init__(self, rows: Rows, label_of: LabelOf, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows = rows
        self._label_of = label_of
        self._parent = parent
        self._menu: QMenu | None = None

    # -- copying ---------------------------------------------------------------------------------

    def copy_selection(self, selection: Selection | None, *, as_markdown: bool = False) -> None:
        if selection is None or selection.is_empty:
            return
        self._copy(excerpts_of(self._rows, selection), "selection", as_markdown=as_markdown)

    def selected_words(self, selection: Selection | None) -> str:
        """What is selected, if that is some words of one line."""
        if selection is None or selection.first[:2] != selection.last[:2]:
            return ""
        first, last = selection.first, selection.last
        words = self._rows.content(first.row).rendered(first.part).plain_text(first.position, last.position)
        return "" if "\n" in words else words

    def offer_selection(self, selection: Selection | None) -> None:
        """For the middle button of X11, which pastes what is selected."""
        clipboard = QGuiApplication.clipboard()
        if clipboard.supportsSelection() and selection is not None and not selection.is_empty:
            copied = CopiedExcerpts(excerpts_of(self._rows, selection), self._label_of)
            clipboard.setMimeData(copied, clipboard.Mode.Selection)

    def copy_answer(self, turn: Turn) -> None:
        """An answer as Markdown, and as rich text for programs that take it."""
        attempt = turn.shown_attempt
        if attempt is not None and attempt.answer.has_text:
            self._copy([excerpt_of_answer(turn, attempt.answer)], "answer", as_markdown=True)

    def copy_answer_as_rich_text(self, turn: Turn) -> None:
        """An answer as programs for writing take it, and as plain text for all others."""
        attempt = turn.shown_attempt
        if attempt is not None and attempt.answer.has_text:
            self._copy([excerpt_of_answer(turn, attempt.answer)], "answer as rich text")

    def copy_answer_as_json(self, turn: Turn) -> None:
        """A structured answer as its JSON; any other as it is kept."""
        if (attempt := turn.shown_attempt) is not None:
            self.copy_text(answer_json(attempt.answer), "answer as JSON")

    def copy_question(self, turn: Turn) -> None:
        self._copy([Excerpt("You", words=turn.ask.question)], "question")

    def copy_code(self, row: int, part: int) -> None:
        self.copy_text(self._rows.content(row).code_of(part), "code")

    def copy_text(self, text: str, what: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(f"Copied the {what}.")

    def _copy(self, excerpts: list[Excerpt], what: str, *, as_markdown: bool = False) -> None:
        copy(excerpts, self._label_of, as_markdown=as_markdown)
        self.copied.emit(f"Copied the {what}.")

    def copy_citation(self, citation: Citation) -> None:
        words = self._label_of(citation)
        QGuiApplication.clipboard().setText(f"{words} ({citation.item_id})" if citation.item_id else words)
        self.copied.emit(f"Copied the reference: {words}.")

    # -- pressing --------------------------------------------------------------------------------

    def press(self, target: str | Citation) -> None:
        """A link is shown before it is opened; a citation is whoever's plays it."""
        if isinstance(target, Citation):
            self.citation_wanted.emit(target)
        else:
            self.link_wanted.emit(target)

    def show_recap(self, turn: Turn) -> None:
        attempt = turn.shown_attempt
        if attempt is not None and attempt.recap:
            self.recap_wanted.emit(attempt.recap)

    # -- the menu --------------------------------------------------------------------------------

    def open_menu(self, spot: Spot, at: QPoint, selection: Selection | None) -> None:
        """Offers what can be done at a spot. It closes itself."""
        self.close_menu()
        menu = self._menu = QMenu(self._parent)
        menu.aboutToHide.connect(self._forget_menu)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        has_selection = selection is not None and not selection.is_empty
        copy_action = menu.addAction("Copy", lambda: self.copy_selection(selection))
        copy_action.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy_action.setEnabled(has_selection)
        as_markdown = menu.addAction(
            "Copy as Markdown", lambda: self.copy_selection(selection, as_markdown=True)
        )
        as_markdown.setEnabled(has_selection)
        menu.addAction("Select all", self.select_all_wanted.emit)
        self._add_target(menu, spot)
        if 0 <= spot.row < len(self._rows):
            self._add_turn(menu, spot)
        menu.addSeparator()
        menu.addAction("Find…", self.find_wanted.emit)
        menu.popup(at)

    def close_menu(self) -> None:
        """Takes an open menu back: what it speaks of is not shown any more."""
        if self._menu is not None:
            self._menu.close()

    def _forget_menu(self) -> None:
        self._menu = None

    def _add_target(self, menu: QMenu, spot: Spot) -> None:
        target = spot.target
        if isinstance(target, Citation):
            menu.addSeparator()
            menu.addAction("Copy reference", lambda: self.copy_citation(target))
        elif target:
            menu.addSeparator()
            menu.addAction("Open link…", lambda: self.link_wanted.emit(target))
            menu.addAction("Copy link", lambda: self.copy_text(shown_target(target), "link"))

    def _add_links(self, menu: QMenu, content: TurnContent) -> None:
        """Links and citations of a turn, for whoever has no mouse to press them with."""
        links = [link for part in content.rendered_parts for link in content.rendered(part).links()]
        if links:
            more = menu.addMenu("Links and citations")
            for target, words, _ in links[:_MOST_ENTRIES]:
                more.addAction(button_words(words[:_LONGEST_ENTRY]), partial(self.press, target))

    def _add_turn(self, menu: QMenu, spot: Spot) -> None:
        turn, content = self._rows.turns[spot.row], self._rows.content(spot.row)
        menu.addSeparator()
        menu.addAction("Copy question", lambda: self.copy_question(turn))
        attempt = turn.shown_attempt
        if attempt is not None and attempt.answer.has_text:
            menu.addAction("Copy answer", lambda: self.copy_answer(turn))
            forms = menu.addMenu("Copy answer as")
            forms.addAction("Markdown", lambda: self.copy_answer(turn))
            forms.addAction("Rich text", lambda: self.copy_answer_as_rich_text(turn))
            forms.addAction("JSON", lambda: self.copy_answer_as_json(turn))
        codes = content.codes
        for number, part in enumerate(codes[:_MOST_ENTRIES], 1):
            if spot.zone is Zone.GROUND or spot.part == part or len(codes) == 1:
                words = "Copy code" if len(codes) == 1 or spot.part == part else f"Copy code {number}"
                menu.addAction(words, partial(self.copy_code, spot.row, part))
        if spot.zone is Zone.GROUND:
            self._add_links(menu, content)
        if not turn.is_running:
            retry = menu.addAction("Retry", lambda: self.action_wanted.emit(turn, FailureAction.RETRY))
            retry.setEnabled(bool(turn.attempts))
        menu.addAction("Edit and ask again…", lambda: self.edit_wanted.emit(turn))
        menu.addAction("Branch from here", lambda: self.branch_wanted.emit(turn))
        if attempt is not None and attempt.recap:
            menu.addAction("Show the recap that was sent…", lambda: self.show_recap(turn))
