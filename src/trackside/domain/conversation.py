"""The service's side of a session: what it remembers of it, and where it began anew."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from trackside.domain.failure import FailureKind
from trackside.domain.recap import recap_of, room_beside, shortened
from trackside.domain.session import Session
from trackside.domain.turn import Attempt, Turn

_LONGEST_TITLE = 60


@dataclass(frozen=True, slots=True)
class Divider:
    """What has to be said above a turn that the service heard in another conversation than the one before."""

    words: str
    recap: str = ""
    """What the service was told of the turns above; empty for nothing."""


def live_server_session(session: Session, asked_last: Iterable[Turn | None]) -> str | None:
    """The server session that the next question goes on in; None when it begins a new one.

    One that the service has just said to have forgotten is none. `asked_last` are the turns that may know.
    """
    return None if is_forgotten(session, asked_last) else session.server_session_id


def is_forgotten(session: Session, asked_last: Iterable[Turn | None]) -> bool:
    """Whether the service said that it knows the session's conversation no longer."""
    identity = session.server_session_id
    latest = [turn.latest_attempt for turn in asked_last if turn is not None]
    return identity is not None and any(
        attempt is not None and attempt.sent_session_id == identity and met_forgetting(attempt)
        for attempt in latest
    )


def is_taken_over(session: Session, turn: Turn) -> bool:
    """Whether the turn was asked in the session that this one was branched from."""
    return turn.position < session.branched_turns


def is_from_elsewhere(session: Session, turn: Turn) -> bool:
    """Whether the turn was asked on another connection: what it names of a service is no use on this one."""
    return turn.position < session.moved_turns


def recap_for_next(session: Session, turns: Sequence[Turn], question: str) -> str:
    """What the next question is sent with in a conversation that doesn't know the turns: what the user made
    of it, or as much as there is room for beside the question."""
    if session.recap is not None:
        return session.recap.strip()
    return recap_of(turns, room_beside(question.strip()))


def recap_for_retry(session: Session, turns: Sequence[Turn], turn: Turn) -> str:
    """What a turn is asked again with in a conversation that doesn't know the turns before it."""
    is_last, latest = turn is turns[-1], turn.latest_attempt
    if session.recap is not None and (is_last or not session.recap):
        return session.recap.strip()
    if latest is not None and latest.recap:
        return latest.recap
    place = len(turns) - 1 if is_last else turns.index(turn)
    return recap_of(turns[:place], room_beside(turn.ask.question))


def divider_of(
    session: Session, before: Turn | None, turn: Turn, name_of_store: Callable[[str], str]
) -> Divider | None:
    """What parts a turn's shown attempt from the turn before it; None when nothing does."""
    attempt = turn.shown_attempt
    if before is None or attempt is None:
        return None
    sentences = []
    if is_taken_over(session, before) and not is_taken_over(session, turn):
        title = shortened(session.branched_from, _LONGEST_TITLE)
        whence = f"Branched from “{title}”" if title else "Branched from another session"
        sentences.append(f"{whence}; what is above was taken over.")
    is_new = attempt.sent_session_id is None and (bool(attempt.recap) or _was_known(before))
    recap = "with a recap" if attempt.recap else "without a recap"
    if turn.ask.store_id != before.ask.store_id:
        store = shortened(name_of_store(turn.ask.store_id), _LONGEST_TITLE)
        sentences.append(f"From here on, the store {store} is asked.")
    met = (*turn.attempts, *before.attempts[-1:])
    if is_new and not sentences and any(met_forgetting(attempt) for attempt in met):
        sentences.append(f"The service had forgotten this conversation; a new one begins here, {recap}.")
    elif is_new:
        sentences.append(f"A new conversation begins here, {recap}.")
    return Divider(" ".join(sentences), attempt.recap if is_new else "") if sentences else None


def _was_known(turn: Turn) -> bool:
    """Whether the service has heard of a turn."""
    return any(a.sent_session_id is not None or a.answer.server_session_id is not None for a in turn.attempts)


def met_forgetting(attempt: Attempt) -> bool:
    """Whether the service refused it since it knows the conversation no longer."""
    return attempt.failure is not None and attempt.failure.kind is FailureKind.DEAD_SESSION
