"""The files for monitoring, written whatever a scan came to; where one cannot be, the other still is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from report.exits import Exit
from report.pipeline.scan.outcome import Outcome
from report.pipeline.scan.told import monitoring
from report.pipeline.scan.wanted import Wanted
from report.write import OutputError


def write_files(
    asked: Wanted, outcome: Outcome, code: Exit, began: datetime, ended: datetime, warn: Callable[[str], None]
) -> Exit:
    """Writes the status file and the metrics; returns the code, 7 where a good run could not tell of itself.

    What the run itself came to is told first by its code: a source that is away is not hidden by a full disk.
    """

    def told(code: Exit) -> dict[str, object]:
        return monitoring.document(outcome, asked.period, code, ended, ended - began)

    def status(path: Path) -> None:
        monitoring.write_status(path, told(code))

    def metrics(path: Path) -> None:
        monitoring.write_textfile(path, told(code), ended)

    worse = Exit.OUTPUT_FAILED if code in _GOOD else code
    written = _tried("--status-file", asked.status_file, status, warn)
    code = code if written else worse
    if not _tried("--textfile", asked.textfile, metrics, warn):
        code = worse
        if written and asked.status_file is not None:
            with suppress(OutputError):  # it could be written a moment ago
                status(asked.status_file)
    return code


def _tried(flag: str, path: Path | None, write: Callable[[Path], None], warn: Callable[[str], None]) -> bool:
    """Whether the file is written, or was not asked for."""
    try:
        if path is not None:
            write(path)
    except OutputError as error:
        # The advice of every write is another --output, which is not what these are given by.
        warn(f"{str(error).removesuffix('--output')}{flag}")
        return False
    return True


_GOOD = (Exit.DONE, Exit.PARTIAL, Exit.HUMAN_NEEDED)
"""These become 7 where the telling failed: who watches the files would not know of the run at all."""
