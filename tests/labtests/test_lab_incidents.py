"""The scripts of the incidents against the table they were written from."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from tests.lab.catalogue import INCIDENTS
from tests.lab.scripts.parts import AFTER, BEFORE

TABLE = {
    "portal": ("America/New_York", [("2023-03-01 14:00", "17:00", "partial_outage")]),
    "store": (
        "America/Los_Angeles",
        [("2023-05-03 10:00", "10:30", "down"), ("2023-05-03 11:00", "12:00", "down")],
    ),
    "checkout": ("Etc/GMT+5", [("2023-02-08 08:30", "10:00", "down")]),
    "webstore": ("Europe/London", [("2022-02-05 09:00", "11:00", "partial_outage")]),
    "payments": ("UTC", [("2023-12-15 14:00", "16:30", "partial_outage")]),
    "healthy": ("UTC", []),
}
"""Local start, local end and worst state of each episode."""


@pytest.mark.parametrize("name", TABLE)
def test_an_incident_happens_at_its_local_time(name: str) -> None:
    """Episodes are where the report says, in its zone."""
    incident = INCIDENTS[name]()
    zone = ZoneInfo(incident.zone)
    told = [
        (
            f"{one.start.astimezone(zone):%Y-%m-%d %H:%M}",
            f"{one.end.astimezone(zone):%H:%M}" if one.end else "",
            one.state,
        )
        for one in incident.impacts
    ]
    assert (incident.zone, told) == TABLE[name]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("portal", {"restart 14:20", "restart 14:50", "restart 15:25", "deploy 15:05", "deploy 16:58"}),
        ("store", {"restart 10:30", "restart 12:00"}),
        ("checkout", {"restart 08:50", "deploy 10:00"}),
        ("webstore", {"deploy 11:00"}),
        ("payments", {"scale 16:00"}),
        ("healthy", {"deploy 11:00"}),
    ],
)
def test_changes_are_those_of_the_report(name: str, changes: set[str]) -> None:
    """Every restart, deploy and scaling, at its local minute."""
    incident = INCIDENTS[name]()
    zone = ZoneInfo(incident.zone)
    assert {f"{one.kind} {one.at.astimezone(zone):%H:%M}" for one in incident.changes} == changes


@pytest.mark.parametrize("name", INCIDENTS)
def test_every_change_is_backed_by_processes_and_replicas(name: str) -> None:
    """What the truth claims is what the simulation does, and nothing else changes."""
    incident = INCIDENTS[name]()
    simulated = {one.at for one in incident.service.restarts}
    simulated |= {at for at, _ in incident.service.replicas if at}
    claimed = {at for one in incident.changes for at in (one.at, one.until)}
    assert simulated == claimed
    assert not incident.bystander.restarts


@pytest.mark.parametrize("name", INCIDENTS)
def test_four_hours_before_and_two_after_are_simulated(name: str) -> None:
    """Only the outage that still goes on has no time after it."""
    incident = INCIDENTS[name]()
    for first in incident.impacts[:1]:
        assert first.start - incident.start == BEFORE
    for last in incident.impacts[-1:]:
        assert incident.end == (last.end + AFTER if last.end else incident.end)


def test_the_night_of_the_clock_change_has_a_longer_hour() -> None:
    """It ends before it began by the wall clock, and lasts 45 minutes."""
    (impact,) = INCIDENTS["dst_night"]().impacts
    assert impact.end is not None
    zone = ZoneInfo("Europe/Berlin")
    assert f"{impact.start.astimezone(zone):%H:%M} {impact.end.astimezone(zone):%H:%M}" == "02:40 02:25"
    assert (impact.end - impact.start).total_seconds() == 45 * 60
