"""Intermediate outputs as steps: what the agent did on the way to its answer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from trackside.domain.output import GrowingItem
from trackside.domain.stream import ItemKind


class StepKind(StrEnum):
    """What sort of intermediate output a step is."""

    CALL = "call"
    WEB_SEARCH = "web_search"
    COMMENTARY = "commentary"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Step:
    """One intermediate output, ready to be shown: names are opaque, so they are shown as they came."""

    kind: StepKind
    title: str
    detail: str = ""
    result: str = ""
    is_done: bool = False


def steps_of(items: Iterable[GrowingItem]) -> Iterator[Step]:
    """The steps among ordered items; a call and the output that names it are one step."""
    items = list(items)
    calls = {i.value.call_id for i in items if i.value.kind is ItemKind.FUNCTION_CALL and i.value.call_id}
    outputs = {i.value.call_id: i for i in items if i.value.kind is ItemKind.FUNCTION_CALL_OUTPUT}
    for item in items:
        value = item.value
        match value.kind:
            case ItemKind.FUNCTION_CALL:
                result = outputs.get(value.call_id) if value.call_id else None
                yield Step(
                    StepKind.CALL,
                    value.name or "call",
                    value.arguments,
                    result.value.output if result else "",
                    is_done=result is not None or item.is_done,
                )
            case ItemKind.FUNCTION_CALL_OUTPUT:
                if value.call_id not in calls:
                    yield Step(StepKind.CALL, value.name or "result", "", value.output, is_done=True)
            case ItemKind.WEB_SEARCH:
                queries = "\n".join(value.queries)
                yield Step(StepKind.WEB_SEARCH, "web search", queries, is_done=item.is_done)
            case ItemKind.MESSAGE:
                if not value.is_final:
                    yield Step(StepKind.COMMENTARY, "commentary", item.text, is_done=item.is_done)
            case ItemKind.OTHER:
                yield Step(StepKind.OTHER, value.type, is_done=item.is_done)
