"""A real browser opens the page of a hostile draft: nothing runs, nothing is fetched, nothing is blocked."""

from __future__ import annotations

from pathlib import Path

import pytest

from report.render import ChartRef, html, markdown
from tests import render_builder as build
from tests.render.browser import listening, opened
from tests.render_hostile import KNOWN

pytestmark = pytest.mark.browser

# One attack for each way a page can reach out; `AT` is the address that listens.
ATTACKS = (
    "![x](AT/markdown.png)",
    "<img src=AT/img.png>",
    "<img src=x onerror=\"fetch('AT/onerror')\">",
    "<script src=AT/script.js></script>",
    "<script>fetch('AT/inline')</script>",
    "<link rel=stylesheet href=AT/style.css>",
    "<style>@import 'AT/import.css';</style>",
    "<iframe src=AT/frame></iframe>",
    '<meta http-equiv="refresh" content="0;url=AT/refresh">',
    '<svg onload="fetch(\'AT/svg\')"><image href="AT/image.svg"/></svg>',
    "<object data=AT/object></object>",
    "<video src=AT/video autoplay></video>",
    "<a href=AT/ping ping=AT/ping>x</a>",
    "<base href=AT/>",
)


def test_the_listener_hears_a_page_that_is_not_careful(chromium_binary: Path, tmp_path: Path) -> None:
    """Positive control: the same attacks as raw HTML do reach the address, so silence means something."""
    with listening() as (address, heard):
        raw = "\n".join(ATTACKS[:4]).replace("AT", address)
        opened(chromium_binary, f"<!DOCTYPE html>{raw}".encode(), tmp_path)
    assert "/img.png" in heard
    assert "/script.js" in heard


def test_no_request_leaves_the_page_of_a_hostile_draft(chromium_binary: Path, tmp_path: Path) -> None:
    """Attacks written by people and attacks in every title: zero requests, zero blocked attempts."""
    with listening() as (address, heard):
        attacks = [attack.replace("AT", address) for attack in ATTACKS]
        charts = [ChartRef("summary", attacks[1], attacks[2], "charts/summary.svg")]
        written = markdown(build.payments(), charts, generation=1) + "\n\n".join([*attacks, *KNOWN])
        svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><text y="9">ok</text></svg>'
        page = html(written, title=attacks[3], charts={"charts/summary.svg": svg})
        document, complaints = opened(chromium_binary, page, tmp_path)
    assert heard == []
    assert "Content Security Policy" not in complaints
    assert "Issue summary" in document
    assert "<script" not in document
