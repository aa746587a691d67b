"""A morning that rises as every morning does, against a real Prometheus that holds the days before."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.flow.command import Ran, run_here
from tests.lab.prometheus import create_blocks, serve
from tests.lab.scripts.mornings import SERVICE, Fault, demand, mornings

pytestmark = [
    pytest.mark.server,
    pytest.mark.usefixtures("prometheus_binary", "promtool_binary", "here"),
]

MIDNIGHT = datetime(2024, 3, 12, tzinfo=UTC)
"""A Tuesday: yesterday and a week ago are days of work as well."""
START, END = 8.2, 8.5
"""The fault lies on the slope: the shop opens from 8:00 to 8:36."""
FAULTS = {
    "healthy": (),
    "slow": (Fault(0, START, END, slower=2.5),),
    "slow as yesterday": (Fault(0, START, END, slower=2.5), Fault(1, START, END, slower=2.5)),
    "lost": (Fault(0, START, END, served=0.3),),
}


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    """One draft of four hours across the opening for each kind of day."""
    folder = tmp_path_factory.mktemp("mornings")
    return {name: _drafted(folder / name.replace(" ", "-"), *faults) for name, faults in FAULTS.items()}


def _drafted(folder: Path, *faults: Fault) -> Ran:
    create_blocks(mornings(MIDNIGHT, *faults), folder / "data")
    window = ("--from", _at(7.0).isoformat(), "--to", _at(11.0).isoformat())
    with serve(folder / "data") as url:
        return run_here(
            ["draft", "--prometheus", url, "--service", SERVICE, *window, "--output", str(folder / "out")]
        )


def _at(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def _timeline(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.stderr
    document: dict[str, Any] = json.loads((ran.draft / "timeline.json").read_text("utf-8"))
    return document


def _bounds(timeline: dict[str, Any]) -> tuple[datetime, datetime]:
    (one,) = timeline["impact"]["episodes"]
    return datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])


def test_a_morning_like_every_other_is_no_impact(drafted: dict[str, Ran]) -> None:
    """Five times the traffic and twice the latency within half an hour, and nothing has happened."""
    timeline = _timeline(drafted["healthy"])

    assert timeline["status"] == "no_impact"
    assert [signal["name"] for signal in timeline["signals"] if signal["episodes"]] == []


@pytest.mark.parametrize("fault", ["slow", "slow as yesterday", "lost"])
def test_a_fault_on_the_slope_is_found_with_its_bounds(fault: str, drafted: dict[str, Ran]) -> None:
    """To the scrape, which is half a minute here; and yesterday's fault at this hour does not hide it."""
    timeline = _timeline(drafted[fault])
    start, end = _bounds(timeline)

    assert timeline["status"] == "recovered"
    assert abs(start - _at(START)) <= timedelta(seconds=45)
    assert abs(end - _at(END)) <= timedelta(seconds=45)


def test_what_was_lost_is_counted_against_the_rise(drafted: dict[str, Ran]) -> None:
    """Seven of ten requests of a demand that doubles meanwhile."""
    timeline = _timeline(drafted["lost"])
    hours = np.arange(START, END, 1 / 3600.0)
    demanded = float(demand(hours).sum())
    told = timeline["impact"]["requests"]

    assert told["lost"] == pytest.approx(0.7 * demanded, rel=0.05)
    assert told["expected"]["low"] < demanded < told["expected"]["high"]
    assert "rhythm" in told["formula"]


def test_the_draft_says_what_it_was_compared_with(drafted: dict[str, Ran]) -> None:
    """Both days, for the signals that they were read for; and the replay says the same."""
    text = (drafted["slow"].draft / "postmortem.md").read_text("utf-8")

    assert "Same hours one week earlier, in steps of 5 min: compared for traffic, p99, p50." in text
    assert "Same hours one day earlier, in steps of 5 min: compared for traffic, p99, p50." in text
    again = run_here(["draft", "--replay", str(drafted["slow"].draft), "--output", "again"])
    assert (again.draft / "postmortem.md").read_text("utf-8") == text
