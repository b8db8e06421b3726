"""Search and commands: opened by keys and clicks, searched while one types, and on to the very hit."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QListView, QMenu, QPushButton

from desktop.hand import Hand, settle
from desktop.reader import Reader, tell
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.search import HitField, SearchHit, SearchQuery, StateFilter
from trackside.domain.settings import Settings, ThemeChoice
from trackside.sandbox.server import SandboxServer
from trackside.ui.actions import COMMANDS
from trackside.ui.desk import Desk
from trackside.ui.search.entries import Entry, EntryKind
from trackside.ui.search.field import SearchField
from trackside.ui.search.palette import SearchPalette
from trackside.ui.shortcuts import Shortcuts
from trackside.ui.tokens import DARK
from trackside.ui.transcript.finder import Match
from ui.support import OpenWindow

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NOON = datetime(2025, 3, 4, 12, tzinfo=UTC)


@dataclass
class Answers:
    """Stands in for the index: says what it is told, at once or when `answer` is called."""

    hits: list[SearchHit] = field(default_factory=list)
    failure: Failure | None = None
    is_slow: bool = False
    queries: list[SearchQuery] = field(default_factory=list)
    waiting: list[asyncio.Future[list[SearchHit]]] = field(default_factory=list)

    async def find(self, query: SearchQuery) -> list[SearchHit]:
        self.queries.append(query)
        if self.is_slow:
            self.waiting.append(asyncio.get_running_loop().create_future())
            return await self.waiting[-1]
        if self.failure is not None:
            raise TracksideError(self.failure)
        return self.hits

    def answer(self, *hits: SearchHit) -> None:
        self.waiting.pop(0).set_result(list(hits))


def desk_of(hand: Hand) -> Desk:
    return next(child for child in hand.window.children() if isinstance(child, Desk))


def answering(hand: Hand, *hits: SearchHit, **how: Any) -> Answers:
    """Has the window ask a stand-in from now on."""
    answers = Answers(list(hits), **how)
    desk: Any = desk_of(hand)
    desk.search = answers
    return answers


def hit(title: str, snippet: str = "", word: str = "gait", **how: Any) -> SearchHit:
    at = snippet.find(word)
    marks = ((at, at + len(word)),) if at >= 0 else ()
    return SearchHit(f"id of {title}", title, NOON, HitField.ANSWER, snippet, marks, **how)


def palette(hand: Hand) -> SearchPalette:
    return hand.window.findChildren(SearchPalette)[0]


def is_open(hand: Hand) -> bool:
    return hand.has("Results")


def entries(hand: Hand) -> list[Entry]:
    return palette(hand).rows.entries


def titles(hand: Hand, kind: EntryKind = EntryKind.SESSION) -> list[str]:
    return [entry.title.text for entry in entries(hand) if entry.kind is kind]


def current(hand: Hand) -> str:
    entry = palette(hand).current
    return entry.title.text if entry is not None else ""


def message(hand: Hand) -> str:
    found = hand.find_all("Search result", QLabel)
    return found[0].text() if found else ""


async def open_palette(hand: Hand, words: str = "") -> None:
    await hand.press(Qt.Key.Key_K, CTRL)
    await hand.until(lambda: is_open(hand), "the palette")
    QTest.keyClicks(palette(hand).field, words)
    await settle()


# -- coming and going ----------------------------------------------------------------------------


def test_esc_closes_it_and_gives_the_focus_back(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        for widget in (hand.window.composer.message, hand.window.sidebar.list):
            widget.setFocus()
            await open_palette(hand)
            assert hand.find("Search sessions", SearchField).hasFocus()
            await hand.press(Qt.Key.Key_Escape)
            assert not is_open(hand)
            assert widget.hasFocus()

    at_service(work)


def test_click_beside_it_closes_it(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await open_palette(hand)
        ground = palette(hand).parentWidget()
        assert ground is not None
        await hand.click_on(ground, ground.rect().bottomLeft())
        assert not is_open(hand)
        assert hand.window.composer.message.hasFocus()

    at_service(work)


def test_sidebars_field_is_a_door(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        answering(hand)
        door = hand.find("Search sessions", QLineEdit)
        assert not isinstance(door, SearchField)
        await hand.click_on(door)
        assert is_open(hand)
        await hand.press(Qt.Key.Key_Escape)
        door.setFocus()
        await hand.type("har", "Search sessions")
        await hand.until(lambda: is_open(hand))
        assert hand.find("Search sessions", SearchField).text() == "har"
        assert door.text() == ""
        await hand.type("b", "Search sessions")
        assert hand.find("Search sessions", SearchField).text() == "harb"
        await hand.press(Qt.Key.Key_Escape)
        assert hand.window.composer.message.hasFocus(), "whoever came by the door goes on to the message"

    at_service(work)


def test_other_shortcuts_work_and_close_it_where_it_is_in_the_way(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/echo one")
        await hand.until_answered()
        await open_palette(hand)
        await hand.press(Qt.Key.Key_F, CTRL)
        assert not is_open(hand)
        assert hand.find("Find in session", QLineEdit).hasFocus()

    at_service(work)


def test_it_fits_any_window_and_zoom(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await open_palette(hand)
        for size in ((1360, 860), (900, 600), (640, 420)):
            hand.window.resize(*size)
            await settle()
            card = palette(hand)
            assert hand.window.rect().contains(card.geometry())
            assert card.width() <= round(640 * hand.theme.scale)
            assert card.list.height() > hand.theme.px(54), "no room for a line"

    at_service(work)
    at_service(work, settings=Settings(zoom=200))


# -- the empty field -----------------------------------------------------------------------------


def test_empty_field_shows_recent_sessions_and_what_can_be_done(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await open_palette(hand)
        commands = titles(hand, EntryKind.COMMAND)
        assert "Retry the last question" not in commands
        assert "Stop the answer" not in commands
        assert "Search and commands" not in commands
        await hand.press(Qt.Key.Key_Escape)
        for words in ("one", "two"):
            await hand.press(Qt.Key.Key_N, CTRL)
            await hand.ask(f"/echo {words}")
            await hand.until_answered()
        await open_palette(hand)
        assert titles(hand) == ["/echo two", "/echo one"]
        assert titles(hand, EntryKind.HEADING) == ["Recent", "Commands"]
        commands = titles(hand, EntryKind.COMMAND)
        assert "New session in Sample footage" in commands
        assert "Switch to dark theme" in commands
        missing = {c.words for c in COMMANDS if c.name not in ("new", "search", "stop")} - set(commands)
        assert not missing
        keys = {entry.title.text: entry.side for entry in entries(hand) if entry.offer is not None}
        assert keys["Quit"] == Shortcuts({}).words_of("quit") != ""

    at_service(work, settings=Settings(theme=ThemeChoice.LIGHT))


def test_enter_goes_to_a_recent_session(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        for words in ("one", "two"):
            await hand.press(Qt.Key.Key_N, CTRL)
            await hand.ask(f"/echo {words}")
            await hand.until_answered()
        await open_palette(hand)
        await hand.press(Qt.Key.Key_Down)
        await hand.press(Qt.Key.Key_Return)
        await hand.until(lambda: hand.answers == ["one"])
        assert not is_open(hand)
        assert hand.window.composer.message.hasFocus()

    at_service(work)


# -- commands ------------------------------------------------------------------------------------


def test_command_is_found_by_its_words_and_runs(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        answering(hand)
        await open_palette(hand, "dark")
        await hand.until(lambda: titles(hand, EntryKind.COMMAND) == ["Switch to dark theme"])
        await hand.press(Qt.Key.Key_Return)
        await hand.until(lambda: hand.theme.tokens is DARK)
        assert not is_open(hand)
        assert hand.window.composer.message.hasFocus()
        await open_palette(hand, "theme light")
        await hand.until(lambda: titles(hand, EntryKind.COMMAND) == ["Switch to light theme"])

    at_service(work, settings=Settings(theme=ThemeChoice.LIGHT))


def test_command_works_as_its_keys_do(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        answering(hand)
        await open_palette(hand, "hide inspector")
        await hand.until(lambda: current(hand) == "Show or hide the inspector")
        assert hand.has("Instructions")
        await hand.press(Qt.Key.Key_Return)
        assert not hand.has("Inspector")
        await open_palette(hand, "find in")
        assert titles(hand, EntryKind.COMMAND) == [], "there is nothing to find anything in"

    at_service(work)


def test_click_on_a_command_runs_it(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        answering(hand)
        await open_palette(hand, "settings")
        await hand.until(lambda: current(hand) == "Settings")
        view = hand.find("Results", QListView)
        await hand.click_on(view.viewport(), view.visualRect(view.currentIndex()).center())
        await hand.until(lambda: any(w.windowTitle() == "Settings" for w in QApplication.topLevelWidgets()))
        await hand.press(Qt.Key.Key_Escape)

    at_service(work)


# -- results -------------------------------------------------------------------------------------


def test_results_come_while_one_types_with_their_marks(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        answers = answering(hand, hit("Rehab", "the gait treadmill"), hit("Themes", "no mark here"))
        await open_palette(hand, "gait")
        await hand.until(lambda: titles(hand) == ["Rehab", "Themes"])
        assert answers.queries[-1] == SearchQuery("gait")
        first = entries(hand)[0]
        assert [first.below.text[a:b] for a, b in first.below.marks] == ["gait"]
        assert first.side == "4 Mar 2025"
        assert current(hand) == "Rehab"

    at_service(work)


def test_old_results_stay_while_new_ones_are_awaited_and_never_come_back(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        answers = answering(hand, is_slow=True)
        await open_palette(hand, "a")
        await hand.until(lambda: len(answers.waiting) == 1)
        QTest.keyClicks(palette(hand).field, "bc")
        await hand.until(lambda: [query.text for query in answers.queries] == ["a", "ab", "abc"])
        answers.answer(hit("of a"))
        await hand.until(lambda: titles(hand) == ["of a"])
        of_ab = answers.waiting.pop(0)
        assert message(hand) == ""
        answers.answer(hit("of abc"))
        await hand.until(lambda: titles(hand) == ["of abc"])
        of_ab.set_result([hit("of ab")])
        await settle()
        assert titles(hand) == ["of abc"], "older results took the place of newer ones"
        QTest.keyClicks(palette(hand).field, "d")
        await hand.until(lambda: len(answers.waiting) == 1)
        assert titles(hand) == ["of abc"]
        palette(hand).field.clear()
        await settle()
        assert "of abc" not in titles(hand)
        answers.answer(hit("of abcd"))
        await settle()
        assert "of abcd" not in titles(hand), "nobody waits for it any more"

    at_service(work)


def test_words_taken_back_have_their_results_again(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        answers = answering(hand, is_slow=True)
        await open_palette(hand, "a")
        await hand.until(lambda: len(answers.waiting) == 1)
        answers.answer(hit("of a"))
        await hand.until(lambda: titles(hand) == ["of a"])
        await hand.type("b", "Search sessions")
        await hand.until(lambda: len(answers.waiting) == 1)
        await hand.press(Qt.Key.Key_Backspace)
        answers.answer(hit("of ab"))
        await settle()
        assert titles(hand) == ["of a"]
        await hand.press(Qt.Key.Key_Return)
        assert not is_open(hand)
        await hand.until_words("This session is not there any more.")

    at_service(work)


def test_enter_waits_for_the_results_of_what_was_typed(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/echo one")
        await hand.until_answered()
        opened = desk_of(hand).session
        assert opened is not None
        await hand.press(Qt.Key.Key_N, CTRL)
        answers = answering(hand, is_slow=True)
        await open_palette(hand, "quit")  # a command, too: it must not run in the meantime
        await hand.until(lambda: len(answers.waiting) == 4)
        await hand.press(Qt.Key.Key_Return)
        assert is_open(hand)
        del answers.waiting[:3]
        answers.answer(replace(hit("one"), session_id=opened.session.id, field=HitField.TITLE))
        await hand.until(lambda: hand.answers == ["one"])
        assert not is_open(hand)

    at_service(work)


def test_nothing_found_is_said(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        answering(hand)
        await open_palette(hand, "zebra <b>")
        await hand.until(lambda: message(hand) == "Nothing found for “zebra <b>”.")
        assert entries(hand) == []
        palette(hand).field.clear()
        await hand.until(lambda: message(hand) == "")

    at_service(work)


def test_failing_search_is_a_sentence_and_commands_still_work(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        failure = Failure(FailureKind.STORAGE, "The search index can't be read.", "Try again later.")
        answering(hand, failure=failure)
        await open_palette(hand, "zoom")
        await hand.until(lambda: message(hand) == failure.sentence)
        assert "Zoom in" in titles(hand, EntryKind.COMMAND)
        assert hand.find("Search sessions", SearchField).hasFocus()

    at_service(work)


def test_keys_move_in_the_list_while_the_field_keeps_the_focus(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        answering(hand, *(hit(f"{n:02}", "the gait") for n in range(30)))
        await open_palette(hand, "s")
        await hand.until(lambda: len(titles(hand)) == 30)
        last = titles(hand, EntryKind.COMMAND)[-1]
        key = Qt.Key
        seen = []
        for pressed in (key.Key_Down, key.Key_Down, key.Key_Up, key.Key_Up, key.Key_Up, key.Key_End):
            await hand.press(pressed)
            seen.append(current(hand))
        assert seen == ["01", "02", "01", "00", "00", last]
        view = hand.find("Results", QListView)
        assert view.viewport().rect().contains(view.visualRect(view.currentIndex()))
        await hand.press(key.Key_Home)
        assert current(hand) == "00"
        await hand.press(key.Key_PageDown)
        page = int(current(hand))
        assert 4 <= page <= view.viewport().height() // hand.theme.px(54)
        assert view.viewport().rect().contains(view.visualRect(view.currentIndex()))
        await hand.press(key.Key_PageUp)
        assert current(hand) == "00"
        # The headings are stepped over.
        palette(hand)._walk_to(29)
        await hand.press(key.Key_Down)
        assert current(hand) == titles(hand, EntryKind.COMMAND)[0]
        field_ = hand.find("Search sessions", SearchField)
        assert field_.hasFocus()
        await hand.press(key.Key_Home, SHIFT)
        assert field_.selectedText() == "s"

    at_service(work)


def test_what_was_walked_to_stays_chosen_when_results_come_again(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        answers = answering(hand, hit("one"), hit("two"))
        await open_palette(hand, "x")
        await hand.until(lambda: current(hand) == "one")
        await hand.press(Qt.Key.Key_Down)
        assert current(hand) == "two"
        answers.hits.reverse()
        QTest.keyClicks(palette(hand).field, "y")
        await hand.until(lambda: titles(hand) == ["two", "one"])
        assert current(hand) == "two", "the first of what was typed anew"

    at_service(work)


def test_screen_reader_finds_lines_and_names(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        answering(hand, hit("Rehab", "the gait treadmill"))
        await open_palette(hand, "gait")
        await hand.until(lambda: titles(hand) == ["Rehab"])
        view = QAccessible.queryAccessibleInterface(hand.find("Results", QListView))
        assert view.role() is QAccessible.Role.List
        item = view.child(0)
        assert item.text(QAccessible.Text.Name) == "Rehab, in an answer, 4 Mar 2025, the gait treadmill"
        assert item.state().selected

    at_service(work)


# -- filters -------------------------------------------------------------------------------------


async def choose_in(hand: Hand, pill: str, words: str) -> None:
    """Opens a pill's menu by its key and walks to an entry."""
    button = hand.find(pill, QPushButton, palette(hand))
    button.setFocus()
    await hand.press(Qt.Key.Key_Return)
    menu = next(m for m in button.findChildren(QMenu) if m.isVisible())
    for _ in menu.actions():
        QTest.keyClick(menu, Qt.Key.Key_Down)
        if menu.activeAction().text() == words:
            break
    QTest.keyClick(menu, Qt.Key.Key_Return)
    await settle()


