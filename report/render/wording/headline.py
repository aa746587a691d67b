"""What happened, when, in one line: the title of the draft and of the page."""

from __future__ import annotations

from incident.model.timeline import Status, Timeline
from report.render.wording.clock import clock_of
from report.render.wording.figures import own_firing
from report.render.wording.md import Md, line

_WITHOUT_STATE = {
    Status.NO_IMPACT: "no impact measured",
    Status.UNKNOWN: "impact unknown",
}


def headline(timeline: Timeline) -> str:
    """`payments: partial outage, 2023-12-15` as plain text, for a page title or a message."""
    return f"{timeline.scope.service}: {_told(timeline)}, {clock_of(timeline).day.isoformat()}"


def title(timeline: Timeline) -> Md:
    """The same as Markdown."""
    return line("{}: {}, {}", timeline.scope.service, _told(timeline), clock_of(timeline).day.isoformat())


def _told(timeline: Timeline) -> str:
    """The finding; where users were not measured, after the alert that told of something."""
    fired = own_firing(timeline) if timeline.status is Status.UNKNOWN else ()
    return f"{fired[0].name} fired, {finding(timeline)}" if fired else finding(timeline)


def finding(timeline: Timeline) -> str:
    """The worst that was measured: `partial outage`, `down, ongoing`, `no impact measured`."""
    if timeline.state is None or timeline.status in _WITHOUT_STATE:
        return _WITHOUT_STATE.get(timeline.status, "impact unknown")
    return f"{timeline.state.words}, ongoing" if timeline.status is Status.ONGOING else timeline.state.words
