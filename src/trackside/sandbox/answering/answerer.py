"""Turns a checked request into a planned answer, and remembers the turn in its session."""

from __future__ import annotations

import msgspec

from trackside.sandbox.answering.asking import read_wish, without_selections
from trackside.sandbox.answering.citing import CitationForm, WrittenText, write
from trackside.sandbox.answering.compose import Composed, compose
from trackside.sandbox.answering.finding import Asked
from trackside.sandbox.answering.hooks import Hooked, read_hook
from trackside.sandbox.answering.library import Librarian, Library
from trackside.sandbox.answering.plan import (
    AnswerPlan,
    FunctionCall,
    FunctionOutput,
    MessageItem,
    OutputItem,
    WebSearch,
    count_tokens,
)
from trackside.sandbox.answering.request import ResponsesBody, SelectionKind, selections_of
from trackside.sandbox.answering.structured import SchemaFiller
from trackside.sandbox.asset_view import AssetView
from trackside.sandbox.ids import Prefix, new_id
from trackside.sandbox.records import Collection, Selection, Session, Turn, rfc3339
from trackside.sandbox.service import Service

_REMEMBERED_TURNS = 200
_FUNCTION = "search_captions"


class Answerer:
    """Answers questions about stores."""

    def __init__(self, service: Service, librarian: Librarian, view: AssetView) -> None:
        self._service = service
        self._state = service.state
        self._librarian = librarian
        self._view = view

    def answer(self, body: ResponsesBody, session: Session | None, form: CitationForm) -> AnswerPlan:
        """The answer to a request that `check_request` has passed; a session is begun when there is none."""
        session = session or Session(
            id=new_id(Prefix.SESSION), store_id=body.knowledge_store_id, created_s=self._service.now_s()
        )
        own = selections_of(body)
        session = msgspec.structs.replace(
            session, selections=tuple(dict.fromkeys((*session.selections, *own)))
        )
        hooked = read_hook(body.question)
        names = [self._name_of(entry) for entry in own or session.selections]
        question = without_selections(hooked.question, names)
        library = self._librarian.library(session.store_id)
        asked = self._asked(body, question, session)
        composed = compose(asked, library)
        written = self._written(body, hooked, composed, library, form)
        is_quoting = body.schema is not None or hooked.text is None
        turn = Turn(
            question,
            moments=composed.moments if is_quoting else (),
            words=count_tokens(question) + count_tokens(written.text),
            has_disclosed=body.schema is None and hooked.text is None,
        )
        self._remember(session, turn)
        items = self._items(body, session, library, composed, asked, written)
        heard = count_tokens(body.instructions or "") + sum(turn.words for turn in session.turns)
        return AnswerPlan(
            response_id=new_id(Prefix.RESPONSE),
            session_id=session.id,
            store_id=session.store_id,
            created_at=rfc3339(self._service.now_s()),
            items=items,
            input_tokens=count_tokens(question)
            + heard
            + sum(count_tokens(p.text) for entry in library.entries.values() for p in entry.passages),
            output_tokens=count_tokens(written.text),
            thinking_s=hooked.thinking_s,
        )

    def _asked(self, body: ResponsesBody, question: str, session: Session) -> Asked:
        collections = tuple(
            self._state.collections[entry.id]
            for entry in session.selections
            if entry.kind == SelectionKind.COLLECTION.value and entry.id in self._state.collections
        )
        items = {entry.id for entry in session.selections if entry.kind == SelectionKind.ITEM.value}
        return Asked(
            question=question,
            wish=read_wish(question, body.instructions or ""),
            has_instructions=bool(body.instructions and body.instructions.strip()),
            preferred=frozenset(items.union(*(entry.item_ids for entry in collections))),
            collections=collections,
            turns=session.turns,
            with_web=body.wants_web,
        )

    def _written(
        self, body: ResponsesBody, hooked: Hooked, composed: Composed, library: Library, form: CitationForm
    ) -> WrittenText:
        if body.schema is not None:
            # A schema has to be filled even when no caption matches: with what the store begins with.
            passages = composed.passages or library.openings()
            value = SchemaFiller(body.schema, passages).fill()
            return WrittenText(msgspec.json.encode(value).decode())
        if hooked.text is not None:
            return WrittenText(hooked.text)
        return write(composed.segments, form, self._addresses)

    def _items(
        self,
        body: ResponsesBody,
        session: Session,
        library: Library,
        composed: Composed,
        asked: Asked,
        written: WrittenText,
    ) -> tuple[OutputItem, ...]:
        # As the service's, these ids repeat from one response of a session to the next.
        message_id = f"{Prefix.MESSAGE.value}{session.id}"
        items: list[OutputItem] = []
        if body.wants_steps:
            call_id = new_id(Prefix.CALL)
            arguments = {"words": list(composed.terms), "limit": asked.wish.quotes}
            found = [
                {"item_id": p.item_id, "start_sec": p.start_s, "end_sec": p.end_s, "text": p.text}
                for p in composed.passages
            ]
            items += [
                FunctionCall(new_id(Prefix.FUNCTION_CALL), call_id, _FUNCTION, _json(arguments)),
                FunctionOutput(new_id(Prefix.FUNCTION_OUTPUT), call_id, _json({"passages": found})),
                MessageItem(f"{message_id}_0", WrittenText(_commentary(library, composed)), is_final=False),
            ]
        if body.wants_web:
            query = " ".join(composed.terms) or asked.question
            items.append(WebSearch(new_id(Prefix.WEB_SEARCH), (query,)))
        return (*items, MessageItem(f"{message_id}_{len(items)}", written, is_final=True))

    def _remember(self, session: Session, turn: Turn) -> None:
        turns = (*session.turns, turn)[-_REMEMBERED_TURNS:]
        self._state.sessions[session.id] = msgspec.structs.replace(session, turns=turns)
        self._state.changed()

    def _name_of(self, selection: Selection) -> str:
        record: Collection | None = self._state.collections.get(selection.id)
        if record is not None:
            return record.name
        item = self._state.items.get(selection.id)
        asset = self._state.assets.get(item.asset_id) if item else None
        return asset.title or asset.filename if asset else ""

    def _addresses(self, item_id: str) -> dict[str, str]:
        item = self._state.items.get(item_id)
        asset = self._state.assets.get(item.asset_id) if item else None
        if asset is None:
            return {}
        addresses = {
            "thumbnail_url": self._view.thumbnail_url(asset),
            "hls_url": self._view.playlist_url(asset),
        }
        return {name: address for name, address in addresses.items() if address}


def _commentary(library: Library, composed: Composed) -> str:
    count, found = len(library.entries), len(composed.passages)
    return (
        f"I’m looking through the captions of {count} item{'' if count == 1 else 's'}; "
        f"{found} passage{'' if found == 1 else 's'} will do."
    )


def _json(content: object) -> str:
    return msgspec.json.encode(content).decode()
