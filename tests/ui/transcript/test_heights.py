"""Heights: sums and places agree with the plain list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackside.ui.transcript.heights import HeightTree

HEIGHTS = st.lists(st.integers(0, 500), max_size=60)


@given(HEIGHTS, st.data())
def test_tree_agrees_with_a_list(heights: list[int], data: st.DataObject) -> None:
    tree, plain = HeightTree(heights), list(heights)
    for _ in range(data.draw(st.integers(0, 20))):
        match data.draw(st.sampled_from(["append", "set", "truncate"])):
            case "append":
                height = data.draw(st.integers(0, 500))
                tree.append(height)
                plain.append(height)
            case "set" if plain:
                index, height = data.draw(st.integers(0, len(plain) - 1)), data.draw(st.integers(0, 500))
                tree.set(index, height)
                plain[index] = height
            case _:
                length = data.draw(st.integers(0, len(plain)))
                tree.truncate(length)
                del plain[length:]
    assert len(tree) == len(plain)
    assert tree.total == sum(plain)
    assert [tree.top(index) for index in range(len(plain) + 1)] == [
        sum(plain[:index]) for index in range(len(plain) + 1)
    ]
    for y in range(0, sum(plain), 97):
        index = tree.at(y)
        assert tree.top(index) <= y < tree.top(index) + tree[index]


def test_place_beyond_the_ends_is_the_nearest() -> None:
    tree = HeightTree([10, 20, 30])
    assert [tree.at(y) for y in (-5, 0, 9, 10, 29, 30, 59, 60, 999)] == [0, 0, 0, 1, 1, 2, 2, 2, 2]


def test_nothing_is_at_any_place_of_an_empty_tree() -> None:
    with pytest.raises(IndexError):
        HeightTree().at(0)
