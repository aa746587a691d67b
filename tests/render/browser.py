"""A real browser without a screen, and an address that hears what a page asks for."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class _Heard(BaseHTTPRequestHandler):
    paths: list[str] = []  # noqa: RUF012 - replaced for each listener below

    def do_GET(self) -> None:
        self.paths.append(self.path)
        self.send_response(204)
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """An address on the loopback, and the paths asked of it so far."""
    heard: list[str] = []
    handler = type("Heard", (_Heard,), {"paths": heard})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def opened(browser: Path, page: bytes, folder: Path) -> tuple[str, str]:
    """The document as the browser holds it after two seconds of its time, and what it complained about."""
    file = folder / "page.html"
    file.write_bytes(page)
    done = subprocess.run(
        [
            str(browser),
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *("--enable-logging=stderr", "--virtual-time-budget=2000", "--dump-dom"),
            f"--user-data-dir={folder / 'profile'}",
            file.as_uri(),
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )
    return done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
