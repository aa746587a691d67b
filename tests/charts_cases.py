"""Every shape of draft that the charts have to carry, made by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np

from incident.model.facts import Nearness
from incident.model.signals import Gap, Kind, Measure, Role, SignalSpec, Worse
from incident.model.spans import Span
from incident.model.timeline import Band, EventOrigin, Milestones, State, Status
from tests.charts_builder import (
    AVAILABILITY,
    DAY,
    ERRORS,
    HOSTILE,
    LATENCY,
    TRAFFIC,
    Case,
    alert,
    at,
    blanked,
    departure,
    episode,
    event,
    moment,
    piecewise,
    report,
    wave,
)


def payments() -> Case:
    """Shaped like the fifth seed: a surge, degraded, partly out, scaled, back."""
    worst = State.PARTIAL_OUTAGE
    return Case(
        status=Status.RECOVERED,
        episodes=(
            replace(
                episode(
                    "14:04",
                    "16:29:30",
                    worst,
                    ("14:04", State.DEGRADED),
                    ("15:30", worst),
                    improving_from="16:00",
                ),
                signals=("errors", "p99"),
            ),
        ),
        milestones=Milestones(impact_start=moment("14:04"), first_alert_firing=moment("14:20:45")),
        events=(
            event("14:01", "Traffic rising"),
            event("14:04", "Degraded"),
            event("14:19:45", "HighErrorRate condition true", EventOrigin.ALERT),
            event("14:20:45", "HighErrorRate firing", EventOrigin.ALERT),
            event("14:33", "HighLatency firing", EventOrigin.ALERT),
            event("15:30", "Partial outage"),
            event("16:00", "Scaled 4 -> 12", EventOrigin.CHANGE),
            event("16:01", "Improving"),
            event("16:27:15", "Last alert resolved", EventOrigin.ALERT),
            event("16:29:30", "Recovered"),
        ),
        alerts=(
            alert("HighErrorRate", "14:19:45", "14:20:45", "16:27:15"),
            alert("HighLatency", "14:28", "14:33", "16:20"),
        ),
        signals=(
            (
                report(
                    ERRORS, Band(0.001, 0.0004, 0.002), [departure("14:04", "16:29:30", 0.001, 0.41, "15:48")]
                ),
                piecewise(
                    1, 0.04, (14, 0.001), (14.5, 0.08), (15.49, 0.12), (15.5, 0.40), (16, 0.40), (16.5, 0.001)
                ),
            ),
            (
                report(LATENCY, Band(0.42, 0.36, 0.5), [departure("14:04", "16:28", 0.42, 3.8, "15:40")]),
                piecewise(2, 0.05, (14, 0.42), (14.5, 1.3), (15.5, 3.6), (16, 3.5), (16.5, 0.42)),
            ),
            (
                report(TRAFFIC, Band(98, 85, 112)),
                piecewise(3, 0.03, (14, 98), (14.5, 287), (17, 290)),
            ),
        ),
    )


def store() -> Case:
    """Shaped like the second seed: down twice, no metrics meanwhile, no alert, Pacific time."""
    outages = (episode("17:00", "17:30", State.DOWN), episode("18:00", "19:00", State.DOWN))
    holes = ((17.0, 17.5), (18.0, 19.0))
    falls = [
        departure("17:00", "17:30", 1, 0, "17:00", "down"),
        departure("18:00", "19:00", 1, 0, "18:01", "down"),
    ]
    return Case(
        window=Span(at("16:00"), at("20:00")),
        zone="America/Los_Angeles",
        service="store",
        status=Status.RECOVERED,
        episodes=tuple(replace(outage, signals=("availability",)) for outage in outages),
        milestones=Milestones(impact_start=moment("17:00")),
        events=(
            event("17:00", "Down"),
            event("17:30", "Recovered"),
            event("17:30:40", "Restarted", EventOrigin.CHANGE),
            event("18:00", "Down again"),
            event("18:15", "Called the owner", EventOrigin.ENTERED),
            event("19:00", "Recovered"),
        ),
        signals=(
            (report(ERRORS, Band(0.001, 0, 0.003)), blanked(wave(4, 0.001, 0.0005), *holes)),
            (report(LATENCY, Band(0.12, 0.1, 0.14)), blanked(wave(5, 0.12, 0.01), *holes)),
            (report(TRAFFIC, Band(40, 34, 47)), blanked(wave(6, 40, 2), *holes)),
            (
                report(AVAILABILITY, Band(1, 1, 1), falls),
                lambda hours: np.where(
                    ((hours >= 17) & (hours < 17.5)) | ((hours >= 18) & (hours < 19)), 0.0, 1.0
                ),
            ),
        ),
    )


def crowded() -> Case:
    """Payments with 40 rows within ten minutes, and with alerts and a service of hostile names."""
    origins = list(EventOrigin)
    errors, (slow, slow_values), traffic = payments().signals
    long_name = replace(slow, spec=replace(slow.spec, name=HOSTILE[4], limit=60.0))
    return replace(
        payments(),
        signals=(errors, (long_name, slow_values), traffic),
        service=HOSTILE[3] + HOSTILE[0],
        events=tuple(
            replace(event("15:30", f"row {k}", origins[k % 4]), at=at("15:30") + k * timedelta(seconds=15))
            for k in range(40)
        ),
        alerts=tuple(alert(name, "15:30", "15:32", "16:10") for name in HOSTILE),
    )


def flapping_names() -> Case:
    """Payments with alert names too long for their rows, one of them flapping across the chart."""
    long = "A_rather_long_name_for_an_alert_that_flaps"
    return replace(
        payments(),
        alerts=(
            alert("KubePodCrashLoopingInNamespaceProductionForPayments", "13:36", "13:40", "16:50"),
            alert(long, "13:36", "13:40", "13:50"),
            *(alert(long, None, f"14:{10 + 5 * k}", f"14:{12 + 5 * k}") for k in range(8)),
            alert(long, None, "16:40", "16:57"),
            alert("Short", "13:31", "13:35", None),
            alert("OnlyPending", "15:31", None, "15:59"),
            alert("Neighbour", "15:31", "15:40", "15:59", Nearness.NEARBY),
        ),
    )


def flickering() -> Case:
    """Payments as short outages with little between them, so that there is no room for all the times."""
    clocks = [("14:00", "14:20"), ("14:23", "14:24"), ("14:26", "15:10"), ("15:22", "15:40")]
    return replace(
        payments(),
        episodes=tuple(replace(episode(a, b, State.DOWN), signals=("errors",)) for a, b in clocks),
        events=tuple(event(clock, "edge") for pair in clocks for clock in pair),
    )


def ongoing() -> Case:
    """Began before the first sample, grew to down, not over at the end of the data; no baseline."""
    lasting = episode(
        "13:30",
        None,
        State.DOWN,
        ("13:30", State.DEGRADED),
        ("15:00", State.PARTIAL_OUTAGE),
        ("16:00", State.DOWN),
    )
    rising = departure("13:30", None, 0.01, 1.0, "16:20")
    return replace(
        payments(),
        status=Status.ONGOING,
        episodes=(replace(lasting, began_before=True),),
        alerts=(alert("HighErrorRate", "14:19:45", "14:20:45", None),),
        signals=(
            (
                report(replace(ERRORS, limit=0.24), None, [rising]),
                piecewise(1, 0.0, (13, 0.01), (15, 0.3), (16, 1.0), (17, 1.0)),
            ),
            *payments().signals[1:],
        ),
    )


def healthy() -> Case:
    """A day with a deploy and nothing else, in London."""
    return Case(
        window=Span(DAY, DAY + timedelta(days=1)),
        zone="Europe/London",
        status=Status.NO_IMPACT,
        events=(event("11:00", "Version 6.1.0 -> 6.2.0", EventOrigin.CHANGE),),
        signals=(
            (report(ERRORS, Band(0.001, 0, 0.003)), wave(1, 0.001, 0.0003)),
            (report(LATENCY, Band(0.042, 0.03, 0.05)), wave(2, 0.042, 0.002)),
            (report(TRAFFIC, Band(9800, 8500, 11200)), wave(3, 9800, 300)),
        ),
    )


def unmeasured() -> Case:
    """No impact signal at all: a queue with a limit and a gap, a gauge, a query without an answer."""
    lag = SignalSpec(
        "consumer lag", Measure.OTHER, Kind.GAUGE, Worse.UP, Role.CONTEXT, "messages", "lag", 1e4
    )
    heat = SignalSpec("heat", Measure.OTHER, Kind.GAUGE, Worse.BOTH, Role.CONTEXT, "°C", "heat")
    gone = SignalSpec("gone", Measure.OTHER, Kind.GAUGE, Worse.UP, Role.CONTEXT, "", "gone")
    gap = Gap(Span(at("13:30"), at("14:00")), "not scraped")
    return Case(
        status=Status.UNKNOWN,
        alerts_readable=False,
        signals=(
            (
                report(lag, Band(900, 200, 2000), gaps=[gap]),
                blanked(piecewise(1, 0.05, (13, 1000), (14.5, 12000), (16, 500)), (13.5, 14)),
            ),
            (report(heat, Band(900, 890, 905)), wave(2, 900, 2)),
            (report(gone, None), lambda hours: np.full(hours.shape, np.nan)),
        ),
    )


CASES: dict[str, Callable[[], Case]] = {
    "payments": payments,
    "store": store,
    "crowded": crowded,
    "flapping_names": flapping_names,
    "flickering": flickering,
    "ongoing": ongoing,
    "healthy": healthy,
    "unmeasured": unmeasured,
}
"""Every shape of draft that the charts have to carry."""
