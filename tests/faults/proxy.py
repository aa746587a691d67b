"""A proxy before a real Prometheus, or alone, that answers some requests as badly as a test wants."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: what part of the API, with which parameters, as a form or in the address."""

    path: str
    sent: str
    posted: bool
    headers: Mapping[str, str]

    @property
    def parameters(self) -> dict[str, list[str]]:
        """The parameters by name."""
        return parse_qs(self.sent)

    @property
    def query(self) -> str:
        """The PromQL that was sent, empty for another part of the API."""
        return self.parameters.get("query", [""])[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back; `cut` bytes of the announced body never arrive, `hang` sends nothing at all."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    cut: int = 0
    hang: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


Fault = Callable[[Asked], Answer | None]
"""The answer in place of the server's; None lets the request through."""


@dataclass
class FaultProxy:
    """Forwards to `upstream` what `fault` lets through. To be used as a context manager."""

    fault: Fault
    upstream: str = ""
    asked: list[Asked] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    waiting: threading.Event = field(default_factory=threading.Event)
    """Set once a request hangs."""
    _server: ThreadingHTTPServer = field(init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FaultProxy:
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, proxy: FaultProxy) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def log_message(self, format: str, *args: object) -> None:
        """Tests are silent."""

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        address = urlsplit(self.path)
        sent = body.decode() or address.query
        asked = Asked(address.path, sent, bool(body), dict(self.headers.items()))
        proxy = self.server.proxy
        proxy.asked.append(asked)
        answer = proxy.fault(asked) or _forwarded(proxy.upstream, self.command, self.path, body)
        if answer.hang:
            proxy.waiting.set()
            proxy.stopping.wait()
        else:
            self._send(answer)
        self.close_connection = True

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Type": answer.kind, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) - answer.cut])


def _forwarded(upstream: str, method: str, target: str, body: bytes) -> Answer:
    """What the server behind says."""
    connection = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=60)
    try:
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        connection.request(method, target, body or None, form)
        got = connection.getresponse()
        return Answer(got.status, got.read(), got.headers.get("Content-Type", ""))
    finally:
        connection.close()


def failure(status: int, error_type: str, text: str) -> Answer:
    """An error as Prometheus words it."""
    return Answer(status, json.dumps({"status": "error", "errorType": error_type, "error": text}).encode())


def always(answer: Answer) -> Fault:
    """The same for every request."""

    def fault(_asked: Asked) -> Answer:
        return answer

    return fault


def on_query(text: str, answer: Answer) -> Fault:
    """For queries with this text inside; empty text: for all of them. Other requests go through."""

    def fault(asked: Asked) -> Answer | None:
        return answer if asked.query and text in asked.query else None

    return fault
