"""What the turns say, whether they are laid out or not: for search, screen readers and copying."""

from collections.abc import Iterator

from trackside.domain.answer import Answer
from trackside.domain.turn import Attempt, Turn
from trackside.markup.blocks import Block, BlockKind
from trackside.markup.inline import InlineContext, block_runs, cell_runs, plain_text
from trackside.markup.runs import shown_text
from trackside.ui.transcript.answer_blocks import AnswerBlocks
from trackside.ui.transcript.places import QUESTION, STEPS
from trackside.ui.transcript.rows import Rows
from trackside.ui.transcript.words import notice_of, steps_words

_ANNOUNCED = 1_000
"""Characters of an answer that are read out when it ends; the turn itself has them all."""
_MOST_WORDS = 20_000
_CELL_BORDER = "\ufdd0"
"""Between cells, as in a document: no phrase goes across."""


class TurnTexts:
    """Texts by row. Reading a turn that is not laid out parses it and keeps nothing."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def row_count(self) -> int:
        return len(self._rows)

    def raw_text(self, row: int) -> str:
        """All that the shown text is made from, at next to no cost."""
        turn = self._rows.turns[row]
        attempt = turn.shown_attempt
        if attempt is None:
            return turn.ask.question
        steps = steps_words(attempt.answer.steps)
        return "\n".join((turn.ask.question, steps, _without_annotated(attempt.answer)))

    def shown_parts(self, row: int) -> Iterator[tuple[int, str]]:
        """Each part's text as it stands on the screen, chips as one character."""
        turn = self._rows.turns[row]
        yield QUESTION, turn.ask.question
        attempt = turn.shown_attempt
        if attempt is None:
            return
        if steps := attempt.answer.steps:
            yield STEPS, steps_words(steps)
        answer = self.answer_of(row)
        for index in range(len(answer)):
            yield index, _shown(answer[index], answer.context)

    def shown_attempt(self, row: int) -> Attempt | None:
        return self._rows.turns[row].shown_attempt

    def part_text(self, row: int, part: int) -> str:
        """One part's text as it stands on the screen; empty if there is no such part."""
        turn = self._rows.turns[row]
        if part == QUESTION:
            return turn.ask.question
        attempt = turn.shown_attempt
        if attempt is None:
            return ""
        if part == STEPS:
            return steps_words(attempt.answer.steps)
        answer = self.answer_of(row)
        return _shown(answer[part], answer.context) if part < len(answer) else ""

    def answer_of(self, row: int) -> AnswerBlocks:
        """The blocks of the shown answer, all of them."""
        content = self._rows.realised(row)
        if content is not None and content.attempt is not None and not content.answer.is_behind:
            return content.answer
        return read_whole(self._rows.turns[row])

    def row_words(self, row: int) -> str:
        """Who says what, with chips as their labels, up to a length that no one listens to the end of."""
        turn = self._rows.turns[row]
        divider = self._rows.divider_above(row)
        words = (
            [f"You: {turn.ask.question}"] if divider is None else [divider.words, f"You: {turn.ask.question}"]
        )
        attempt = turn.shown_attempt
        if attempt is None:
            return words[0]
        if text := "\n".join(self._some_answer_words(row, _MOST_WORDS)):
            words.append(f"Jockey: {text}")
        stage = self._rows.stage
        notice = notice_of(attempt, stage.run_of(attempt))
        if notice is not None:
            words.append(notice.text)
        return "\n".join(words)

    def ending_words(self, row: int) -> str:
        """What is announced when an answer has ended: how, and what it says."""
        attempt = self._rows.turns[row].shown_attempt
        if attempt is None:
            return ""
        stage = self._rows.stage
        notice = notice_of(attempt, stage.run_of(attempt))
        head = "Answer finished." if notice is None else notice.text
        said = " ".join(self._some_answer_words(row, _ANNOUNCED))
        return f"{head} {said[:_ANNOUNCED]}".strip()

    def _some_answer_words(self, row: int, most: int) -> Iterator[str]:
        """The shown answer as one reads it aloud, a block at a time, until there is enough."""
        content = self._rows.realised(row)
        answer = content.answer if content is not None else self.answer_of(row)
        label, length = self._rows.stage.label_of, 0
        for index in range(len(answer)):
            words = plain_text(answer[index], answer.context, label)
            yield words
            length += len(words)
            if length > most:
                yield "…"
                return


def read_whole(turn: Turn) -> AnswerBlocks:
    """The blocks of a turn's shown answer, read to the end."""
    blocks = AnswerBlocks(wants_json=turn.ask.schema is not None)
    attempt = turn.shown_attempt
    if attempt is not None:
        blocks.follow(attempt.answer, is_over=not attempt.is_running)
        while blocks.is_behind:
            blocks.read_on()
    return blocks


def _shown(block: Block, context: InlineContext) -> str:
    if block.kind is not BlockKind.TABLE:
        return shown_text(block_runs(block, context))
    return _CELL_BORDER.join(shown_text(cell_runs(cell, context)) for row in block.rows for cell in row)


def _without_annotated(answer: Answer) -> str:
    """The answer's source without the markers that annotations stand for."""
    text, at = answer.text, 0
    pieces: list[str] = []
    for annotation in sorted(answer.annotations, key=lambda a: a.start_index):
        pieces.append(text[at : annotation.start_index])
        at = max(at, annotation.end_index + 1)
    return "".join([*pieces, text[at:]])
