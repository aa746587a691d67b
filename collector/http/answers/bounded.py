"""An HTTP response that cannot outlast the deadline, however slowly its bytes drip.

A socket's timeout restarts with every byte, so a server that sends one byte now and then holds a
client for ever. Here every single read of the socket first asks the deadline what is left. Headers,
chunk sizes and body all pass through it.
"""

from __future__ import annotations

import http.client
import io
import socket
from typing import TYPE_CHECKING

from collector.http.deadline import Deadline

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class _WatchedStream(io.RawIOBase):
    """The bytes of a socket, each read bounded by what is left of the deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline, pause: float) -> None:
        super().__init__()
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = deadline
        self._pause = pause

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        if self._deadline.passed:
            raise TimeoutError("deadline passed")
        self._sock.settimeout(self._deadline.at_most(self._pause))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class BoundedResponse(http.client.HTTPResponse):
    """The standard library's response, reading through `_WatchedStream`."""

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
        *,
        deadline: Deadline,
        pause: float,
    ) -> None:
        """The parameters before the star are the standard library's; `pause` bounds a single read."""
        super().__init__(sock, debuglevel, method, url)
        self.fp.close()
        self.fp = io.BufferedReader(_WatchedStream(sock, deadline, pause))
