"""What `trackside ask` writes: the answer on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Callable
from typing import Any

from trackside.chat.session import ChatSession
from trackside.commands.outcome import complain
from trackside.domain.turn import Attempt, AttemptState


class Printer:
    """Streams the answer's text to stdout as it grows; states and steps go to stderr.

    When nobody reads stdout any more it says so once, by `on_unread`, and writes nothing more.
    """

    def __init__(
        self,
        *,
        is_json: bool,
        with_steps: bool,
        on_unread: Callable[[], None],
        limit_words: Callable[[], str] = lambda: "",
    ) -> None:
        """`limit_words`: what is known of the connection's limits, as a phrase."""
        self.is_unread = False
        self._limit_words = limit_words
        self._on_unread = on_unread
        self._is_json = is_json
        self._with_steps = with_steps
        self._printed = ""
        self._steps = 0
        self._state: AttemptState | None = None

    def show(self, attempt: Attempt) -> None:
        if attempt.state is not self._state:
            self._say_why_it_waits(attempt)
        self._state = attempt.state
        if self._with_steps:
            steps = attempt.answer.steps
            for step in steps[self._steps :]:
                sys.stderr.write(f"[{step.title}] {step.detail[:200]}\n")
            self._steps = max(self._steps, len(steps))
        if not self._is_json:
            self._print(attempt.answer.text)

    def _say_why_it_waits(self, attempt: Attempt) -> None:
        """Once for each wait."""
        if attempt.state is AttemptState.WAITING and attempt.failure:
            sys.stderr.write(f"trackside: {attempt.failure.headline} Trying again.\n")
        elif attempt.state is AttemptState.QUEUED:  # told of only while it waits in line
            why = self._limit_words() or "Rate limited"
            sys.stderr.write(f"trackside: {why}. The question is sent then.\n")

    def end(self, attempt: Attempt, opened: ChatSession) -> None:
        self.show(attempt)
        answer = attempt.answer
        if self._is_json:
            usage = answer.usage
            document: dict[str, Any] = {
                "session": opened.session.id,
                "server_session_id": opened.session.server_session_id,
                "response_id": answer.response_id,
                "state": attempt.state.value,
                "text": answer.text,
                "annotations": [
                    {
                        "type": a.kind.value,
                        "start_index": a.start_index,
                        "end_index": a.end_index,
                        "item_id": a.item_id,
                        "start_sec": a.start_s,
                        "end_sec": a.end_s,
                        "title": a.title,
                        "url": a.url,
                    }
                    for a in answer.annotations
                ],
                "usage": {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
                if usage
                else None,
                "failure": attempt.failure.sentence if attempt.failure else None,
            }
            self._write(json.dumps(document, ensure_ascii=False) + "\n")
        elif self._printed and not self._printed.endswith("\n"):
            self._write("\n")
        if attempt.state is AttemptState.INCOMPLETE:
            sys.stderr.write("trackside: The answer was cut off at the length limit.\n")
        elif attempt.failure is not None:
            complain(attempt.failure)

    def _print(self, text: str) -> None:
        if text == self._printed:
            return
        if text.startswith(self._printed):
            self._write(text[len(self._printed) :])
        else:
            # The service corrected what it had said; a terminal can't take it back.
            self._write(f"\n\n{text}")
        self._printed = text

    def _write(self, text: str) -> None:
        if self.is_unread:
            return
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            # Caught here, since Qt swallows what a slot raises.
            self.is_unread = True
            self._on_unread()
