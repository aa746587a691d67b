"""The service under test, a process of its own: `python -m tests.live.shop PORT VERSION`.

It answers `/buy` after some milliseconds, tells its metrics, and takes orders to fail or to be slow for a
share of the requests at `/fault?fail=0.5&slow=0.3`.
"""

from __future__ import annotations

import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np

from tests.live.clock import now

BOUNDS_S = (0.25, 0.5, 1.0)
"""Buckets so wide that a busy machine does not look slow; a slow answer is in the next one."""
USUAL_S, SLOW_S = 0.004, 0.4
USUAL_FAILING = 0.002


class Shop:
    """What the service counts, and what it was told to do."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.started = now().timestamp()
        self.fail, self.slow = USUAL_FAILING, 0.0
        self.requests = {"200": 0, "500": 0}
        self.buckets = dict.fromkeys((*(f"{bound:g}" for bound in BOUNDS_S), "+Inf"), 0)
        self.sum_s = 0.0
        self.lock = threading.Lock()
        self.chance = np.random.default_rng(7)

    def buy(self) -> int:
        """One request, as long and as well as was ordered; its status."""
        with self.lock:
            fails, slow = self.chance.random() < self.fail, self.chance.random() < self.slow
        began = time.monotonic()
        time.sleep(SLOW_S if slow else USUAL_S)
        self._count("500" if fails else "200", time.monotonic() - began)
        return 500 if fails else 200

    def _count(self, code: str, took_s: float) -> None:
        with self.lock:
            self.requests[code] += 1
            self.sum_s += took_s
            for bound in self.buckets:
                self.buckets[bound] += took_s <= float(bound)

    def metrics(self) -> str:
        """The exposition, all of one moment."""
        with self.lock:
            lines = [f'http_requests_total{{code="{code}"}} {n}' for code, n in self.requests.items()]
            lines += [
                f'http_request_duration_seconds_bucket{{le="{le}"}} {n}' for le, n in self.buckets.items()
            ]
            lines += [
                f"http_request_duration_seconds_sum {self.sum_s}",
                f"http_request_duration_seconds_count {self.buckets['+Inf']}",
                f'shop_build_info{{version="{self.version}"}} 1',
                f"process_start_time_seconds {self.started:.3f}",
            ]
        return "\n".join(lines) + "\n"


def serve(port: int, version: str) -> None:
    """Answer until the process is ended."""
    shop = Shop(version)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path == "/buy":
                self._answer(shop.buy(), "")
            elif asked.path == "/fault":
                orders = {name: float(values[0]) for name, values in parse_qs(asked.query).items()}
                shop.fail, shop.slow = orders.get("fail", USUAL_FAILING), orders.get("slow", 0.0)
                self._answer(200, "")
            else:
                self._answer(200, shop.metrics())

        def _answer(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *_arguments: object) -> None:
            """Nothing: the metrics say it."""

    ThreadingHTTPServer.request_queue_size = 64
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
