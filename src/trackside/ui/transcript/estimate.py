"""How tall things will roughly be, before they are laid out."""

from trackside.domain.turn import Turn
from trackside.markup.blocks import Block, BlockKind
from trackside.ui.transcript.stage import Stage


def block_height(block: Block, stage: Stage) -> int:
    """Of a block that was not laid out yet."""
    sizes = stage.sizes
    match block.kind:
        case BlockKind.RULE:
            return sizes.a_line
        case BlockKind.TABLE:
            return (sizes.a_line + 2 * sizes.a_letter) * len(block.rows) + sizes.gap
        case BlockKind.CODE:
            return sizes.a_line * (1 + block.content.count("\n")) + (
                2 * sizes.a_line if block.is_first else 0
            )
        case _:
            letters = max(8, stage.width // sizes.a_letter - 3 * len(block.containers))
            return sizes.a_line * (1 + len(block.content) // letters) + sizes.gap


def question_height(question: str, stage: Stage) -> int:
    """Of the question's text."""
    sizes = stage.sizes
    letters = max(10, (stage.width - sizes.bubble_indent - 2 * sizes.bubble_pad_x) // sizes.a_letter)
    return sizes.a_line * (1 + question.count("\n") + len(question) // letters)


def rest_height(characters: int, stage: Stage) -> int:
    """Of Markdown that was not read yet."""
    return characters * stage.sizes.a_line // max(10, stage.width // stage.sizes.a_letter)


def turn_height(turn: Turn, stage: Stage) -> int:
    """Of a turn that nobody has looked at yet."""
    attempt, sizes = turn.shown_attempt, stage.sizes
    height = (
        question_height(turn.ask.question, stage) + 2 * sizes.bubble_pad_y + sizes.bubble_gap + 3 * sizes.pad
    )
    if attempt is not None and (text := attempt.answer.text):
        answer = rest_height(len(text), stage) + sizes.a_line + text.count("\n") * (sizes.a_line * 2 // 3)
        height += int(answer * stage.calibration) + sizes.actions
    return height
