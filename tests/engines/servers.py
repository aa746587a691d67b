"""Each engine as a server on the loopback, filled with the blocks of a simulated incident."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.engines.modules import MODULES, build
from tests.lab.prometheus import binary, serve
from tests.lab.running import LOOPBACK, LabError, free_port, running, stop

_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_SEEN_S = 60.0
"""How long a server may take until what it was given can be asked for."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A server that is ready: where it is asked, and how to stop a part of it."""

    url: str
    stop_a_part: Callable[[], None] = field(default=lambda: None)


@contextmanager
def prometheus(data: Path) -> Iterator[Engine]:
    """The Prometheus that Debian has."""
    with serve(data) as url:
        yield Engine(url)


@contextmanager
def newer_prometheus(data: Path) -> Iterator[Engine]:
    """Prometheus 3, where ranges are open to the left."""
    with serve(data, program=build(MODULES["prometheus"])) as url:
        yield Engine(url)


@contextmanager
def victoria_metrics(data: Path) -> Iterator[Engine]:
    """VictoriaMetrics with every sample of the blocks imported."""
    url = f"http://127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory(prefix="victoria-") as folder:
        command = [
            binary("victoria-metrics"),
            f"-storageDataPath={folder}/data",
            "-retentionPeriod=100y",
            f"-httpListenAddr={url.removeprefix('http://')}",
            "-loggerLevel=WARN",
        ]
        with running(command, f"{url}/health", Path(folder, "log")):
            body = "\n".join(_import_lines(data)).encode()
            LOOPBACK.open(urllib.request.Request(f"{url}/api/v1/import", body), timeout=120).close()
            LOOPBACK.open(f"{url}/internal/force_flush", timeout=120).close()
            _until_seen(url)
            yield Engine(url)


def _import_lines(data: Path) -> Iterator[str]:
    """The blocks' samples, one series a line, in the form of its `/api/v1/import`."""
    samples: dict[str, tuple[list[float], list[int]]] = {}
    with tempfile.TemporaryDirectory(prefix=".dump-", dir=data.parent) as folder:
        copied = Path(folder, "data")
        shutil.copytree(data, copied, copy_function=os.link)
        (copied / "wal").mkdir(exist_ok=True)  # promtool reads no blocks beside which it finds none
        command = [binary("promtool"), "tsdb", "dump", str(copied)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for line in told.splitlines():
        head, value, at = line.rsplit(" ", 2)
        values, times = samples.setdefault(head, ([], []))
        values.append(float(value))
        times.append(int(at))
    for head, (values, times) in samples.items():
        labels = {name: json.loads(f'"{text}"') for name, text in _LABEL.findall(head)}
        yield json.dumps({"metric": labels, "values": values, "timestamps": times})


@contextmanager
def thanos(data: Path) -> Iterator[Engine]:
    """A querier over two replicas of one Prometheus, each behind a sidecar; one of these can be stopped."""
    program = str(build(MODULES["thanos"]))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="thanos-")))
        sidecars = [_sidecar(stack, program, folder, data, replica) for replica in ("a", "b")]
        url = f"http://127.0.0.1:{free_port()}"
        command = [
            program,
            "query",
            f"--http-address={url.removeprefix('http://')}",
            f"--grpc-address=127.0.0.1:{free_port()}",
            "--query.replica-label=replica",
            *(f"--endpoint={address}" for address, _ in sidecars),
        ]
        stack.enter_context(running(command, f"{url}/-/ready", folder / "query.log"))
        _until_seen(url)
        yield Engine(url, lambda: stop(sidecars[1][1]))


def _sidecar(
    stack: ExitStack, program: str, folder: Path, data: Path, replica: str
) -> tuple[str, subprocess.Popen[bytes]]:
    """A replica with its sidecar: the address the querier asks, and the sidecar's process."""
    behind = stack.enter_context(serve(data, labels={"replica": replica}))
    http, grpc = (f"127.0.0.1:{free_port()}" for _ in range(2))
    command = [
        program,
        "sidecar",
        f"--prometheus.url={behind}",
        f"--http-address={http}",
        f"--grpc-address={grpc}",
        f"--tsdb.path={folder}",
    ]
    log = folder / f"sidecar-{replica}.log"
    return grpc, stack.enter_context(running(command, f"http://{http}/-/ready", log))


def _until_seen(url: str) -> None:
    """Waits until the server lists a service."""
    asked = f"{url}/api/v1/label/service/values?start=1500000000&end=1900000000"
    deadline = time.monotonic() + _SEEN_S
    while time.monotonic() < deadline:
        try:
            with LOOPBACK.open(asked, timeout=10) as answer:
                if json.load(answer).get("data"):
                    return
        except OSError:
            pass  # not there yet, which the deadline judges
        time.sleep(0.25)
    raise LabError(f"{url} did not show what it was given within {_SEEN_S:.0f} s")
