"""Prometheus, Alertmanager, a receiver of its webhooks and the service, on loopback, for one test."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from tests.live.clock import now
from tests.live.history import write_history

ROOT = Path(__file__).resolve().parents[2]
READY_S = 30.0
READY_BY = timedelta(seconds=6)
"""The servers are up within this, so that history and life meet without a gap."""
_LOOPBACK = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_RULES = """
groups:
  - name: shop
    interval: 1s
    rules:
      - alert: HighErrorRate
        expr: sum by (service) (rate(http_requests_total{code=~"5.."}[5s]))
          / sum by (service) (rate(http_requests_total[5s])) > 0.1
        for: 3s
        labels: {severity: page}
"""


@dataclass(slots=True)
class Rig:
    """The running servers and what they are asked to do."""

    folder: Path
    prometheus: str
    alertmanager: str
    shop_port: int
    live_from: datetime
    """Until then the history speaks; what is scraped before it is refused as older than the newest block."""
    version: str = "1.0.0"
    webhooks: list[dict[str, object]] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    def fault(self, **shares: float) -> datetime:
        """Order the service to fail or be slow, or neither; when it did so."""
        asked = "&".join(f"{name}={share}" for name, share in shares.items())
        ask(f"http://127.0.0.1:{self.shop_port}/fault?{asked}")
        return now()

    def start(self, version: str) -> datetime:
        """Start the service, or another version in place of the one that runs; when its process began."""
        self.stop()
        self.version, began = version, now()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.live.shop", str(self.shop_port), version], cwd=ROOT
        )
        wait_for(f"http://127.0.0.1:{self.shop_port}/metrics", self.process, every_s=0.02)
        return began

    def stop(self) -> None:
        """End the service's process, as a rollout does."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)

    def silence(self, name: str, seconds: int, who: str, why: str) -> datetime:
        """Silence an alert in the Alertmanager; from when on."""
        starts = now()
        ends = starts + timedelta(seconds=seconds)
        body = {
            "matchers": [{"name": "alertname", "value": name, "isRegex": False, "isEqual": True}],
            "startsAt": starts.isoformat(),
            "endsAt": ends.isoformat(),
            "createdBy": who,
            "comment": why,
        }
        ask(f"{self.alertmanager}/api/v2/silences", json.dumps(body).encode())
        return starts

    def wait_until_scraped(self, seconds: int = 3) -> None:
        """Until the samples of the last seconds are all there and all live, however slow the servers were."""
        time.sleep(max(0.0, (self.live_from - now()).total_seconds() + seconds))
        query = f"count_over_time(up{{job='shop'}}[{seconds}s]) >= {seconds}"
        asked = f"{self.prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            if json.loads(ask(asked))["data"]["result"]:
                return
            time.sleep(0.1)
        raise RuntimeError(f"Prometheus did not scrape the service within {READY_S:.0f} s")

    def events_file(self) -> Path:
        """What the receiver got, a line each, as `--events` reads it."""
        path = self.folder / "webhooks.jsonl"
        path.write_text("".join(json.dumps(one) + "\n" for one in self.webhooks), encoding="utf-8")
        return path

    def silences_file(self) -> Path:
        """The silences that the Alertmanager holds, as its event recorder (0.33 and later) writes them."""
        held = json.loads(ask(f"{self.alertmanager}/api/v2/silences"))
        path = self.folder / "silences.jsonl"
        path.write_text("".join(json.dumps(_recorded(one)) + "\n" for one in held), encoding="utf-8")
        return path


def _recorded(silence: dict[str, Any]) -> dict[str, Any]:
    matchers = [{"name": one["name"], "pattern": one["value"]} for one in silence["matchers"]]
    told = {name: silence[name] for name in ("startsAt", "endsAt", "createdBy", "comment")}
    data = {"silenceCreated": {"silence": {**told, "matchers": matchers}}}
    return {"@timestamp": silence["startsAt"], "data": data}


@contextmanager
def rig(folder: Path, prometheus: Path, alertmanager: Path) -> Iterator[Rig]:
    """Everything started and ready; ended with the block, whatever happens in it."""
    shop, server, manager = free_port(), free_port(), free_port()
    urls = (f"http://127.0.0.1:{server}", f"http://127.0.0.1:{manager}")
    made = Rig(folder, *urls, shop, now() + READY_BY)
    target = {"instance": f"127.0.0.1:{shop}", "job": "shop", "service": "shop"}
    write_history(folder / "data", made.live_from.timestamp(), target, made.version)
    with ExitStack() as stack:
        receiver = stack.enter_context(_receiver(made.webhooks))
        stack.callback(made.stop)
        made.start(made.version)
        _configure(folder, shop, manager, receiver)
        stack.enter_context(
            _running([str(alertmanager), *_manager(folder, made)], f"{made.alertmanager}/-/ready")
        )
        stack.enter_context(_running([str(prometheus), *_server(folder, made)], f"{made.prometheus}/-/ready"))
        yield made


def _server(folder: Path, made: Rig) -> list[str]:
    return [
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={made.prometheus.removeprefix('http://')}",
        "--log.level=error",
    ]


def _manager(folder: Path, made: Rig) -> list[str]:
    return [
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'manager'}",
        f"--web.listen-address={made.alertmanager.removeprefix('http://')}",
        "--cluster.listen-address=",
        "--log.level=error",
    ]


def _configure(folder: Path, shop: int, manager: int, receiver: int) -> None:
    (folder / "rules.yml").write_text(_RULES, encoding="utf-8")
    (folder / "prometheus.yml").write_text(
        f"""
global: {{scrape_interval: 1s, scrape_timeout: 900ms, evaluation_interval: 1s}}
rule_files: [rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{manager}"]}}]}}]}}
scrape_configs:
  - job_name: shop
    static_configs: [{{targets: ["127.0.0.1:{shop}"], labels: {{service: shop}}}}]
""",
        encoding="utf-8",
    )
    (folder / "alertmanager.yml").write_text(
        f"""
route: {{receiver: oncall, group_wait: 0s, group_interval: 1s, group_by: [alertname]}}
receivers:
  - name: oncall
    webhook_configs: [{{url: "http://127.0.0.1:{receiver}/", send_resolved: true}}]
""",
        encoding="utf-8",
    )


@contextmanager
def _running(command: list[str], ready: str) -> Iterator[None]:
    process = subprocess.Popen(command)
    try:
        wait_for(ready, process)
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def _receiver(kept: list[dict[str, object]]) -> Iterator[int]:
    """An HTTP server that keeps every body it is sent, with the time it came; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            kept.append({"received": now().isoformat(), "body": body})
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *_arguments: object) -> None:
            """Nothing: what came is kept."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def ask(url: str, body: bytes | None = None) -> bytes:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with _LOOPBACK.open(request, timeout=10) as answer:
        return bytes(answer.read())


def wait_for(url: str, process: subprocess.Popen[bytes], every_s: float = 0.05) -> None:
    """Until the address answers. Raises RuntimeError where the process ends, or takes too long."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            ask(url)
        except OSError:
            time.sleep(every_s)
        else:
            return
    raise RuntimeError(f"{url} did not answer within {READY_S:.0f} s")
