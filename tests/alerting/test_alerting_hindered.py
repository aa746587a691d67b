"""Trouble of the monitoring itself, told where it may have kept an alert from people, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from incident.model.evidence import Evidence
from incident.model.facts import ChangeKind, Entered, Nearness
from incident.model.policy import Policy
from incident.model.timeline import Timeline
from incident.timeline import Display, assemble
from report.render.sections.detection import alert_remarks
from tests.reasoning_builders import ERRORS, alert, at, change, evidence, grid, noisy, series, span, stepped

LEAD = grid("06:00", "15:00")
TROUBLE = "The monitoring itself was in trouble"


def _seen(trouble: tuple[str, str | None], fired: str | None = "12:30") -> Evidence:
    """Errors from 12:00 to 13:00, an alert, and rule evaluations that failed meanwhile."""
    errors = noisy(stepped(LEAD, 0.001, ("12:00", "13:00", 0.3)), 0.1)
    found = evidence([series(ERRORS, LEAD, errors)], span("11:00", "15:00"), span("06:00", "15:00"))
    one = change(
        ChangeKind.MONITORING_TROUBLE, trouble[0], until=trouble[1], value="x", nearness=Nearness.NEARBY
    )
    fitting = replace(one, title="monitoring: rule evaluations failed (shop)", subject="monitoring")
    alerts = (alert("HighErrorRate", fired, "13:05"),) if fired else ()
    return replace(found, changes=(fitting,), alerts=alerts)


def _timeline(found: Evidence, *entered: Entered) -> Timeline:
    return assemble(found, Policy(), Display("UTC", "", "0"), entered)


def _told(timeline: Timeline) -> list[str]:
    return [remark for remark in alert_remarks(timeline) if TROUBLE in remark]


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (("12:05", "12:20"), True),
        (("11:30", "12:10"), True),
        (("12:10", None), True),
        (("11:00", "11:30"), False),
        (("12:40", "12:50"), False),
    ],
)
def test_trouble_is_told_where_it_overlaps_the_time_to_detect(
    trouble: tuple[str, str | None], *, told: bool
) -> None:
    """Not what was over before the impact, nor what came after the first alert."""
    assert bool(_told(_timeline(_seen(trouble)))) is told


def test_the_sentence_says_what_failed_and_when() -> None:
    """With its times, before the first alert, and no word of a cause."""
    assert _told(_timeline(_seen(("12:05", "12:20")))) == [
        f"{TROUBLE} before the first alert: rule evaluations failed (shop) (12:05 to 12:20)."
    ]


def test_without_any_alert_the_whole_impact_counts() -> None:
    """Nobody was told: what was wrong until the end may be why."""
    (told,) = _told(_timeline(_seen(("12:40", "12:50"), fired=None)))

    assert told.startswith(f"{TROUBLE} during the impact")


def test_until_the_notification_arrived_trouble_counts() -> None:
    """The alert fired at 12:10, its notification went out at 12:45: what lies between kept it."""
    sent = Entered("notified", at("12:45"), "HighErrorRate sent to oncall", "n1")

    assert not _told(_timeline(_seen(("12:20", "12:30"), fired="12:10")))
    assert _told(_timeline(_seen(("12:20", "12:30"), fired="12:10"), sent))
