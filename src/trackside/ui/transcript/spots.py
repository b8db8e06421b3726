"""What stands at a point of a turn, and all that can be pressed in one."""

from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import QPoint

from trackside.ui.transcript.accessible import NodeTarget
from trackside.ui.transcript.places import QUESTION
from trackside.ui.transcript.pointing import Spot, Zone
from trackside.ui.transcript.turn_content import TurnContent
from trackside.ui.transcript.words import steps_line


def spot_in(row: int, content: TurnContent, point: QPoint) -> Spot:
    """What is at a point of a turn."""
    if content.steps_line.contains(point):
        return Spot(Zone.STEPS, row)
    if _has_recap(content) and content.divider_rect.contains(point):
        return Spot(Zone.RECAP, row)
    for section in content.sections(point.y(), point.y() + 1):
        if not section.rect.contains(point):
            continue
        rendered = content.rendered(section.part)
        inside = point - section.rect.topLeft()
        if rendered.copy_rect is not None and rendered.copy_rect.contains(inside):
            return Spot(Zone.CODE_COPY, row, section.part)
        target = rendered.target_at(inside, shift=content.shift_of(section.part))
        if target is not None:
            return Spot(Zone.TARGET, row, section.part, target)
        return Spot(Zone.TEXT, row, section.part)
    return Spot(Zone.GROUND, row, QUESTION)


def _has_recap(content: TurnContent) -> bool:
    return content.divider is not None and bool(content.divider.divider.recap)


def targets_in(
    row: int, content: TurnContent, origin: QPoint, press: Callable[[Spot], None]
) -> Iterator[NodeTarget]:
    """What can be pressed in a turn that is laid out."""
    if _has_recap(content):
        spot, rect = Spot(Zone.RECAP, row), content.divider_rect.translated(origin)
        yield NodeTarget("Show the recap that was sent", rect, partial(press, spot), is_link=False)
    if content.steps and content.attempt is not None:
        spot = Spot(Zone.STEPS, row)
        words = steps_line(content.attempt)
        yield NodeTarget(words, content.steps_line.translated(origin), partial(press, spot), is_link=False)
    for part in content.rendered_parts:
        section = content.section(part)
        if section is None:
            continue
        rendered, place = content.rendered(part), section.rect.topLeft() + origin
        if rendered.copy_rect is not None:
            spot = Spot(Zone.CODE_COPY, row, section.part)
            rect = rendered.copy_rect.translated(place)
            yield NodeTarget("Copy this code", rect, partial(press, spot), is_link=False)
        for target, words, rect in rendered.links():
            spot = Spot(Zone.TARGET, row, section.part, target)
            yield NodeTarget(words, rect.translated(place), partial(press, spot), is_link=True)
