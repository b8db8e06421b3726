"""What the turns of a transcript share: the look, the room that they have, and the laid-out documents."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from trackside.chat.run import Run
from trackside.domain.citation import Citation
from trackside.domain.turn import Attempt
from trackside.ui.theme import COLUMN_PX
from trackside.ui.transcript.look import Look
from trackside.ui.transcript.rendered_block import RenderedBlock

_KEPT_DOCUMENTS = 120
_SIDE_PX = 20


class RenderedCache:
    """The documents used last. An owner's documents are known by their part."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, int], RenderedBlock] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, owner: object, part: int) -> RenderedBlock | None:
        found = self._kept.get((owner, part))
        if found is not None:
            self._kept.move_to_end((owner, part))
        return found

    def parts(self, owner: object) -> list[int]:
        """Which documents of an owner there are, in order."""
        return sorted(part for its_owner, part in self._kept if its_owner is owner)

    def put(self, owner: object, part: int, rendered: RenderedBlock) -> None:
        self._kept[owner, part] = rendered

    def drop(self, owner: object, parts: Iterable[int]) -> None:
        for part in parts:
            self._kept.pop((owner, part), None)

    def shrink(self) -> None:
        """Forgets what was not used for longest; called between frames, never within one."""
        while len(self._kept) > _KEPT_DOCUMENTS:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        self._kept.clear()


@dataclass(frozen=True, slots=True)
class Sizes:
    """Distances in a turn, in pixels at the zoom in use."""

    pad: int
    gap: int
    half_gap: int
    bubble_indent: int
    bubble_pad_x: int
    bubble_pad_y: int
    bubble_gap: int
    steps_line: int
    steps_indent: int
    status: int
    actions: int
    a_line: int
    a_letter: int

    @classmethod
    def at(cls, px: Callable[[float], int], gap: Callable[[float], int]) -> "Sizes":
        return cls(
            pad=gap(10),
            gap=gap(8),
            half_gap=gap(4),
            bubble_indent=px(60),
            bubble_pad_x=px(14),
            bubble_pad_y=gap(11),
            bubble_gap=gap(14),
            steps_line=px(24),
            steps_indent=px(12),
            status=px(22),
            actions=px(30),
            a_line=px(20),
            a_letter=px(7),
        )


class Stage:
    """Where turns are laid out. Sizes are pixels."""

    def __init__(
        self,
        look: Look,
        run_of: Callable[[Attempt], Run | None],
        px: Callable[[float], int],
    ) -> None:
        self.look = look
        self.run_of = run_of
        self.px = px
        self.cache = RenderedCache()
        self.calibration = 1.0
        """How much taller turns turned out to be than they were estimated."""
        self._viewport_width = 0
        self._measure()

    def _measure(self) -> None:
        self.sizes = Sizes.at(self.px, self.look.gap)
        column = min(self._viewport_width, self.px(COLUMN_PX))
        side = self.px(_SIDE_PX)
        self.left = (self._viewport_width - column) // 2 + side
        """Where answers begin."""
        self.width = max(self.px(80), column - 2 * side)
        """Room of an answer."""

    def resize(self, viewport_width: int) -> bool:
        """Takes over a width; whether answers have another room by it."""
        before = self.width
        self._viewport_width = viewport_width
        self._measure()
        return self.width != before

    def restyle(self, look: Look) -> None:
        self.look = look
        self._measure()

    def label_of(self, citation: Citation) -> str:
        """A chip's words on one line."""
        return " ".join(filter(None, self.look.chip_label(citation)))
