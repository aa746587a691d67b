"""An HTTP server on a raw socket that answers as badly as a test wants, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def parameters(self) -> dict[str, list[str]]:
        """From the query or, for a form, from the body."""
        text = self.body.decode("ascii") if self.body else urlsplit(self.target).query
        return parse_qs(text)


Behaviour = Callable[[Request, socket.socket], None]
"""Writes an answer, or part of one, or nothing; the connection is closed behind it."""


@dataclass
class FaultServer:
    """`behave` answers every request; `asked` holds all of them. To be used as a context manager."""

    behave: Behaviour
    asked: list[Request] = field(default_factory=list)
    reads_http: bool = True
    """False: the first bytes of a connection count as a request, whatever they are."""
    address: str = ""
    """`127.0.0.1:PORT`, once it runs."""
    _listener: socket.socket = field(init=False)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _workers: list[threading.Thread] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def __enter__(self) -> FaultServer:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for worker in self._workers:
            worker.join(timeout=5)

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        worker = threading.Thread(target=work, args=arguments, daemon=True)
        self._workers.append(worker)
        worker.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(10)
            request = _read(connection) if self.reads_http else _any(connection)
            if request is not None:
                self.asked.append(request)
                self.behave(request, connection)


def _read(connection: socket.socket) -> Request | None:
    stream = connection.makefile("rb")
    with stream:
        start = stream.readline().decode("latin-1").split()
        if len(start) != 3:
            return None
        headers = dict(_header_lines(stream.readline))
        body = stream.read(int(headers.get("content-length", "0")))
        return Request(start[0], start[1], headers, body)


def _any(connection: socket.socket) -> Request:
    return Request("", "", {}, connection.recv(65536))


def _header_lines(readline: Callable[[], bytes]) -> Iterator[tuple[str, str]]:
    while line := readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        yield name.strip().lower(), value.strip()


def answer(
    body: bytes | str,
    *,
    status: int = 200,
    kind: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Behaviour:
    """A well-formed answer with this body."""
    content = body.encode() if isinstance(body, str) else body
    lines = {"Content-Type": kind, "Content-Length": str(len(content)), "Connection": "close"} | dict(
        headers or {}
    )
    head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return raw(head.encode("latin-1") + b"\r\n" + content)


def raw(content: bytes) -> Behaviour:
    """These bytes and nothing else."""

    def send(_request: Request, connection: socket.socket) -> None:
        connection.sendall(content)

    return send


def reset(_request: Request, connection: socket.socket) -> None:
    """A reset in place of an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """One after the other, the last one for ever."""
    left = list(behaviours)

    def send(request: Request, connection: socket.socket) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(request, connection)

    return send


def success(data: object, **beside: object) -> str:
    """The envelope of a success."""
    return json.dumps({"status": "success", "data": data} | beside)


def failure(error_type: str, text: str) -> str:
    """The envelope of an error."""
    return json.dumps({"status": "error", "errorType": error_type, "error": text})


def matrix(*series: tuple[dict[str, str], list[tuple[float, str]]], **beside: object) -> str:
    """A success with these series."""
    result = [{"metric": metric, "values": values} for metric, values in series]
    return success({"resultType": "matrix", "result": result}, **beside)
