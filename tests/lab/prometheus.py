"""A real Prometheus for the tests: blocks from text, a server on loopback, a few questions."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.lab.series import Series, clip, write_openmetrics

BLOCK_MS = 2 * 3600 * 1000
"""Text is handed to promtool one block at a time, because it reads its input once per block."""
READY_S = 60.0
STOP_S = 20.0

SERVING = ".serving-"
"""How the folder of a running server begins, beside the blocks it serves."""

_LOOPBACK = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Never through a proxy, whatever the environment says."""


class LabError(RuntimeError):
    """The laboratory cannot work here; the message says what is missing."""


def binary(name: str) -> str:
    """The path of an installed program, or a `LabError` that says how to get it."""
    found = shutil.which(name)
    if found is None:
        raise LabError(f"{name} is not installed: on Debian, apt-get install prometheus")
    return found


def create_blocks(series: Sequence[Series], data_dir: Path) -> None:
    """Write the samples into TSDB blocks under `data_dir`, beside those already there."""
    promtool = binary("promtool")
    data_dir.mkdir(parents=True, exist_ok=True)
    times = [bound for one in series for bound in (one.times[0], one.times[-1])]
    first = int(min(times)) // BLOCK_MS * BLOCK_MS
    for start in range(first, int(max(times)) + 1, BLOCK_MS):
        clipped = [clip(one, start, start + BLOCK_MS) for one in series]
        present = [one for one in clipped if len(one.times)]
        if present:
            _one_block(promtool, present, data_dir)


def _one_block(promtool: str, series: list[Series], data_dir: Path) -> None:
    text = io.StringIO()
    write_openmetrics(series, text)
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        path = Path(folder, "samples.om")
        path.write_text(text.getvalue(), encoding="utf-8")
        command = [promtool, "tsdb", "create-blocks-from", "openmetrics"]
        done = subprocess.run(
            [*command, str(path), str(data_dir)], capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        raise LabError(f"promtool made no blocks: {done.stderr.strip()}")


@contextmanager
def serve(data_dir: Path, port: int | None = None, rules: str = "") -> Iterator[str]:
    """Run a Prometheus over the blocks in `data_dir`, with these rules (YAML), and give its URL.

    The server works on hard links, so that what it compacts or logs leaves `data_dir` as it is
    and several servers may use the same blocks.
    """
    program = binary("prometheus")
    with tempfile.TemporaryDirectory(prefix=SERVING, dir=data_dir.parent) as folder:
        storage = Path(folder, "data")
        shutil.copytree(data_dir, storage, copy_function=os.link)
        Path(folder, "rules.yml").write_text(rules or "groups: []", encoding="utf-8")
        Path(folder, "prometheus.yml").write_text("rule_files: [rules.yml]", encoding="utf-8")
        url = f"http://127.0.0.1:{port or _free_port()}"
        with Path(folder, "log").open("w+", encoding="utf-8") as log:
            process = subprocess.Popen(_command(program, Path(folder), url), stderr=log)
            try:
                _wait_until_ready(url, process, log.name)
                yield url
            finally:
                _stop(process)


def _command(program: str, folder: Path, url: str) -> list[str]:
    return [
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--log.level=warn",
    ]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: str) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = Path(log).read_text(encoding="utf-8").strip()
            raise LabError(f"prometheus ended at once ({process.returncode}): {said}")
        try:
            with _LOOPBACK.open(f"{url}/-/ready", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise LabError(f"prometheus was not ready at {url} within {READY_S:.0f} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def ask(url: str, path: str, **parameters: str | float) -> list[dict[str, Any]]:
    """The `result` of a query (`query` or `query_range` as `path`)."""
    body = urllib.parse.urlencode(parameters).encode()
    with _LOOPBACK.open(f"{url}/api/v1/{path}", body, timeout=120) as answer:
        result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    return result
