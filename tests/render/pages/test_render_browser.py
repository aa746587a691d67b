"""A real browser opens pages: nothing runs, nothing is fetched; all can read them, also on paper."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from report.render import ChartRef, html, markdown
from tests import render_builder as build
from tests.render.pages.browser import Chromium, Scheme, listening
from tests.render_hostile import KNOWN

pytestmark = pytest.mark.browser

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"

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


@cache
def _page() -> bytes:
    """The page of the recorded outage, with a chart of the shape that ours have."""
    text = (FIXTURES / "payments" / "expected" / "postmortem.md").read_text("utf-8")
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 640" width="720" height="640"/>'
    names = {f"charts/{one}.svg" for one in ("summary", "signal-errors", "signal-p99", "signal-traffic")}
    return html(text, title="payments: partial outage", charts=dict.fromkeys(sorted(names), svg))


def test_the_listener_hears_a_page_that_is_not_careful(browser: Chromium) -> None:
    """Positive control: the same attacks as raw HTML do reach the address, so silence means something."""
    ways = {"/img.png", "/script.js", "/onerror", "/inline", "/style.css", "/import.css"}
    with listening() as (address, heard):
        page = ("<!DOCTYPE html>" + "\n".join(ATTACKS[:7])).replace("AT", address).encode()
        assert browser.reached(page, ways, heard), ways - set(heard)


def test_what_a_policy_blocks_is_counted(browser: Chromium) -> None:
    """Positive control: raw attacks below our policy are stopped by it, and seen to be."""
    policy = b"<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">"
    with listening() as (address, heard):
        raw = "\n".join(ATTACKS[:7]).replace("AT", address).encode()
        seen = browser.opened(b"<!DOCTYPE html>" + policy + raw)
    assert heard == []
    assert {"img-src", "script-src-elem", "script-src-attr"} <= set(seen.blocked)


def test_no_request_leaves_the_page_of_a_hostile_draft(browser: Chromium) -> None:
    """Attacks written by people and attacks in every title: zero requests, zero blocked attempts."""
    with listening() as (address, heard):
        attacks = [attack.replace("AT", address) for attack in ATTACKS]
        charts = [ChartRef("summary", attacks[1], attacks[2], "charts/summary.svg")]
        written = markdown(build.payments(), charts, generation=1) + "\n\n".join([*attacks, *KNOWN])
        svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><text y="9">ok</text></svg>'
        seen = browser.opened(html(written, title=attacks[3], charts={"charts/summary.svg": svg}))
    assert heard == []
    assert seen.blocked == ()
    assert "Issue summary" in seen.document
    assert "<script" not in seen.document


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out(scheme: Scheme, browser: Chromium) -> None:
    """axe-core finds nothing serious, in either scheme: contrast, names, order, landmarks."""
    assert browser.troubles(_page(), scheme) == []


def test_what_keeps_people_out_is_found(browser: Chromium) -> None:
    """Positive control: grey on grey and a picture without words."""
    page = b"<!DOCTYPE html><html lang=en><title>x</title><main><p style='color:#ccc'>Words<img src=x>"
    found = {each.partition(":")[0] for each in browser.troubles(page, "light")}
    assert {"color-contrast", "image-alt"} <= found


@pytest.mark.parametrize("width", [400, 500, 900, 1600])
def test_a_page_is_as_wide_as_its_window(width: int, browser: Chromium) -> None:
    """On a phone, in half a screen and on a wide one: wide tables and charts scroll inside it."""
    assert browser.overflow(_page(), width, "light") <= 0


def test_a_print_on_a4_cuts_no_chart(browser: Chromium) -> None:
    """Each picture is as wide as the sheet at most, and is not torn between two."""
    pictures, cut = browser.cut_pictures(_page())
    assert pictures >= 3
    assert cut == []
