"""A server's process on the loopback: started, waited for, and always stopped by its own pid."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

READY_S = 60.0
STOP_S = 20.0

LOOPBACK = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Never through a proxy, whatever the environment says."""


class LabError(RuntimeError):
    """The laboratory cannot work here; the message says what is missing."""


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], ready: str, log: Path, *, patience_s: float = READY_S
) -> Iterator[subprocess.Popen[bytes]]:
    """The command as a process, once the address `ready` answers; what it says goes into `log`."""
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, cwd=log.parent)
        try:
            _wait_until_ready(process, ready, log, patience_s)
            yield process
        finally:
            stop(process)


def _wait_until_ready(process: subprocess.Popen[bytes], ready: str, log: Path, patience_s: float) -> None:
    name = Path(str(process.args[0])).name if isinstance(process.args, list) else "the server"
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LabError(f"{name} ended at once ({process.returncode}): {_last_words(log)}")
        try:
            with LOOPBACK.open(ready, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise LabError(f"{name} was not ready at {ready} within {patience_s:.0f} s: {_last_words(log)}")


def _last_words(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace").strip()[-2000:]


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the process; a second time does nothing."""
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
