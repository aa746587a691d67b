"""A real Prometheus for the tests: blocks from text, a server on loopback, a few questions."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tempfile
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.lab.running import LOOPBACK, LabError, free_port, running
from tests.lab.series import Series, clip, write_openmetrics

BLOCK_MS = 2 * 3600 * 1000
"""Text is handed to promtool one block at a time, because it reads its input once per block."""

SERVING = ".serving-"
"""How the folder of a running server begins, beside the blocks it serves."""


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
def serve(
    data_dir: Path,
    port: int | None = None,
    *,
    rules: str = "",
    program: Path | None = None,
    labels: Mapping[str, str] | None = None,
    flags: Sequence[str] = (),
) -> Iterator[str]:
    """Run a Prometheus over the blocks in `data_dir`, with these rules (YAML), and give its URL.

    The server works on hard links, so that what it compacts or logs leaves `data_dir` as it is
    and several servers may use the same blocks. `program` is another than the one installed,
    `labels` are its external ones, `flags` are given to it besides ours.
    """
    chosen = str(program or binary("prometheus"))
    with tempfile.TemporaryDirectory(prefix=SERVING, dir=data_dir.parent) as folder:
        home = Path(folder)
        shutil.copytree(data_dir, home / "data", copy_function=os.link)
        (home / "rules.yml").write_text(rules or "groups: []", encoding="utf-8")
        settings = {"global": {"external_labels": dict(labels or {})}, "rule_files": ["rules.yml"]}
        (home / "prometheus.yml").write_text(json.dumps(settings), encoding="utf-8")
        url = f"http://127.0.0.1:{port or free_port()}"
        with running([*_command(chosen, home, url), *flags], f"{url}/-/ready", home / "log"):
            yield url


def _command(program: str, folder: Path, url: str) -> list[str]:
    return [
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--log.level=warn",
    ]


def ask(url: str, path: str, **parameters: str | float) -> list[dict[str, Any]]:
    """The `result` of a query (`query` or `query_range` as `path`)."""
    body = urllib.parse.urlencode(parameters).encode()
    with LOOPBACK.open(f"{url}/api/v1/{path}", body, timeout=120) as answer:
        result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    return result
