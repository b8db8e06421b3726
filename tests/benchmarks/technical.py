"""Technical answers in Markdown, for the transcript's benchmarks; the same ones for the same seed."""

import json
import random
from collections.abc import Callable, Iterator
from itertools import islice

KILOBYTE = 1 << 10
MEGABYTE = 1 << 20

_COMMON = (
    "the a of to in and is for with on that it as by this from at an be or are which when each frame clip "
    "index query embedding vector shot scene segment latency buffer stream decoder keyframe timestamp model "
    "search result score threshold window batch cache memory request response token session answer camera "
    "driver corner lap overtakes leaves enters waits carries returns stores reads writes measures compares "
    "therefore however usually before after while between without against asynchronous incremental "
    "configuration throughput serialization representation"
)
_RARE = "naïve Größe café 車 映像 🚗"
_CODE = (
    "load_index decode_frame open_session VectorStore shot_borders max_latency_ms read_segment Query "
    "score_of retry_policy FrameBuffer merge_results to_thread --dry-run config.toml /v1.3/responses"
)
_WORDS = [*_COMMON.split() * 6, *_RARE.split()]
_NAMES = _CODE.split()
_HOSTS = ("docs.example.com", "example.org", "video.example.net")


def technical(size: int, seed: int = 1) -> str:
    """An answer of at least `size` characters that ends with a whole block.

    Every section holds each kind of block once or more, so that no part of a long answer is dearer by its
    nature than another.
    """
    chance = random.Random(f"technical {seed}")
    blocks: list[str] = []
    length = 0
    while length < size:
        for block in _section(chance):
            blocks.append(block)
            length += len(block) + 2
            if length >= size:
                break
    return "\n\n".join(blocks)


def deltas(text: str, seed: int = 1) -> Iterator[str]:
    """The text in pieces of 4 to 20 characters, as they come over the wire.

    Made one by one: a list of them would take more memory than the text, which is measured, too.
    """
    chance = random.Random(f"deltas {seed}")
    at = 0
    while at < len(text):
        length = chance.randint(4, 20)
        yield text[at : at + length]
        at += length


def in_frames(pieces: Iterator[str], each: int) -> Iterator[list[str]]:
    while frame := list(islice(pieces, each)):
        yield frame


def giant_fence(size: int) -> str:
    """One block of code, its end included."""
    return _grown("```python\n", lambda chance: _code_line(chance) + "\n", size) + "```\n"


def giant_list(size: int) -> str:
    """One list, an item in six of it on the second level."""

    def item(chance: random.Random) -> str:
        return f"{'  ' if chance.random() < 1 / 6 else ''}- {_sentence(chance)}\n"

    return _grown(f"- {_sentence(random.Random(1))}\n", item, size)


def giant_table(size: int) -> str:
    return _grown(
        "| Clip | Start | Score | Note |\n|---|--:|--:|---|\n", lambda chance: _row(chance, 4), size
    )


def giant_paragraph(size: int) -> str:
    """Sentences without a line's end."""
    return _grown("", lambda chance: _sentence(chance) + " ", size)


def _grown(start: str, piece: Callable[[random.Random], str], size: int) -> str:
    chance = random.Random("giant")
    pieces = [start]
    length = len(start)
    while length < size:
        pieces.append(piece(chance))
        length += len(pieces[-1])
    return "".join(pieces)


def _section(chance: random.Random) -> Iterator[str]:
    yield f"{'#' * chance.choice((2, 2, 3))} {_words(chance, 2, 6).capitalize()}"
    makers = [
        _paragraph,
        _paragraph,
        _paragraph,
        _bullets,
        _fence,
        _table,
        chance.choice((_steps, _tasks, _quote)),
    ]
    chance.shuffle(makers)
    for make in makers:
        yield make(chance)


def _words(chance: random.Random, least: int, most: int) -> str:
    return " ".join(chance.choices(_WORDS, k=chance.randint(least, most)))


