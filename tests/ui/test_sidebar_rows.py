"""The sidebar's rows: what a change does to them, against sorting and grouping all sessions anew."""

import random
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtTest import QAbstractItemModelTester

from trackside.domain.session import Session
from trackside.ui.sidebar.grouping import heading_of
from trackside.ui.sidebar.rows import RowRole, SessionRows
from trackside.ui.sidebar.views import ALL_SESSIONS, ARCHIVE, TRASH, SidebarView, ViewKind

PRESENT = datetime(2026, 6, 17, 12, 0).astimezone()


def a_session(name: str, hours_ago: float = 0.0, **facts: object) -> Session:
    then = PRESENT.astimezone(UTC) - timedelta(hours=hours_ago)
    return replace(Session(name, "sandbox", then, then, title=name), **facts)


def shown(rows: SessionRows) -> list[str]:
    """Titles, and headings in capitals."""
    entries = [rows.index(n).data(RowRole.ENTRY) for n in range(rows.rowCount())]
    return [e.session.title if e.session else e.heading.upper() for e in entries]


def anew(rows: SessionRows, sessions: list[Session]) -> list[str]:
    """What a model that never saw a change shows."""
    fresh = SessionRows()
    fresh.show(rows.view, sorted(sessions, key=rows.view.order, reverse=True), PRESENT)
    return shown(fresh)


def test_groups_from_pinned_to_the_months() -> None:
    rows = SessionRows()
    sessions = [
        a_session("kept", 5000, pinned=True),
        a_session("now"),
        a_session("yesterday", 24),
        a_session("days ago", 80),
        a_session("in May", 24 * 30),
        a_session("last year", 24 * 200),
    ]
    rows.show(ALL_SESSIONS, sessions, PRESENT)
    assert shown(rows) == [
        *("PINNED", "kept", "TODAY", "now", "YESTERDAY", "yesterday", "PREVIOUS 7 DAYS", "days ago"),
        *("MAY", "in May", "NOVEMBER 2025", "last year"),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="the process can't go to another zone there")
