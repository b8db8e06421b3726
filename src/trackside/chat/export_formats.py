"""The formats that sessions can be exported to: what each is for, what it can't carry, and what makes it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from trackside.domain.citation import Citation
from trackside.domain.session import Session
from trackside.domain.settings import DEFAULT_FRAME_RATE
from trackside.domain.turn import Turn

Sessions = Sequence[tuple[Session, Sequence[Turn]]]


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What a format may be asked for beyond the sessions.

    `names` gives items and assets, by their ids, the names that a person knows them by.
    """

    frame_rate: str = DEFAULT_FRAME_RATE
    names: Mapping[str, str] = field(default_factory=dict)

    def name_of(self, citation: Citation) -> str:
        """The name of what a citation points at, or nothing where it isn't known."""
        return self.names.get(citation.item_id or "") or self.names.get(citation.asset_id or "") or ""


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """`name` is the command line's, `title` and `words` are the dialog's. `losses` and `pieces` import what
    makes the format, which few runs of the program need. One without `pieces` is printed, not written."""

    name: str
    title: str
    words: str
    suffix: str
    losses: Callable[[], tuple[str, ...]]
    pieces: Callable[[Sessions, ExportOptions], Iterator[str]] | None
    has_frame_rate: bool = False


def _markdown_losses() -> tuple[str, ...]:
    from trackside.export import markdown

    return markdown.LOSES


def _markdown(sessions: Sessions, _options: ExportOptions) -> Iterator[str]:
    from trackside.export import markdown

    return markdown.pieces(sessions)


def _html_losses() -> tuple[str, ...]:
    from trackside.export import html

    return html.LOSES


def _html(sessions: Sessions, _options: ExportOptions) -> Iterator[str]:
    from trackside.export import html

    return html.pieces(sessions)


def _json_losses() -> tuple[str, ...]:
    from trackside.export import json

    return json.LOSES


def _json(sessions: Sessions, _options: ExportOptions) -> Iterator[str]:
    from trackside.export import json

    return json.pieces(sessions)


def _text_losses() -> tuple[str, ...]:
    from trackside.export import text

    return text.LOSES


def _text(sessions: Sessions, _options: ExportOptions) -> Iterator[str]:
    from trackside.export import text

    return text.pieces(sessions)


def _pdf_losses() -> tuple[str, ...]:
    from trackside.export import paper

    return paper.LOSES


def _notebook_losses() -> tuple[str, ...]:
    from trackside.export import notebook

    return notebook.LOSES


def _notebook(sessions: Sessions, _options: ExportOptions) -> Iterator[str]:
    from trackside.export import notebook

    return notebook.pieces(sessions)


def _csv_losses() -> tuple[str, ...]:
    from trackside.export import csv

    return csv.LOSES


def _csv(sessions: Sessions, options: ExportOptions) -> Iterator[str]:
    from trackside.export import csv

    return csv.pieces(sessions, name_of=options.name_of)


def _edl_losses() -> tuple[str, ...]:
    from trackside.export import edl

    return edl.LOSES


def _edl(sessions: Sessions, options: ExportOptions) -> Iterator[str]:
    from trackside.export import edl
    from trackside.export.timecode import FRAME_RATES

    return edl.pieces(sessions, name_of=options.name_of, rate=FRAME_RATES[options.frame_rate])


FORMATS = {
    each.name: each
    for each in (
        ExportFormat("markdown", "Markdown", "To read and edit anywhere", "md", _markdown_losses, _markdown),
        ExportFormat("html", "Web page", "One file for any browser", "html", _html_losses, _html),
        ExportFormat("pdf", "PDF", "Pages to print or send", "pdf", _pdf_losses, None),
        ExportFormat("text", "Plain text", "Words without any marks", "txt", _text_losses, _text),
        ExportFormat("json", "JSON", "All that is kept; can be imported again", "json", _json_losses, _json),
        ExportFormat(
            "notebook",
            "Jupyter notebook",
            "Asks the questions again through the API",
            "ipynb",
            _notebook_losses,
            _notebook,
        ),
        ExportFormat("csv", "Clip list, CSV", "Every citation as a row of a table", "csv", _csv_losses, _csv),
        ExportFormat(
            "edl",
            "Clip list, EDL",
            "Cited clips for editing programs (CMX 3600)",
            "edl",
            _edl_losses,
            _edl,
            has_frame_rate=True,
        ),
    )
}
"""By name, in the order that the dialog shows them."""


def frame_rates() -> list[tuple[str, str]]:
    """The frame rates that a clip list can have: names, and words for a person."""
    from trackside.export.timecode import FRAME_RATES

    return [(rate.name, rate.words) for rate in FRAME_RATES.values()]


def all_losses() -> dict[str, tuple[str, ...]]:
    """What each format can't carry, by its name. Imports all of them."""
    return {name: each.losses() for name, each in FORMATS.items()}
