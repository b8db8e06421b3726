"""The open session: asks, retries, stops, and hears what becomes of its answers."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import replace

from PySide6.QtCore import Signal

from trackside.chat.edited_session import EditedSession
from trackside.chat.run import AnswerSource, Run
from trackside.chat.turn_runner import TurnRunner
from trackside.domain.conversation import (
    is_forgotten,
    is_from_elsewhere,
    is_taken_over,
    live_server_session,
    met_forgetting,
    recap_for_next,
    recap_for_retry,
)
from trackside.domain.failure import Failure, FailureKind, TracksideError
from trackside.domain.recap import has_past
from trackside.domain.session import (
    Session,
    SessionState,
    new_id,
    now,
    resting_state,
    snippet_of,
    title_from_question,
    writable,
)
from trackside.domain.turn import AnswerSchema, Ask, Attempt, AttemptState, Turn
from trackside.storage.sessions import SessionStore

_BAD_ENDS = (AttemptState.FAILED, AttemptState.INTERRUPTED)


class ChatSession(EditedSession):
    """One conversation with its turns."""

    turn_added = Signal(Turn)
    attempt_added = Signal(Turn)
    attempt_changed = Signal(Attempt)
    attempt_ended = Signal(Attempt)
    answer_ended = Signal(Session, Attempt)
    """The same with whose it was, for those who follow all sessions."""

    def __init__(
        self,
        session: Session,
        turns: list[Turn],
        store: SessionStore,
        runner: TurnRunner,
        client_of: Callable[[str], Awaitable[AnswerSource]],
        *,
        is_kept: bool = True,
    ) -> None:
        """`is_kept`: whether the session stands on the disk already."""
        super().__init__(session, store, is_kept=is_kept)
        self.turns = turns
        self._runner = runner
        self._client_of = client_of
        self._asked: Turn | None = None
        """The turn that was asked last, or asked again."""
        self._told_state = SessionState.IDLE
        self.is_shown = False
        """Whether the user is looking at it: an answer that ends unseen makes the session unread."""

    # -- what it is ------------------------------------------------------------------------------

    @property
    def running_run(self) -> Run | None:
        """The running attempt of this session, if there is one."""
        # Not all turns: it is asked for at each change of an answer, and there may be thousands.
        for turn in (self._asked, self.last_turn):
            attempt = turn.latest_attempt if turn is not None else None
            if attempt is not None and attempt.is_running and (run := self._runner.run_of(attempt)):
                return run
        return None

    @property
    def is_idle(self) -> bool:
        """Whether it can be put away: nobody looks, nothing runs, and all of it is saved."""
        return not self.is_shown and self.running_run is None and not self.is_save_due

    @property
    def last_turn(self) -> Turn | None:
        return self.turns[-1] if self.turns else None

    @property
    def live_server_session_id(self) -> str | None:
        """The server session that the next question goes on in; None when it begins a new one."""
        return live_server_session(self.session, (self._asked, self.last_turn))

    @property
    def is_forgotten(self) -> bool:
        """Whether the service has said that it knows this conversation no longer."""
        return is_forgotten(self.session, (self._asked, self.last_turn))

    @property
    def begins_anew(self) -> bool:
        """Whether the next question begins a conversation at the service that doesn't know the turns here."""
        return self.live_server_session_id is None and self.running_run is None and has_past(self.turns)

    @property
    def can_retry(self) -> bool:
        return bool(self.turns) and self.running_run is None

    @property
    def state(self) -> SessionState:
        if (run := self.running_run) is not None:
            is_waiting = run.place is not None or run.attempt.state is AttemptState.WAITING
            return SessionState.WAITING if is_waiting else SessionState.STREAMING
        return resting_state(self.session)

    # -- what can be done ------------------------------------------------------------------------

    def ask(self, question: str, *, with_recap: bool = True) -> Turn:
        """Saves the question as a turn, then sends it. Raises TracksideError when it can't be sent.

        One that begins a new conversation at the service carries the recap that `recap_for` tells of. Without
        `with_recap` it never does, and goes on in the server session however often the service forgot it.
        """
        self._refuse_second()
        session = self.session
        schema = AnswerSchema("answer", session.schema_text) if session.schema_text.strip() else None
        ask = Ask(
            question=writable(question).strip(),
            store_id=session.store_id,
            instructions=session.instructions.strip(),
            schema=schema,
            include_steps=session.include_steps,
            web_search=session.web_search,
        )
        recap = self.recap_for(ask.question) if with_recap else ""
        ask.check(recap)
        if schema is not None:
            check_schema(schema)
        turn = Turn(new_id(), session.id, len(self.turns), ask, now())
        server_session_id = self.live_server_session_id if with_recap else session.server_session_id
        if server_session_id is None:
            self._forget_server_session()
        # What the transcript says above a turn it says at once, so these are known before anybody is told.
        attempt = Attempt(new_id(), turn.id, 1, sent_session_id=server_session_id, recap=recap)
        turn.attempts.append(attempt)
        self.turns.append(turn)
        self._replace(
            title=session.title or title_from_question(ask.question),
            draft="",
            updated_at=turn.asked_at,
            snippet=snippet_of(ask.question),
            failed=False,
            turn_count=len(self.turns),
            save=False,
        )
        saved = self._store.add_turn(self.session, self._taken_changes(), turn)
        self.turn_added.emit(turn)
        self._start(turn, attempt, saved)
        return turn

    def recap_for(self, question: str = "") -> str:
        """What is sent before the next question: as the user edited it, or made from the turns so that there
        is room for the question. Empty when the conversation goes on, and when none is wanted."""
        return recap_for_next(self.session, self.turns, question) if self.begins_anew else ""

    def retry(self, turn: Turn | None = None) -> None:
        """Asks a turn again, the last one by default; its earlier attempts stay. Where the service has
        forgotten the conversation, a new one begins with it, with a recap of the turns before. One that was
        asked on another connection is asked in this one's store: the other's means nothing here."""
        turn = turn or self.last_turn
        if turn is None:
            return
        self._refuse_second()
        ask = turn.ask
        if is_from_elsewhere(self.session, turn):
            ask = replace(ask, store_id=self.session.store_id)
        server_session_id = self._server_session_of(turn, ask.store_id)
        recap = "" if server_session_id is not None else recap_for_retry(self.session, self.turns, turn)
        ask.check(recap)
        if ask != turn.ask:
            turn.ask = ask
            self._store.save_ask(turn.id, ask)
        if server_session_id is None and turn.ask.store_id == self.session.store_id:
            self._forget_server_session()
        latest = turn.latest_attempt
        attempt = Attempt(
            new_id(),
            turn.id,
            latest.number + 1 if latest else 1,
            sent_session_id=server_session_id,
            recap=recap,
        )
        turn.attempts.append(attempt)
        turn.chosen = -1
        saved = self._store.add_attempt(attempt)
        self._replace(failed=False, updated_at=now())
        self.attempt_added.emit(turn)
        self._start(turn, attempt, saved)

    def stop(self) -> None:
        """Ends the running attempt at once; what came stays."""
        if run := self.running_run:
            self._runner.stop(run.attempt)

    def try_now(self) -> None:
        if run := self.running_run:
            self._runner.try_now(run.attempt)

    def choose_attempt(self, turn: Turn, index: int) -> None:
        """Shows another attempt of a turn; copy and export use the shown one."""
        turn.chosen = index
        self._store.choose_attempt(turn.attempts[index].id)
        self.attempt_added.emit(turn)

    def set_shown(self, is_shown: bool) -> None:
        self.is_shown = is_shown
        if is_shown and self.session.unread:
            self._replace(unread=False)

    # -- inside ----------------------------------------------------------------------------------

    def _refuse_second(self) -> None:
        if self.running_run is not None:
            raise TracksideError(
                Failure(
                    FailureKind.INPUT, "An answer is still coming.", "Stop it first, or wait for its end."
                )
            )

    def _start(self, turn: Turn, attempt: Attempt, saved: Future[None]) -> None:
        connection_id = self.session.connection_id
        self._asked = turn

        async def source() -> AnswerSource:
            # Saved first, sent second. A save that fails is shown by the store; the question still goes out.
            saving = asyncio.wrap_future(saved)
            saving.add_done_callback(_note_outcome)
            await asyncio.wait({saving})
            return await self._client_of(connection_id)

        self._runner.start(turn, attempt, source, attempt.sent_session_id, self, connection_id=connection_id)
        self._tell_state()

    def _server_session_of(self, turn: Turn, store_id: str) -> str | None:
        """The service's conversation that a turn belongs to: a turn that asked another store is asked in
        the one that it was asked in then, since the service would refuse it in today's."""
        if store_id == self.session.store_id:
            return self.live_server_session_id
        if is_taken_over(self.session, turn):
            return None  # that conversation is the other session's
        attempt = next((a for a in reversed(turn.attempts) if a.sent_session_id), None)
        return attempt.sent_session_id if attempt is not None and not met_forgetting(attempt) else None

    # -- what its running attempt tells ----------------------------------------------------------

    def on_attempt_changed(self, attempt: Attempt) -> None:
        self.attempt_changed.emit(attempt)
        if self.state is not self._told_state:
            self._tell_state()

    def _tell_state(self) -> None:
        """Its state is another one now, though none of its facts is."""
        self._told_state = self.state
        self.session_changed.emit(self.session)

    def on_attempt_ended(self, attempt: Attempt) -> None:
        text = snippet_of(attempt.answer.text)
        if attempt.failure is not None and not text:
            text = attempt.failure.headline
        self._replace(
            snippet=text or self.session.snippet,
            failed=attempt.state in _BAD_ENDS,
            unread=not self.is_shown,
            updated_at=now(),
        )
        self.attempt_ended.emit(attempt)
        self.answer_ended.emit(self.session, attempt)

    def on_server_session(self, run: Run, server_session_id: str) -> None:
        """Keeps the service's id at once, so that even a stopped first turn can be followed up. One of
        another store or service than is asked by now is no use for the next question, and one that an earlier
        turn was asked again in doesn't know those after it."""
        session = self.session
        if (run.turn.ask.store_id, run.connection_id) != (session.store_id, session.connection_id):
            return
        if run.attempt.sent_session_id is None and run.turn is not self.last_turn:
            return
        self.session = replace(self.session, server_session_id=server_session_id)
        self._store.save_server_session(self.session.id, server_session_id)
        if self.session.recap is None:
            self.session_changed.emit(self.session)
        else:
            self._replace(recap=None)  # it was meant for this beginning


def _note_outcome(saving: asyncio.Future[None]) -> None:
    """Looks at the outcome, or asyncio would log an exception that the store has reported."""
    if not saving.cancelled():
        saving.exception()


def check_schema(schema: AnswerSchema) -> None:
    """Raises TracksideError when the schema can't be sent, before anything is saved."""
    from trackside.protocol.requests import parsed_schema

    parsed_schema(schema.text)
