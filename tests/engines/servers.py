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
from collections.abc import Callable, Iterator, Mapping
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
            _until_seen(url, {})
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
        _until_seen(url, {})
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


@contextmanager
def mimir(tenants: Mapping[str, Path]) -> Iterator[Engine]:
    """One Mimir process with the blocks of every tenant in its bucket."""
    program = str(build(MODULES["mimir"]))
    with tempfile.TemporaryDirectory(prefix="mimir-") as folder:
        home = Path(folder)
        for tenant, data in tenants.items():
            _into_bucket(data, home / "bucket" / tenant)
        url = f"http://127.0.0.1:{free_port()}"
        (home / "mimir.yaml").write_text(json.dumps(_mimir_settings(home, url)), encoding="utf-8")
        command = [program, f"-config.file={home / 'mimir.yaml'}"]
        with running(command, f"{url}/ready", home / "log", patience_s=120):
            for tenant in tenants:
                _until_seen(f"{url}/prometheus", {"X-Scope-OrgID": tenant})
            yield Engine(f"{url}/prometheus")


def _into_bucket(data: Path, bucket: Path) -> None:
    """The blocks as an ingester would have shipped them: their metadata say so."""
    shutil.copytree(data, bucket, ignore=shutil.ignore_patterns("wal", "lock", "chunks_head", "queries.*"))
    for meta in bucket.glob("*/meta.json"):
        told = json.loads(meta.read_text("utf-8"))
        files = [
            {"rel_path": str(one.relative_to(meta.parent)), "size_bytes": one.stat().st_size}
            for one in sorted(meta.parent.rglob("*"))
            if one.is_file() and one.name not in ("meta.json", "tombstones")
        ]
        told["thanos"] = {
            "labels": {},
            "downsample": {"resolution": 0},
            "source": "receive",
            "files": [*files, {"rel_path": "meta.json"}],
        }
        meta.write_text(json.dumps(told), encoding="utf-8")


def _mimir_settings(home: Path, url: str) -> dict[str, object]:
    """Everything in one process and on the loopback; its rings in memory, its bucket a folder."""
    ring = {"kvstore": {"store": "inmemory"}, "instance_addr": "127.0.0.1"}
    return {
        "multitenancy_enabled": True,
        "usage_stats": {"enabled": False},
        "server": {
            "http_listen_address": "127.0.0.1",
            "http_listen_port": int(url.rpartition(":")[2]),
            "grpc_listen_address": "127.0.0.1",
            "grpc_listen_port": free_port(),
            "log_level": "warn",
        },
        "memberlist": {"bind_addr": ["127.0.0.1"], "bind_port": free_port()},
        "frontend": {"address": "127.0.0.1"},
        "distributor": {"ring": ring},
        "ingester": {"ring": {**ring, "replication_factor": 1}},
        "store_gateway": {"sharding_ring": {**ring, "replication_factor": 1}},
        "compactor": {
            "sharding_ring": ring,
            "data_dir": str(home / "compactor"),
            "cleanup_interval": "5s",
            # Blocks must keep to the bounds of these ranges, or they are compacted while they are asked.
            "first_level_compaction_wait_period": "24h",
        },
        "ruler_storage": {"backend": "filesystem", "filesystem": {"dir": str(home / "rules")}},
        "ruler": {"rule_path": str(home / "ruler"), "ring": ring},
        "alertmanager_storage": {"backend": "filesystem", "filesystem": {"dir": str(home / "alerts")}},
        "activity_tracker": {"filepath": str(home / "activity.log")},
        "blocks_storage": {
            "backend": "filesystem",
            "filesystem": {"dir": str(home / "bucket")},
            "tsdb": {"dir": str(home / "tsdb")},
            "bucket_store": {"sync_dir": str(home / "sync"), "sync_interval": "3s"},
        },
    }


def _until_seen(url: str, headers: Mapping[str, str]) -> None:
    """Waits until the server lists a service."""
    asked = f"{url}/api/v1/label/service/values?start=1500000000&end=1900000000"
    deadline = time.monotonic() + _SEEN_S
    while time.monotonic() < deadline:
        try:
            with LOOPBACK.open(urllib.request.Request(asked, headers=dict(headers)), timeout=10) as answer:
                if json.load(answer).get("data"):
                    return
        except OSError:
            pass  # not there yet, which the deadline judges
        time.sleep(0.25)
    raise LabError(f"{url} did not show what it was given within {_SEEN_S:.0f} s")
