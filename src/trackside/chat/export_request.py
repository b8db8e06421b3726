"""What window and export process say to each other, a line of JSON at a time."""

from dataclasses import dataclass

from trackside.chat.export_writing import ExportJob
from trackside.domain.failure import Failure

COMMAND = "export-job"
"""The program's argument that makes it such a process."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What the process is given on stdin: one line of JSON. Paths are as the file system has them."""

    database: bytes
    path: bytes
    job: ExportJob
    mark: str = ""
    """Of the file beside the target that is written to: the window clears it away if the process can't."""


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What the process says on its standard output: a line of JSON now and then, and a last one."""

    done: int = 0
    of: int = 0
    is_whole: bool = False
    failure: Failure | None = None
