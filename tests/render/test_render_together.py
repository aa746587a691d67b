"""Services that began together: one line in order of onset, from which nobody reads a cause."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from incident.model.companions import Companion
from report.render import html, markdown, paste
from report.render.sections.summary.together import together_line
from tests import render_builder as build

_EXACT = timedelta(seconds=8)


def _companion(service: str, clock: str, off: timedelta = _EXACT, *, scope: str = "") -> Companion:
    name = f"../2023-12-15-{service}-1400"
    return Companion(service, (scope,) if scope else (), build.at(clock), off, name)


EDGE = _companion("edge", "14:02:10")
LEDGER = _companion("ledger", "14:05", timedelta(minutes=3))


def test_they_stand_in_order_with_the_service_itself_among_them() -> None:
    """Each with its onset as exactly as it is known, and a link to its draft."""
    told = together_line(replace(build.payments(), companions=(EDGE, LEDGER)))

    assert told == (
        "Began together, in order of onset, which names no cause: "
        "[edge](../2023-12-15-edge-1400/postmortem.md) 14:02:10, **payments** 14:04 (±2 min), "
        "[ledger](../2023-12-15-ledger-1400/postmortem.md) 14:05 (±3 min)."
    )


def test_who_began_alone_has_no_such_line() -> None:
    """Nor any trace of one, so that no draft of one service changes."""
    assert together_line(build.payments()) == ""
    assert "timeline-together" not in markdown(build.payments(), (), generation=1)


def test_namesakes_are_told_by_their_places() -> None:
    """The same name twice in a line would be nobody's."""
    twin = _companion("payments", "14:03", scope='namespace="eu"')
    told = together_line(replace(build.payments(), companions=(twin,)))

    assert '[payments\\{namespace="eu"\\}](' in told


def test_where_everything_went_down_the_rest_is_counted() -> None:
    """Eight are named; a line of fifty is read by nobody."""
    many = tuple(_companion(f"s{number:02d}", "14:05") for number in range(11))
    told = together_line(replace(build.payments(), companions=many))

    assert told.count("](") == 8
    assert told.endswith(", and 3 more services.")


@pytest.mark.parametrize("name", ["a](http://evil.example/)", "<script>x</script>", "`code` | cell"])
def test_a_hostile_name_is_only_a_name(name: str) -> None:
    """Neither in the text nor on the page it leads anywhere but to the draft."""
    one = replace(_companion("x", "14:02:10"), service=name, draft="../2024 a(b)<c>")
    text = markdown(replace(build.payments(), companions=(one,)), (), generation=1)
    page = html(text, title="t", charts={}).decode()

    assert "](../2024%20a%28b%29%3Cc%3E/postmortem.md)" in text
    assert 'href="../2024%20a%28b%29%3Cc%3E/postmortem.html"' in page
    assert "evil.example/" not in page.replace("](http://evil.example/)", "")
    assert "<script>x" not in page


@pytest.mark.parametrize(
    "address",
    ["../../../etc/postmortem.md", "/etc/postmortem.md", "file:///x/postmortem.md", "../x/other.md", "x.md"],
)
def test_only_drafts_beside_are_linked_from_the_page(address: str) -> None:
    """A page leads to other drafts and to the web, and nowhere else on the disk; a wiki has no such place."""
    text = (
        markdown(build.payments(), (), generation=1) + f"\n[there]({address}) [beside](../x/postmortem.md)\n"
    )
    page = html(text, title="t", charts={}).decode()

    assert f'href="{address}"' not in page
    assert 'href="../x/postmortem.html"' in page
    assert 'href=".' not in paste(text, title="t", charts={}).decode()
