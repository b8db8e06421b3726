"""The state of an attempt in words. No colour says anything that these don't."""

from dataclasses import dataclass

from trackside.chat.run import Run
from trackside.domain.answer import Step, StepKind
from trackside.domain.failure import Failure, FailureAction
from trackside.domain.rate_limit import Place, span_words
from trackside.domain.turn import Attempt, AttemptState

_QUIET_AFTER_S = 2.0
_STEP_LENGTH = 600
_COMMENTARY_LENGTH = 4_000
_NAME_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Notice:
    """What stands under an attempt that did not end well: a sentence and what can be done."""

    text: str
    is_error: bool
    actions: tuple[FailureAction, ...] = ()
    is_waiting: bool = False
    detail: str = ""
    now_words: str = "Try now"
    """What the button says that cuts the wait short."""


def status_line(attempt: Attempt, run: Run | None) -> str:
    """The line under an answer that is under way."""
    if run is None:
        # A run of our own begins in the moment that the attempt does.
        is_elsewhere = attempt.is_running and attempt.started_at is not None
        return "Under way in another window." if is_elsewhere else ""
    match attempt.state:
        case AttemptState.QUEUED:
            return "" if run.place is not None else "Queued"
        case AttemptState.CONNECTING:
            waited = int(run.working_s)
            return f"Connecting · {_seconds(waited)}" if waited >= 1 else "Connecting"
        case AttemptState.STREAMING if attempt.first_token_s is None:
            return _working(run)
        case AttemptState.STREAMING:
            first_s = attempt.first_token_s or 0.0
            words = [f"Streaming, {f'{first_s:.1f}' if first_s >= 0.05 else 'under 0.1'} s to first token"]
            if rate := run.tokens_per_s:
                words.append(f"{rate:.0f} tokens/s")
            if run.silent_s >= _QUIET_AFTER_S:
                words.append(f"last sign of life {_seconds(run.silent_s)} ago")
            return ", ".join(words)
        case _:
            return ""


def _working(run: Run) -> str:
    if run.silent_s < 1:
        return f"Working {_seconds(run.working_s)}"
    return f"Working {_seconds(run.working_s)}, last sign of life {_seconds(run.silent_s)} ago"


def notice_of(attempt: Attempt, run: Run | None) -> Notice | None:
    """What has to be said of how an attempt ended, or why it waits."""
    failure = attempt.failure
    match attempt.state:
        case AttemptState.QUEUED | AttemptState.WAITING if run is not None and run.place is not None:
            return _in_line(run.place, failure)
        case AttemptState.WAITING if failure is not None:
            left_s = run.retry_in_s if run else None
            again = f"in {span_words(left_s)}" if left_s else "now"
            text = f"{failure.headline} Trying again {again}"
            if run is not None and run.failures:
                text += f", attempt {run.failures + 1} of {run.most_failures}"
            return Notice(f"{text}.", is_error=False, is_waiting=True, detail=failure.detail)
        case AttemptState.STOPPED:
            return Notice("Answer stopped.", is_error=False, actions=(FailureAction.RETRY,))
        case AttemptState.INTERRUPTED:
            return _interrupted(attempt, failure)
        case AttemptState.FAILED if failure is not None:
            text = failure.sentence
            if attempt.answer.has_text:
                text += " The part above is saved."
            return Notice(text, is_error=True, actions=failure.actions, detail=failure.detail or text)
        case AttemptState.FAILED:
            return Notice("The answer failed.", is_error=True, actions=(FailureAction.RETRY,))
        case AttemptState.INCOMPLETE:
            return _cut_off(attempt)
        case _:
            return None


def _in_line(place: Place, failure: Failure | None) -> Notice:
    """Why a question waits that its connection is not ready for."""
    where = f"{place.ordinal} in line"
    if place.in_s:
        when = f"in {'about ' if place.is_estimated else ''}{span_words(place.in_s)}"
    else:
        when = "as soon as the question before it is taken"
    if failure is None:
        text = f"Queued, {where}, {when}."
    elif place.length > 1:
        text = f"{failure.headline} Asked again {when}, {where}."
    else:
        text = f"{failure.headline} Asked again {when}."
    detail = failure.detail if failure else ""
    return Notice(text, is_error=False, is_waiting=True, detail=detail, now_words="Ask now")


def _interrupted(attempt: Attempt, failure: Failure | None) -> Notice:
    why = failure.headline if failure else "The connection dropped."
    if attempt.answer.has_text:
        text = (
            f"Interrupted after {attempt.answer.estimated_tokens} tokens, the part above is saved. {why} "
            "The service does not resume a stream, so a retry asks again."
        )
    else:
        text = f"Interrupted before the first word. {why}"
    detail = (failure.detail or failure.sentence) if failure else ""
    return Notice(text, is_error=False, actions=(FailureAction.RETRY,), detail=detail)


def _cut_off(attempt: Attempt) -> Notice:
    reason = attempt.answer.incomplete_reason or ""
    if reason in ("", "max_output_tokens", "length", "max_tokens"):
        text = "Cut off at the length limit. Ask it to go on, or ask for less at once."
    else:
        text = f"The service ended the answer early ({reason.replace('_', ' ')})."
    return Notice(text, is_error=False, actions=(FailureAction.RETRY,), detail=reason)


def facts_line(attempt: Attempt) -> str:
    """Tokens and time of an ended attempt, for the end of its action row."""
    words = []
    usage = attempt.answer.usage
    if usage is not None:
        words.append(f"{usage.input_tokens:,} in · {usage.output_tokens:,} out")
    if attempt.duration_s is not None:
        words.append(f"{attempt.duration_s:.1f} s")
    return " · ".join(words)


def steps_line(attempt: Attempt) -> str:
    """The one folded line above an answer."""
    steps = attempt.answer.steps
    if not steps:
        return ""
    names: list[str] = []
    for step in steps:
        name = "" if step.kind is StepKind.COMMENTARY else _cut(step.title, _NAME_LENGTH).replace("_", " ")
        if name and name not in names:
            names.append(name)
    count = "1 step" if len(steps) == 1 else f"{len(steps)} steps"
    shown = ", ".join(names[:3]) + ("…" if len(names) > 3 else "")
    return f"{count} · {shown}" if shown else count


def steps_words(steps: list[Step]) -> str:
    """The steps as they are read when the line is unfolded."""
    return "\n\n".join(map(_step_words, steps))


def _step_words(step: Step) -> str:
    match step.kind:
        case StepKind.COMMENTARY:
            return _cut(step.detail.strip(), _COMMENTARY_LENGTH)
        case StepKind.WEB_SEARCH:
            head = "Searched the web" if step.is_done else "Searching the web"
            return f"{head}\n{_cut(step.detail, _COMMENTARY_LENGTH)}".strip()
        case _:
            words = _cut(step.title, _NAME_LENGTH) + ("" if step.is_done else " …")
            for text in (step.detail, step.result):
                if text:
                    words += f"\n{_cut(text, _STEP_LENGTH)}"
            return words


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}…"


def _seconds(seconds: float) -> str:
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    words = [f"{minutes} min"] * (minutes > 0) + [f"{rest} s"] * (rest > 0 or not minutes)
    return " ".join(words)
