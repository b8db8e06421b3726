"""Heights of many things one below the other: which one is at y, and where does one begin, in O(log n)."""

from collections.abc import Iterable


class HeightTree:
    """A Fenwick tree over whole pixels that grows and shrinks at its end."""

    __slots__ = ("_heights", "_tree")

    def __init__(self, heights: Iterable[int] = ()) -> None:
        self._heights: list[int] = []
        self._tree: list[int] = [0]
        self.reset(heights)

    def reset(self, heights: Iterable[int]) -> None:
        """Starts anew with these, in O(n)."""
        self._heights = list(heights)
        tree = [0, *self._heights]
        for place in range(1, len(tree)):
            parent = place + (place & -place)
            if parent < len(tree):
                tree[parent] += tree[place]
        self._tree = tree

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, index: int) -> int:
        return self._heights[index]

    @property
    def total(self) -> int:
        return self.top(len(self._heights))

    def top(self, index: int) -> int:
        """Where the thing at `index` begins: the sum of all heights before it."""
        tree, total = self._tree, 0
        while index > 0:
            total += tree[index]
            index &= index - 1
        return total

    def at(self, y: int) -> int:
        """Which thing covers `y`; the nearest one for a `y` outside. IndexError when there is none."""
        if not self._heights:
            raise IndexError("There is nothing here.")
        tree, index = self._tree, 0
        step = 1 << (len(self._heights).bit_length() - 1)
        while step:
            after = index + step
            if after < len(tree) and tree[after] <= y:
                index = after
                y -= tree[after]
            step >>= 1
        return min(index, len(self._heights) - 1)

    def set(self, index: int, height: int) -> None:
        change = height - self._heights[index]
        if not change:
            return
        self._heights[index] = height
        tree, place = self._tree, index + 1
        while place < len(tree):
            tree[place] += change
            place += place & -place

    def append(self, height: int) -> None:
        self._heights.append(height)
        tree, place = self._tree, len(self._heights)
        total, child, floor = height, place - 1, place - (place & -place)
        while child > floor:
            total += tree[child]
            child &= child - 1
        tree.append(total)

    def truncate(self, length: int) -> None:
        """Forgets what stands at `length` and behind it."""
        del self._heights[length:]
        del self._tree[length + 1 :]
