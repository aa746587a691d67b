"""A real browser without a screen, and an address that hears what a page asks for."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal, TypeAlias

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

Scheme: TypeAlias = Literal["light", "dark"]

_PATIENCE_MS = 300
"""How long a page that should do nothing is watched, beyond its load and until the browser is idle."""
_LOOK_MS = 50
_PATIENT_LOOKS = 400
"""How often a control looks for what it waits for: 20 s, for on a busy machine the last request took one."""
_AT_REST = "new Promise(done => requestIdleCallback(() => requestAnimationFrame(() => done())))"
_TALL = 1000
_A4 = (794, 1123)
"""Pixels of CSS on a sheet."""
_COUNTING = """
window.blocked = [];
document.addEventListener("securitypolicyviolation", event => window.blocked.push(event.violatedDirective));
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a page."""

    document: str
    blocked: tuple[str, ...]
    """What its policy kept it from."""
    stayed: bool
    """Whether it is still the page that was opened."""


class Chromium:
    """One browser for all tests; each page has a profile of its own, so that no policy outlives it."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser = browser
        self._folder = folder
        self._pages = 0

    def opened(self, page: bytes) -> Seen:
        """The page after everything it does by itself."""
        with self._page(page, width=900) as at:
            at.wait_for_timeout(_PATIENCE_MS)
            at.evaluate(_AT_REST)
            said: list[str] = at.evaluate("window.blocked || []")
            here = (self._folder / f"{self._pages}.html").as_uri()
            return Seen(at.content(), tuple(said), at.url.partition("#")[0] == here)

    def reached(self, page: bytes, wanted: AbstractSet[str], heard: Sequence[str]) -> bool:
        """Whether the page asks for all that is wanted: a control waits for it, for long."""
        with self._page(page, width=900) as at:
            for _ in range(_PATIENT_LOOKS):
                if wanted <= set(heard):
                    return True
                at.wait_for_timeout(_LOOK_MS)
        return False

    def pasted(self, page: bytes) -> str:
        """What an editor in another tab holds after all of the page was copied there by the keyboard."""
        with self._page(page, width=900) as at:
            at.keyboard.press("Control+A")
            at.keyboard.press("Control+C")
            editor = at.context.new_page()
            editor.set_content("<div contenteditable=true></div>")
            editor.focus("div")
            editor.keyboard.press("Control+V")
            return editor.inner_html("div")

    def troubles(self, page: bytes, scheme: Scheme) -> list[str]:
        """What axe-core finds of serious or critical consequence, in the light or the dark scheme."""
        with self._page(page, width=900, scheme=scheme) as at:
            found = Axe().run(at).response["violations"]
        return [
            f"{each['id']}: {each['nodes'][0]['html'][:200]}"
            for each in found
            if each["impact"] in ("serious", "critical")
        ]

    def overflow(self, page: bytes, width: int, scheme: Scheme) -> int:
        """By how many pixels the page is wider than a window of this width."""
        with self._page(page, width=width, scheme=scheme) as at:
            wide: int = at.evaluate("document.documentElement.scrollWidth")
        return wide - width

    def cut_pictures(self, page: bytes) -> tuple[int, list[str]]:
        """How many pictures a print on A4 has, and those that leave the sheet or may be torn."""
        with self._page(page, width=_A4[0]) as at:
            at.emulate_media(media="print")
            at.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            boxes = at.evaluate(
                """[...document.images].map(one => {
                    const box = one.getBoundingClientRect();
                    const inside = getComputedStyle(one.closest("figure") || one).breakInside;
                    return [one.alt.slice(0, 60), box.right, box.height, inside];
                })"""
            )
            pdf = at.pdf(format="A4", print_background=True)
        assert pdf.startswith(b"%PDF-")
        cut = [
            name
            for name, right, tall, inside in boxes
            if right > _A4[0] or tall > _A4[1] or inside != "avoid"
        ]
        return len(boxes), cut

    @contextmanager
    def _page(self, page: bytes, *, width: int, scheme: Scheme = "light") -> Iterator[Page]:
        self._pages += 1
        file = self._folder / f"{self._pages}.html"
        file.write_bytes(page)
        context = self._browser.new_context(color_scheme=scheme, viewport={"width": width, "height": _TALL})
        try:
            context.add_init_script(_COUNTING)
            at = context.new_page()
            at.goto(file.as_uri())
            yield at
        finally:
            context.close()


@contextmanager
def chromium(program: Path, folder: Path) -> Iterator[Chromium]:
    """The browser of the machine, driven by playwright; it brings none of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking"],
        )
        try:
            yield Chromium(browser, folder)
        finally:
            browser.close()


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
