"""The few lines of a terminal and the one of a log."""

from __future__ import annotations

from dataclasses import replace

import pytest

from incident.model.timeline import Timeline
from report.render import found, terminal
from tests import render_builder as build


def test_terminal_has_a_line_an_event_and_the_figure() -> None:
    """The same rows as the page, aligned, and the figure that matters last."""
    lines = terminal(build.payments(), recorded=True).splitlines()
    assert lines[0] == "payments, 2023-12-15 UTC (recorded)"
    assert lines[2] == "14:04 ±2m        0  Degraded: errors 0.1 -> 0.9 %"
    assert lines[-1] == "439,559 of 2,441,352 requests failed (18.0 %), 6,415 before the first alert"


def test_terminal_shows_no_escape_sequence_of_others() -> None:
    """A label cannot move the cursor."""
    events = (replace(build.events()[0], title="\x1b[2Jgone\u202e"),)
    assert "\x1b" not in terminal(replace(build.payments(), events=events))


@pytest.mark.parametrize(
    ("timeline", "said"),
    [
        (build.payments(), "partial outage 14:04-16:29:30, first alert +16m45s"),
        (build.ongoing(), "partial outage, ongoing 14:04-..., first alert +16m45s"),
        (build.store(), "down 02:00:00-04:00:00 in 2 episodes, no alert fired"),
        (build.healthy(), "no impact measured"),
        (build.unmeasured(), "impact unknown"),
    ],
)
def test_found_is_one_line_for_the_log(timeline: Timeline, said: str) -> None:
    """What was found, as the log says it."""
    assert found(timeline) == said
