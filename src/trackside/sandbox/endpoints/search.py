"""POST /knowledge-stores/{id}/search: passages ranked for a query, page by page."""

from __future__ import annotations

import hashlib
from enum import Enum

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trackside.sandbox.answering.library import Librarian, Library, Passage
from trackside.sandbox.answering.words import search_terms
from trackside.sandbox.errors import ErrorCode, ServiceError, invalid
from trackside.sandbox.http_body import json_response, read_struct
from trackside.sandbox.records import ItemType
from trackside.sandbox.service import Service

_LARGEST_PAGE = 50
Hit = dict[str, object]


class Modality(Enum):
    """What a video is matched on. Captions are the sandbox's only matter, whichever is asked for."""

    VISUAL = "visual"
    AUDIO = "audio"


class GroupBy(Enum):
    """Whether clips stand alone or under their item."""

    NONE = "none"
    ITEM = "item"


class QueryBody(msgspec.Struct):
    """`query`."""

    text: str


class TypeFilter(msgspec.Struct):
    """`filter.asset_type`."""

    eq: ItemType | None = None
    among: list[ItemType] | None = msgspec.field(default=None, name="in")


class IdFilter(msgspec.Struct):
    """`filter.item_id`."""

    eq: str | None = None
    among: list[str] | None = msgspec.field(default=None, name="in")


class FilterBody(msgspec.Struct):
    """`filter`."""

    asset_type: TypeFilter | None = None
    item_id: IdFilter | None = None


class VideoOptions(msgspec.Struct):
    """`search_options.video`."""

    modalities: list[Modality]


class OptionsBody(msgspec.Struct):
    """`search_options`."""

    video: VideoOptions | None = None


class SearchBody(msgspec.Struct):
    """The whole body."""

    query: QueryBody
    filter: FilterBody | None = None
    search_options: OptionsBody | None = None
    group_by: GroupBy = GroupBy.NONE
    page_size: int = 10
    page_token: str | None = None
    include_metadata: bool = False


class SearchEndpoints:
    """The search of a knowledge store."""

    def __init__(self, service: Service, librarian: Librarian) -> None:
        self._service = service
        self._librarian = librarian

    def routes(self) -> list[Route]:
        """Paths below /v1.3 and what serves them."""
        return [Route("/knowledge-stores/{store_id}/search", self.search, methods=["POST"])]

    async def search(self, request: Request) -> Response:
        """POST …/search."""
        store = self._service.state.store(request.path_params["store_id"])
        body = await read_struct(request, self._service.limits.json_body, SearchBody)
        if not body.query.text.strip():
            raise invalid("The query.text parameter must not be empty.")
        if not 1 <= body.page_size <= _LARGEST_PAGE:
            raise invalid(f"The page_size parameter must be a number from 1 to {_LARGEST_PAGE}.")
        video = body.search_options.video if body.search_options else None
        modalities = [m.value for m in video.modalities] if video else [Modality.VISUAL.value]
        if not modalities:
            raise invalid("The search_options.video.modalities parameter must not be empty.")
        mark = _mark(store.id, body)
        start = self._start(body.page_token, mark)
        library = self._librarian.library(store.id)
        ranked = library.ranked(dict.fromkeys(search_terms(body.query.text), 1.0))
        found = [passage for passage in ranked if _passes(passage, body.filter, library)]
        hits = _hits(found, body, library, modalities)
        answer: dict[str, object] = {
            "data": hits[start : start + body.page_size],
            "effective_search_options": {"video": {"modalities": modalities}},
        }
        if start + body.page_size < len(hits):
            expires_s = self._service.now_s() + self._service.limits.page_token_s
            answer["next_page_token"] = self._service.signer.seal(
                f"{start + body.page_size}-{expires_s:.3f}-{mark}"
            )
        return json_response(answer)

    def _start(self, token: str | None, mark: str) -> int:
        if token is None:
            return 0
        text = self._service.signer.unseal(token)
        start, _, rest = (text or "").partition("-")
        expires, _, marked = rest.partition("-")
        if text is None or marked != mark:
            raise invalid("The page_token parameter does not belong to this search.")
        if self._service.now_s() >= float(expires):
            raise ServiceError(410, ErrorCode.CURSOR_EXPIRED, "The page token has expired. Search again.")
        return int(start)


def _mark(store_id: str, body: SearchBody) -> str:
    """What a page token is bound to: the same search in the same store."""
    plain = msgspec.structs.replace(body, page_token=None)
    return hashlib.sha256(store_id.encode() + msgspec.json.encode(plain)).hexdigest()[:16]


def _passes(passage: Passage, wanted: FilterBody | None, library: Library) -> bool:
    if wanted is None:
        return True
    kind = ItemType.IMAGE if library.entries[passage.item_id].is_image else ItemType.VIDEO
    by_type, by_id = wanted.asset_type, wanted.item_id
    return not (
        (by_type and by_type.eq is not None and by_type.eq is not kind)
        or (by_type and by_type.among is not None and kind not in by_type.among)
        or (by_id and by_id.eq is not None and by_id.eq != passage.item_id)
        or (by_id and by_id.among is not None and passage.item_id not in by_id.among)
    )


def _hits(found: list[Passage], body: SearchBody, library: Library, modalities: list[str]) -> list[Hit]:
    groups: dict[object, list[Passage]] = {}
    for number, passage in enumerate(found):
        is_grouped = body.group_by is GroupBy.ITEM or library.entries[passage.item_id].is_image
        groups.setdefault(passage.item_id if is_grouped else number, []).append(passage)
    return [
        _hit(rank, passages, library, modalities, with_metadata=body.include_metadata)
        for rank, passages in enumerate(groups.values(), 1)
    ]


def _hit(
    rank: int, passages: list[Passage], library: Library, modalities: list[str], *, with_metadata: bool
) -> Hit:
    entry = library.entries[passages[0].item_id]
    facts = entry.asset.facts
    hit: Hit = {
        "asset_type": ItemType.IMAGE.value if entry.is_image else ItemType.VIDEO.value,
        "rank": rank,
        "item_id": entry.item_id,
    }
    system: dict[str, object] = {"width": facts.width, "height": facts.height, "size": entry.asset.size}
    if not entry.is_image:
        system["duration"] = facts.duration_s
        hit["matches"] = [
            {
                "start_sec": passage.start_s,
                "end_sec": passage.end_s,
                "modalities": modalities,
                "transcription": passage.text,
            }
            for passage in passages
        ]
    if with_metadata:
        hit["metadata"] = {"system": system, "user": entry.metadata}
    return hit
