"""Reads a multipart form whose file goes straight to disk, without a temporary copy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from trackside.sandbox.errors import ErrorCode, ServiceError, invalid
from trackside.sandbox.http_body import too_large

_FIELD_LIMIT = 64 * 1024
_FIELDS = 50


@dataclass(slots=True)
class UploadForm:
    """The form's fields, and where its file went; `filename` is None when it had no file."""

    fields: dict[str, str] = field(default_factory=dict)
    filename: str | None = None
    size: int = 0


class _FormReader:
    """Sorts the parser's pieces into fields and the file called `file`."""

    def __init__(self, target: Callable[[], BinaryIO], limit: int) -> None:
        self.form = UploadForm()
        self._target = target
        self._limit = limit
        self._file: BinaryIO | None = None
        self._header_name = b""
        self._header_value = b""
        self._disposition = b""
        self._name = ""
        self._value = bytearray()

    def on_part_begin(self) -> None:
        self._disposition = b""
        self._name = ""
        self._value = bytearray()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def on_header_end(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options and self._name == "file" and self.form.filename is None:
            self.form.filename = options[b"filename"].decode("utf-8", "replace")
            self._file = self._target()
        elif len(self.form.fields) >= _FIELDS:
            raise invalid("The form has too many fields.")

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self.form.size += end - start
            if self.form.size > self._limit:
                raise too_large(self._limit)
            # Straight into the page cache: microseconds, so it may stay on the server's own loop.
            self._file.write(data[start:end])
            return
        self._value += data[start:end]
        if len(self._value) > _FIELD_LIMIT:
            raise invalid(f"The form's field {self._name} is too long.")

    def on_part_end(self) -> None:
        if self._file is not None:
            self.close()
        else:
            self.form.fields[self._name] = self._value.decode("utf-8", "replace")

    def close(self, *, discard: Path | None = None) -> None:
        """Let go of the file, and remove it when it didn't come whole."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if discard is not None:
            discard.unlink(missing_ok=True)


async def read_upload_form(request: Request, target: Path, limit: int) -> UploadForm:
    """The form; its file, of at most `limit` bytes, is written to `target`."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise ServiceError(
            415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, "The request's Content-Type must be multipart/form-data."
        )
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit + _FIELDS * _FIELD_LIMIT:
        raise too_large(limit)
    reader = _FormReader(lambda: target.open("wb"), limit)
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": reader.on_part_begin,
            "on_part_data": reader.on_part_data,
            "on_part_end": reader.on_part_end,
            "on_header_field": reader.on_header_field,
            "on_header_value": reader.on_header_value,
            "on_header_end": reader.on_header_end,
            "on_headers_finished": reader.on_headers_finished,
        },
    )
    whole = False
    try:
        async for piece in request.stream():
            parser.write(piece)
        parser.finalize()
        whole = True
    except FormParserError as error:
        raise invalid(f"The form could not be read: {error}") from None
    finally:
        reader.close(discard=None if whole else target)
    return reader.form
