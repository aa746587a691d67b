"""The simulated outage of `payments`, drafted by the command from whichever server has it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.flow.command import Ran, run

SCRAPE = timedelta(seconds=15)
"""How often the laboratory's targets are scraped: no engine can know a bound better."""
WINDOW = ("--from", "2023-12-15T13:00:00Z", "--to", "2023-12-15T17:00:00Z")
OWN_WORDS = ("start", "end")


@dataclass(frozen=True, slots=True)
class Drafted:
    """What a run said, and the timeline it made; empty where it made none."""

    ran: Ran
    timeline: dict[str, Any]

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Start and end of the impact."""
        impact = self.timeline["impact"]
        start, end = (datetime.fromisoformat(impact[name]) for name in OWN_WORDS)
        return start, end

    @property
    def alerts(self) -> list[tuple[str, datetime, datetime]]:
        """Name, firing and resolve of each alert that fired and ended."""
        return [
            (a["name"], datetime.fromisoformat(a["firing_at"]), datetime.fromisoformat(a["resolved_at"]))
            for a in self.timeline["alerts"]
            if a["firing_at"] and a["resolved_at"]
        ]


def drafted(url: str, output: Path, *more: str) -> Drafted:
    """One draft of the outage from this server, with nothing configured."""
    output.mkdir(parents=True, exist_ok=True)
    service = () if "--service" in more else ("--service", "payments")
    ran = run(
        output, "draft", "--prometheus", url, *service, *WINDOW, "--output", str(output / "reports"), *more
    )
    documents = list(output.glob("reports/*/timeline.json"))
    return Drafted(ran, json.loads(documents[0].read_text("utf-8")) if documents else {})


def assert_same_incident(one: Drafted, other: Drafted) -> None:
    """The same outage: bounds and alerts within one scrape, the same state and steps, requests within 1 %."""
    assert one.ran.code == other.ran.code == 0, one.ran.stderr + other.ran.stderr
    for mine, theirs in zip(one.bounds, other.bounds, strict=True):
        assert abs(mine - theirs) <= SCRAPE
    for mine_alert, their_alert in zip(one.alerts, other.alerts, strict=True):
        assert mine_alert[0] == their_alert[0]
        assert abs(mine_alert[1] - their_alert[1]) <= SCRAPE
        assert abs(mine_alert[2] - their_alert[2]) <= SCRAPE
    states = [[e["state"] for e in d.timeline["impact"]["episodes"]] for d in (one, other)]
    assert states[0] == states[1]
    mine_failed, their_failed = (d.timeline["impact"]["requests"]["failed"] for d in (one, other))
    assert abs(mine_failed - their_failed) <= 0.01 * their_failed
    assert _kinds(one) == _kinds(other)


def _kinds(one: Drafted) -> list[str]:
    return sorted(event["kind"] for event in one.timeline["events"])