def _sentence(chance: random.Random) -> str:
    """With now and then a mark, code, a link or a citation in it."""
    begin = _words(chance, 4, 9).capitalize()
    end = _words(chance, 3, 8)
    match chance.randrange(14):
        case 0 | 1:
            middle = f" **{_words(chance, 1, 3)}** "
        case 2:
            middle = f" *{_words(chance, 1, 3)}* "
        case 3 | 4 | 5:
            middle = f" `{chance.choice(_NAMES)}` "
        case 6:
            middle = f" [{_words(chance, 1, 3)}](https://{chance.choice(_HOSTS)}/{chance.randrange(10_000)}) "
        case 7 | 8:
            middle = f" {_citation(chance)} "
        case 9:
            middle = f" ~~{_words(chance, 1, 2)}~~ "
        case _:
            middle = ", "
    return f"{begin}{middle}{end}."


def _citation(chance: random.Random) -> str:
    start = chance.randrange(3_000)
    end = start + chance.randrange(2, 60)
    times = [f"{at // 60:02}:{at % 60:02}" for at in (start, end)]
    if chance.random() < 0.3:
        return f"[{times[0]}–{times[1]}]"
    return f'<vref id="ksi_{chance.getrandbits(48):012x}" start="{times[0]}" end="{times[1]}"></vref>'


def _paragraph(chance: random.Random) -> str:
    return " ".join(_sentence(chance) for _ in range(chance.randint(2, 5)))


def _bullets(chance: random.Random) -> str:
    """Up to three levels deep."""
    lines, level = [], 0
    for _ in range(chance.randint(4, 8)):
        lines.append(f"{'  ' * level}- {_sentence(chance)}")
        level = chance.randint(0, min(level + 1, 2))
    return "\n".join(lines)


def _steps(chance: random.Random) -> str:
    return "\n".join(f"{number}. {_sentence(chance)}" for number in range(1, chance.randint(4, 7)))


def _tasks(chance: random.Random) -> str:
    return "\n".join(f"- [{chance.choice(' x')}] {_sentence(chance)}" for _ in range(chance.randint(3, 6)))


def _quote(chance: random.Random) -> str:
    return "\n".join(f"> {_sentence(chance)}" for _ in range(chance.randint(2, 4)))


def _fence(chance: random.Random) -> str:
    language = chance.choice(("python", "python", "json", "bash"))
    count = chance.randint(5, 18)
    match language:
        case "python":
            lines = [_code_line(chance) for _ in range(count)]
        case "json":
            value = {
                f"{chance.choice(_WORDS)}_{n}": chance.choice((n, True, "clip", [1, n])) for n in range(count)
            }
            lines = json.dumps(value, indent=2, ensure_ascii=False).splitlines()
        case _:
            lines = [
                f"trackside ask --store ks_{n} '{_words(chance, 2, 6)}' | head -{n}" for n in range(count)
            ]
    return "\n".join([f"```{language}", *lines, "```"])


def _code_line(chance: random.Random) -> str:
    name, other = chance.choice(_NAMES[:5]), chance.choice(_NAMES[5:11])
    number = chance.randrange(1_000)
    match chance.randrange(6):
        case 0:
            return f"def {name}_{number}(frame: int, *, limit: float = {number / 10}) -> list[str]:"
        case 1:
            return f'    """{_words(chance, 4, 9).capitalize()}."""'
        case 2:
            return f"    for start, end in {other}.borders[{number}:]:  # {_words(chance, 2, 5)}"
        case 3:
            return f'        raise ValueError(f"{{frame}} is not in {other}")'
        case 4:
            return ""
        case _:
            return f"    {name} = [{other}({number}, '{chance.choice(_WORDS)}') for _ in range({number})]"


def _table(chance: random.Random) -> str:
    columns = chance.randint(3, 5)
    head = "| " + " | ".join(_words(chance, 1, 2).capitalize() for _ in range(columns)) + " |\n"
    rows = "".join(_row(chance, columns) for _ in range(chance.randint(4, 9)))
    return f"{head}|{'---|' * columns}\n{rows}".rstrip("\n")


def _row(chance: random.Random, columns: int) -> str:
    cells = []
    for column in range(columns):
        match (column + chance.randrange(2)) % 4:
            case 0:
                cells.append(f"`{chance.choice(_NAMES)}`")
            case 1:
                cells.append(f"{chance.random() * 100:.2f}")
            case 2:
                cells.append(_citation(chance) if chance.random() < 0.3 else _words(chance, 1, 3))
            case _:
                cells.append(_words(chance, 2, 6))
    return f"| {' | '.join(cells)} |\n"
