"""Sessions in an order that is kept, against sorting all of them."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from trackside.domain.session import Session
from trackside.domain.session_order import SessionOrder, by_time, pinned_by_time

START = datetime(2026, 6, 1, tzinfo=UTC)


def a_session(name: str, minutes: int, **facts: object) -> Session:
    then = START + timedelta(minutes=minutes)
    return replace(Session(name, "sandbox", then, then), **facts)


@pytest.mark.parametrize("seed", range(5))
def test_any_changes_come_to_what_sorting_does(seed: int) -> None:
    chance = random.Random(seed)
    order = SessionOrder(pinned_by_time)
    listed: dict[str, Session] = {}
    for _ in range(300):
        name = str(chance.randrange(40))
        if chance.random() < 0.3:
            assert (order.remove(name) >= 0) is (listed.pop(name, None) is not None)
        else:
            listed[name] = a_session(name, chance.randrange(20), pinned=chance.random() < 0.3)
            assert order[order.add(listed[name])] is listed[name]
        assert list(order) == sorted(listed.values(), key=pinned_by_time, reverse=True)
        assert all(order[order.place_of(id_)].id == id_ for id_ in listed)
        assert len(order) == len(listed)


def test_a_change_that_moves_nothing_is_made_in_place() -> None:
    order = SessionOrder(by_time, [a_session("c", 30), a_session("b", 20), a_session("a", 10)])
    order.replace(a_session("b", 29, title="B"))
    assert [s.title for s in order] == ["", "B", ""]
    with pytest.raises(KeyError):
        order.replace(a_session("b", 31))
    with pytest.raises(KeyError):
        order.replace(a_session("nowhere", 1))
    assert order.place_of("nowhere") == -1
