"""Record what rules leave behind in a real Prometheus: `python -m tests.collect_alerts.record_alerts`.

Two minutes: an exporter that is told what to expose, rules that are evaluated each second, and a server
that is killed and started again in the middle of an alert. The raw samples and the log of what was done
are kept in `samples/restart.json`, so that the tests need no server.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from tests.lab.prometheus import ask
from tests.lab.running import free_port
from tests.live.clock import now
from tests.live.rig import wait_for

KEPT = Path(__file__).with_name("samples") / "restart.json"
_RULES = """
groups:
  - name: shop
    interval: 1s
    rules:
      - {alert: Watchdog, expr: vector(1)}
      - {alert: Failing, expr: shop_failing > 0, for: 3s, labels: {severity: page}}
      - {alert: Kept, expr: shop_spike > 0, keep_firing_for: 8s}
      - {alert: Printed, expr: shop_queue > 0, labels: {depth: "{{ $value }}"}}
      - {alert: Flapping, expr: shop_flapping > 0}
"""
_CONFIG = """
global: {scrape_interval: 500ms, scrape_timeout: 400ms, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs:
  - job_name: shop
    static_configs: [{targets: ["127.0.0.1:%d"], labels: {service: shop}}]
"""
_ALERTS = '{__name__=~"ALERTS|ALERTS_FOR_STATE|up",alertname!="Watchdog"}'
_HEARTBEAT = 'ALERTS{alertname="Watchdog"}'


def record(prometheus: str) -> dict[str, object]:
    """Play it, and the samples with the log."""
    exposed = dict.fromkeys(("shop_failing", "shop_spike", "shop_queue", "shop_flapping"), 0)
    log: dict[str, float] = {}

    def note(what: str, **values: int) -> None:
        exposed.update(values)
        log[what] = now().timestamp()

    with tempfile.TemporaryDirectory() as name, _exporter(exposed) as target:
        folder, port = Path(name), free_port()
        (folder / "rules.yml").write_text(_RULES, encoding="utf-8")
        (folder / "prometheus.yml").write_text(_CONFIG % target, encoding="utf-8")
        server = _started(prometheus, folder, port)
        time.sleep(5)
        note("failing", shop_failing=1)
        time.sleep(15)
        server.kill()
        note("killed")
        server.wait()
        time.sleep(8)
        server = _started(prometheus, folder, port)
        note("started again")
        time.sleep(15)
        note("failing no more", shop_failing=0, shop_spike=1)
        time.sleep(4)
        note("spike over", shop_spike=0, shop_queue=1)
        for depth in range(2, 10):
            time.sleep(1)
            exposed["shop_queue"] = depth
        time.sleep(1)
        note("flapping", shop_queue=0)
        for turn in range(50):
            exposed["shop_flapping"] = 1 - turn % 2
            time.sleep(1)
        note("end", shop_flapping=0)
        url = f"http://127.0.0.1:{port}"
        series = [one for query in (_ALERTS, _HEARTBEAT) for one in ask(url, "query", query=f"{query}[5m]")]
        server.terminate()
        server.wait(20)
    return {"log": log, "series": series}


def _started(prometheus: str, folder: Path, port: int) -> subprocess.Popen[bytes]:
    command = [
        prometheus,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    process = subprocess.Popen(command)
    wait_for(f"http://127.0.0.1:{port}/-/ready", process)
    return process


@contextmanager
def _exporter(exposed: dict[str, int]) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = "".join(f"{name} {value}\n" for name, value in exposed.items()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *_arguments: object) -> None:
            """Nothing: only what is exposed matters."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    found = shutil.which("prometheus") or sys.exit("prometheus is not installed")
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(record(found), separators=(",", ":")) + "\n", encoding="utf-8")