@pytest.mark.parametrize("zone", ["UTC", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe"])
def test_groups_end_where_the_headings_change(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where clocks are changed at midnight."""
    try:
        with monkeypatch.context() as patch:
            patch.setenv("TZ", zone)
            time.tzset()
            present = PRESENT.astimezone()
            rows = SessionRows()
            sessions = [a_session(str(n), n / 2, pinned=n < 3) for n in range(24 * 2 * 400)]
            for view in (ALL_SESSIONS, ARCHIVE, TRASH):
                rows.show(view, sessions, present)
                groups = [rows.index(n).data() for n in range(rows.rowCount()) if not rows.session_at(n)]
                headings = [heading_of(session, view, present) for session in sessions]
                assert groups == list(dict.fromkeys(headings))
                counts = [rows.group_start(n + 1) - rows.group_start(n) for n in range(rows.group_count)]
                assert counts == [headings.count(heading) for heading in groups]
    finally:
        time.tzset()


def test_a_row_knows_its_session_and_a_session_its_row() -> None:
    rows = SessionRows()
    sessions = [a_session(str(n), 9 * n) for n in range(40)]
    rows.show(ALL_SESSIONS, sessions, PRESENT)
    for row in range(rows.rowCount()):
        session = rows.session_at(row)
        assert session is None or rows.row_of(session.id) == row
    assert rows.session_at(-1) is rows.session_at(rows.rowCount()) is None
    assert rows.row_of("nowhere") == -1
    assert rows.sessions_between(0, rows.rowCount() - 1) == sessions
    assert [s.id for s in rows.sessions_between(1, 2)] == ["0", "1"]
    assert rows.neighbour("3", 1) == sessions[4]
    assert rows.neighbour("39", 1) is None
    assert rows.neighbour("nowhere", 1) == sessions[0]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("view", [ALL_SESSIONS, TRASH])
def test_changes_one_by_one_come_to_what_grouping_all_of_them_does(seed: int, view: SidebarView) -> None:
    chance = random.Random(seed)
    rows = SessionRows()
    watch = QAbstractItemModelTester(rows, QAbstractItemModelTester.FailureReportingMode.Fatal)
    rows.show(view, [], PRESENT)
    listed: dict[str, Session] = {}

    def some_session(name: str) -> Session:
        hours = chance.choice([0, 1, 24, 30, 50, 100, 24 * 40, 24 * 41, 24 * 80]) + chance.random()
        session = a_session(name, hours, pinned=chance.random() < 0.2)
        return replace(session, trashed_at=session.updated_at) if view.is_trash else session

    for step in range(60):
        match chance.randrange(4):
            case 0:
                fresh = [some_session(f"{step}-{n}") for n in range(chance.randrange(1, 12))]
                rows.add(fresh)
                listed |= {s.id: s for s in fresh}
            case 1 if listed:
                gone = chance.choice(list(listed))
                rows.remove(gone)
                del listed[gone]
            case _ if listed:
                name = chance.choice(list(listed))
                listed[name] = some_session(name)
                rows.change(listed[name])
            case _:
                rows.remove("nowhere")
        assert shown(rows) == anew(rows, list(listed.values()))
    assert watch.failureReportingMode() is QAbstractItemModelTester.FailureReportingMode.Fatal


def test_a_change_in_place_touches_one_row() -> None:
    rows = SessionRows()
    sessions = [a_session(str(n), n) for n in range(9)]
    rows.show(ALL_SESSIONS, sessions, PRESENT)
    told: list[object] = []
    rows.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    rows.modelReset.connect(lambda: told.append("reset"))
    rows.change(replace(sessions[3], unread=True, title="Three"))
    assert told == [(4, 4)]
    assert shown(rows)[4] == "Three"


def test_what_moves_stays_the_same_row_to_those_who_hold_on_to_it() -> None:
    rows = SessionRows()
    sessions = [a_session(str(n), 20 * n) for n in range(9)]
    rows.show(ALL_SESSIONS, sessions, PRESENT)
    from PySide6.QtCore import QPersistentModelIndex

    held = QPersistentModelIndex(rows.index(rows.row_of("7")))
    rows.change(replace(sessions[7], updated_at=PRESENT.astimezone(UTC)))
    assert rows.session_at(held.row()) is not None
    assert held.data() == "7"
    assert shown(rows)[:3] == ["TODAY", "7", "0"]
    rows.change(replace(sessions[7], pinned=True))
    assert shown(rows)[:3] == ["PINNED", "7", "TODAY"]
    assert held.data() == "7"


def test_midnight_puts_the_rows_under_other_headings() -> None:
    rows = SessionRows()
    rows.show(ALL_SESSIONS, [a_session("one"), a_session("two", 24)], PRESENT)
    rows.regroup(PRESENT + timedelta(days=1))
    assert shown(rows) == ["YESTERDAY", "one", "PREVIOUS 7 DAYS", "two"]


def test_the_trash_says_how_long_a_session_can_be_restored() -> None:
    rows = SessionRows()
    stamps = {"new": 0.0, "old": 24 * 29 - 1, "last": 24 * 29 + 1, "over": 24 * 50}
    sessions = [
        replace(a_session(name), trashed_at=PRESENT.astimezone(UTC) - timedelta(hours=hours))
        for name, hours in stamps.items()
    ]
    rows.show(TRASH, sessions, PRESENT)
    entries = [rows.index(n).data(RowRole.ENTRY) for n in range(rows.rowCount())]
    assert [(e.session.id, e.when) for e in entries if e.session] == [
        ("new", "30 days left"),
        ("old", "2 days left"),
        ("last", "last day"),
        ("over", "last day"),
    ]


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (ALL_SESSIONS, ["plain", "tagged"]),
        (SidebarView(ViewKind.TAG, "harbour"), ["tagged"]),
        (ARCHIVE, ["kept away"]),
    ],
)
def test_what_belongs_in_a_view(view: SidebarView, expected: list[str]) -> None:
    sessions = [
        a_session("plain"),
        a_session("tagged", 1, tags=("crane", "harbour")),
        a_session("kept away", 2, tags=("harbour",), archived=True),
    ]
    assert [s.id for s in sessions if view.has(s)] == expected


def test_a_reader_hears_the_tags() -> None:
    from PySide6.QtCore import Qt

    rows = SessionRows()
    rows.show(ALL_SESSIONS, [a_session("one", tags=("crane", "sea"), snippet="The end.")], PRESENT)
    assert rows.index(1).data(Qt.ItemDataRole.AccessibleTextRole) == "one, 12:00, tagged crane, sea, The end."