def test_filters_narrow_the_search_and_work_by_keys(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/echo one")
        await hand.until_answered()
        answers = answering(hand, hit("one"))
        await open_palette(hand, "one")
        names = []
        for _ in range(6):
            focused = QApplication.focusWidget()
            assert focused is not None
            names.append(focused.accessibleName())
            await hand.press(Qt.Key.Key_Tab)
        assert names == ["Search sessions", "Store", "Date", "State", "With citations", "Search sessions"]
        await choose_in(hand, "Date", "This year")
        await choose_in(hand, "State", "Answered")
        await choose_in(hand, "Store", "Sample footage")
        hand.find("With citations", QPushButton).setFocus()
        await hand.press(Qt.Key.Key_Return)
        await hand.until(lambda: answers.queries[-1].with_citations)
        query = answers.queries[-1]
        local = query.since.astimezone() if query.since else None
        assert local is not None
        assert (local.month, local.day, local.hour) == (1, 1, 0)
        opened = desk_of(hand).session
        assert opened is not None
        assert query == SearchQuery(
            "one",
            store_id=opened.session.store_id,
            since=query.since,
            state=StateFilter.ANSWERED,
            with_citations=True,
        )
        answers.hits = []
        await hand.press(Qt.Key.Key_Up)
        field_ = hand.find("Search sessions", SearchField)
        assert field_.hasFocus(), "arrows lead back to the field"
        await hand.type("x", "Search sessions")
        await hand.until(lambda: message(hand).endswith("with these filters."))
        await hand.press(Qt.Key.Key_Escape)
        await open_palette(hand, "one")
        await hand.until(lambda: answers.queries[-1] == SearchQuery("one"), "fresh filters")

    at_service(work)


# -- on to the hit -------------------------------------------------------------------------------

HAY = "\n\n".join(f"Hay {n} and more of it." for n in range(80))
STACK = f"A needle **first**.\n\n{HAY}\n\n- an item\n- a nee**dle** and one needle more\n\n{HAY}"


def hit_of(hand: Hand, turn: int, words: str, nth: int = 0, attempt: int = -1) -> SearchHit:
    """What the index would say of the n-th place of words in an answer's source."""
    opened = desk_of(hand).session
    assert opened is not None
    asked = opened.turns[turn]
    answer = asked.attempts[attempt]
    start = -1
    for _ in range(nth + 1):
        start = answer.answer.text.index(words, start + 1)
    return SearchHit(
        opened.session.id, "A title", NOON, HitField.ANSWER, words, ((0, len(words)),), asked.id, answer.id,
        words, start,
    )  # fmt: skip


async def choose_hit(hand: Hand, found: SearchHit, is_shown: Callable[[], object]) -> None:
    """Finds it in the palette, from another session, and opens it."""
    await hand.press(Qt.Key.Key_N, CTRL)
    answering(hand, found)
    await open_palette(hand, "needle")
    await hand.until(lambda: titles(hand) == [found.title])
    await hand.press(Qt.Key.Key_Return)
    await hand.until(is_shown, "the hit")
    await settle()


def current_match(hand: Hand) -> Match | None:
    return hand.transcript.finding._finder.current


def is_match_seen(hand: Hand) -> bool:
    """Whether the current match is on the screen and not under the field."""
    view = hand.transcript
    match = current_match(hand)
    if match is None:
        return False
    rendered = view.rows.content(match.row).rendered(match.part)
    start, end = view.finding.spans(rendered.text)[match.ordinal]
    reader = Reader(hand)
    place = reader.places_of("", match.row)[0]._replace(part=match.part)
    first, last = (reader.rect_of(place._replace(position=at)) for at in (start, end))
    bar = view.finding.bar
    covered = bar.rect().translated(view.viewport().mapFrom(view, bar.pos()))
    rect = first.united(last)
    return view.viewport().rect().contains(rect) and not covered.intersects(rect)


def test_hit_is_shown_where_it_was_found(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hand: Hand) -> None:
        tell(monkeypatch, STACK)
        for question in ("/long 1", "/echo the needle"):
            await hand.ask(question)
            await hand.until_answered()
        found = hit_of(hand, 0, "needle", 1)
        await choose_hit(hand, found, lambda: current_match(hand))
        match = current_match(hand)
        assert match is not None
        assert match.row == 0
        text = hand.transcript.texts.part_text(0, match.part)
        assert text == "a needle and one needle more"
        assert is_match_seen(hand)
        bar = hand.find("Find in session", QLineEdit)
        assert bar.text() == "needle"
        assert bar.hasFocus()
        await hand.until(lambda: hand.find("Matches", QLabel).text() == "3 of 5")
        # The words are kept for whoever wants to try the next hit.
        await open_palette(hand)
        assert palette(hand).field.selectedText() == "needle"
        await hand.until(lambda: titles(hand) == [found.title])

    at_service(work)


def test_attempt_that_has_the_hit_is_shown(at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hand: Hand) -> None:
        tell(monkeypatch, "Here is a needle.")
        await hand.ask("/long 1")
        await hand.until_answered()
        tell(monkeypatch, "Here is none.")
        await hand.press(Qt.Key.Key_R, CTRL)
        await hand.until(lambda: hand.answers == ["Here is none."])
        await hand.until_answered()
        found = hit_of(hand, 0, "needle", attempt=0)
        await choose_hit(hand, found, lambda: hand.answers == ["Here is a needle."])
        await hand.until(lambda: is_match_seen(hand))

    at_service(work)


def test_steps_unfold_for_a_hit_in_them(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.click("Show steps")
        await hand.ask("harbour")
        await hand.until_answered()
        opened = desk_of(hand).session
        assert opened is not None
        attempt = opened.turns[0].attempts[0]
        found = SearchHit(
            opened.session.id, "Steps", NOON, HitField.STEP, "search_captions", (), opened.turns[0].id,
            attempt.id, attempt.answer.steps[0].title, 0, 0,
        )  # fmt: skip
        await choose_hit(hand, found, lambda: current_match(hand))
        assert hand.transcript.rows.content(0).are_steps_open
        assert is_match_seen(hand)

    at_service(work)


def test_title_and_question_hits(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        await hand.ask("/echo a needle, and another needle")
        await hand.until_answered()
        opened = desk_of(hand).session
        assert opened is not None
        base = replace(hit("T"), session_id=opened.session.id)
        title = replace(base, field=HitField.TITLE, snippet="T", marks=((0, 1),), found="T")
        await choose_hit(hand, title, lambda: len(hand.answers) == 1)
        assert not hand.has("Find in session")
        assert hand.window.composer.message.hasFocus()
        question = opened.turns[0].ask.question
        start = question.rindex("needle")
        asked = replace(
            base, field=HitField.QUESTION, turn_id=opened.turns[0].id, found="needle", start=start
        )
        await choose_hit(hand, asked, lambda: current_match(hand))
        assert current_match(hand) == Match(0, -2, 1)

    at_service(work)


def test_turn_is_shown_where_its_words_cannot_be_seen(at_service: OpenWindow) -> None:
    async def work(hand: Hand) -> None:
        for n in range(12):
            await hand.ask(f"/echo {n}")
            await hand.until_answered()
        opened = desk_of(hand).session
        assert opened is not None
        lost = replace(hit_of(hand, 2, "2"), found="not on the screen", start=0)
        await choose_hit(hand, lost, lambda: len(hand.answers) == 12)
        view = hand.transcript
        await hand.until(lambda: view.viewport().rect().contains(view.nodes.row_rect(2)))
        assert not hand.has("Find in session")

    at_service(work)


def test_session_that_is_gone_is_told(at_service: OpenWindow, service: SandboxServer) -> None:
    async def work(hand: Hand) -> None:
        answering(hand, hit("Gone", "the gait", turn_id="t", found="gait"))
        await open_palette(hand, "gait")
        await hand.until(lambda: titles(hand) == ["Gone"])
        await hand.press(Qt.Key.Key_Return)
        await hand.until_words("This session is not there any more.")

    at_service(work)


# -- through the real index ----------------------------------------------------------------------


def test_words_of_any_session_are_found_as_one_types_and_gone_to(
    at_service: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(hand: Hand) -> None:
        tell(
            monkeypatch,
            f"{HAY}\n\nThe *treadmill* stands 😀 in the 東京の夜景 hall.\n\n{HAY}",
            "Something else.",
        )
        for question in ("/long 1", "/echo مرحبا بالعالم", "/long 2"):
            await hand.press(Qt.Key.Key_N, CTRL)
            hand.window.composer.message.setPlainText(question)
            await hand.press(Qt.Key.Key_Return)
            await hand.until_answered()
        desk = desk_of(hand)
        archived = next(s for s in desk.library.sessions if s.title == "/long 1")
        await desk.library.change([archived.id], lambda _: {"archived": True})
        for words, mark in (("treadm", "treadm"), ("夜景", "夜景")):
            await open_palette(hand)
            await hand.compose(palette(hand).field, commit=words)
            await hand.until(lambda: titles(hand) == ["/long 1"], words)
            found = entries(hand)[0].below
            assert [found.text[a:b] for a, b in found.marks] == [mark]
            await hand.press(Qt.Key.Key_Return)
            await hand.until(lambda: current_match(hand), "the hit")
            await settle()
            assert is_match_seen(hand)
            assert desk.session is not None
            assert desk.session.session.id == archived.id
        await open_palette(hand)
        await hand.compose(palette(hand).field, commit="مرحبا")
        # The question is the title, and not told a second time.
        await hand.until(lambda: len(titles(hand)) == 2, "title and answer")
        assert {entry.hit.field for entry in entries(hand) if entry.hit} == {
            HitField.TITLE,
            HitField.ANSWER,
        }

    at_service(work)
