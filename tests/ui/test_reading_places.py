"""Each session is found again where it was left, after another one and after a restart."""

import asyncio
from dataclasses import replace

import pytest

from desktop.hand import Hand, settle
from storage.support import a_session, a_turn, created, delta
from trackside.domain.session import Session, now
from trackside.domain.settings import ZOOM_STEPS
from trackside.domain.turn import AttemptState, Turn
from trackside.storage.database import Database
from trackside.storage.paths import DataPaths
from trackside.storage.sessions import SessionStore
from trackside.storage.settings import load_settings
from trackside.ui.panels.inspector import Inspector
from trackside.ui.reading_places import ReadingPlace
from ui.support import OpenWindow, choose

TURNS = 12


def a_long_turn(session: Session, position: int) -> Turn:
    turn = a_turn(session, position=position, question=f"Question {position}?")
    attempt = turn.attempts[0]
    attempt.answer.fold(created())
    for number in range(12):
        attempt.answer.fold(
            delta(f"Paragraph {number} of answer {position}. " + "Waves and wind. " * 12 + "\n\n")
        )
    attempt.state = AttemptState.COMPLETED
    return turn


def keep(paths: DataPaths, *titles: str) -> list[Session]:
    """Sessions that are there when the window opens; the first is the latest."""
    database = Database(paths.database)
    store = SessionStore(database, "before")
    sessions = []
    for title in reversed(titles):
        session = a_session(title=title, title_is_own=True, updated_at=now(), store_id="")
        sessions.insert(0, session)
        for position in range(TURNS):
            store.add_turn(session, {}, a_long_turn(session, position))
    database.close()
    return sessions


def kept(paths: DataPaths) -> dict[str, Session]:
    database = Database(paths.database)
    store = SessionStore(database, "after")
    try:
        return {s.title: s for s in asyncio.run(store.sessions())}
    finally:
        database.close()


def top_words(hand: Hand) -> str:
    """The text of the line that the view shows at its top."""
    line = hand.transcript.viewpoint.place_of_line()
    assert line is not None, "the end is shown"
    (row, part, position), _ = line
    return f"{row} {part} {hand.transcript.rows.content(row).rendered(part).text[position : position + 30]}"


async def shown(hand: Hand, title: str) -> None:
    await choose(hand, title)
    await hand.until(lambda: hand.window.windowTitle() == title)
    await settle()


def test_sessions_are_found_where_they_were_left_also_after_a_restart(
    at_service: OpenWindow, data_paths: DataPaths
) -> None:
    before = keep(data_paths, "One", "Two")
    tops: dict[str, str] = {}

    async def read(hand: Hand) -> None:
        view = hand.transcript
        for title, share in (("One", 3), ("Two", 2)):
            await shown(hand, title)
            assert view.viewpoint.follows  # nobody has read in it
            view.viewpoint.scroll_to(view.viewpoint.limit // share)
            tops[title] = top_words(hand)
        for title in ("One", "Two", "One"):
            await shown(hand, title)
            assert top_words(hand) == tops[title]
        view.go_to_start()
        tops["One"] = top_words(hand)

    async def read_on(hand: Hand) -> None:
        for title in ("One", "Two"):
            await shown(hand, title)
            assert top_words(hand) == tops[title]
        hand.transcript.follow()

    async def at_end(hand: Hand) -> None:
        await shown(hand, "Two")
        assert hand.transcript.viewpoint.follows

    for work in (read, read_on, at_end):
        at_service(work)
    after = kept(data_paths)
    assert after["Two"].reading_place == ""
    # Reading is no change of a session: the list stays as it was.
    assert [after[s.title].updated_at for s in before] == [s.updated_at for s in before]


def test_switching_fast_mixes_no_places(at_service: OpenWindow, data_paths: DataPaths) -> None:
    ids = {session.title: session.id for session in keep(data_paths, "One", "Two")}

    async def work(hand: Hand) -> None:
        tops = {}
        for title, share in (("One", 4), ("Two", 2)):
            await shown(hand, title)
            hand.transcript.viewpoint.scroll_to(hand.transcript.viewpoint.limit // share)
            tops[title] = top_words(hand)
        for number in range(12):
            hand.window.sidebar.session_chosen.emit(ids[("One", "Two")[number % 2]])
            if number % 3:
                await asyncio.sleep(0)
        await hand.until(lambda: hand.window.windowTitle() == "Two")
        await settle()
        assert top_words(hand) == tops["Two"]
        await shown(hand, "One")
        assert top_words(hand) == tops["One"]

    at_service(work)


def test_a_place_in_another_width_and_at_another_zoom_is_the_same_line(
    at_service: OpenWindow, data_paths: DataPaths
) -> None:
    keep(data_paths, "One")
    tops: list[str] = []

    async def read(hand: Hand) -> None:
        await shown(hand, "One")
        hand.transcript.viewpoint.scroll_to(hand.transcript.viewpoint.limit // 2)
        tops.append(top_words(hand))

    async def look(hand: Hand) -> None:
        hand.window.resize(900, 600)
        await hand.until(lambda: hand.window.windowTitle() == "One")
        await settle()
        tops.append(top_words(hand))

    at_service(read)
    at_service(look, settings=replace(load_settings(data_paths.settings).settings, zoom=ZOOM_STEPS[-1]))
    row, part, _ = tops[0].split(" ", 2)
    assert tops[1].startswith(f"{row} {part} ")


def test_each_session_has_its_panel_and_one_without_keeps_what_is_open(
    at_service: OpenWindow, data_paths: DataPaths
) -> None:
    keep(data_paths, "One", "Two", "Three")

    async def work(hand: Hand) -> None:
        (inspector,) = hand.window.findChildren(Inspector)
        await shown(hand, "One")
        inspector.show_tab(2)
        await shown(hand, "Two")
        assert inspector.tab == 2
        inspector.show_tab(1)
        await shown(hand, "One")
        assert inspector.tab == 2
        await shown(hand, "Three")
        assert inspector.tab == 2
        await shown(hand, "Two")
        assert inspector.tab == 1

    at_service(work)
    after = kept(data_paths)
    assert {t: s.inspector_tab for t, s in after.items()} == {"One": 2, "Two": 1, "Three": -1}


@pytest.mark.parametrize(
    "place",
    ["nonsense", "gone 3 0 0", "{turn}", "{turn} 1000 5 3", "{turn} -9 99999999 0", "{turn} 2 99999999 -40"],
)
def test_a_place_that_is_not_there_opens_the_session_all_the_same(
    place: str, at_service: OpenWindow, data_paths: DataPaths
) -> None:
    (session,) = keep(data_paths, "One")
    database = Database(data_paths.database)
    ids = database.read(lambda db: db.execute("SELECT id FROM turns WHERE position = 5").fetchone()).result()
    SessionStore(database, "before").update_session(session.id, {"reading_place": place.format(turn=ids[0])})
    database.close()

    async def work(hand: Hand) -> None:
        await shown(hand, "One")
        assert len(hand.transcript.rows) == TURNS
        if place in ("nonsense", "gone 3 0 0", "{turn}"):
            assert hand.transcript.viewpoint.follows
        else:
            assert top_words(hand).startswith("5 ")

    at_service(work)


def test_a_place_reads_as_it_was_written() -> None:
    place = ReadingPlace("0abc", -2, 17, -5)
    assert ReadingPlace.read(str(place)) == place
    assert ReadingPlace.read("") is None
    assert replace(place, below=0) != place
