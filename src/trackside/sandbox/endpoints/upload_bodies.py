"""What clients send about multipart uploads."""

from __future__ import annotations

from enum import Enum

import msgspec


class UploadKind(Enum):
    """What a multipart upload may bring."""

    VIDEO = "video"
    AUDIO = "audio"
    IMAGE = "image"


class ProofType(Enum):
    """How a chunk's arrival is proven."""

    ETAG = "etag"


class UploadBody(msgspec.Struct):
    """What opens an upload."""

    filename: str
    type: UploadKind
    total_size: int
    enable_hls: bool = False
    enable_thumbnail: bool = False
    user_metadata: dict[str, object] | None = None


class ChunkReport(msgspec.Struct):
    """One chunk that the client says it has sent."""

    chunk_index: int
    proof: str
    proof_type: ProofType
    chunk_size: int


class ReportBody(msgspec.Struct):
    """A batch of such chunks."""

    completed_chunks: list[ChunkReport]


class AddressesBody(msgspec.Struct):
    """For which chunks new addresses are asked."""

    start: int
    count: int
