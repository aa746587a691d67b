"""What is collected from a real Prometheus holding simulated incidents, against what really happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from collector.http.settings import HttpSettings
from collector.kept.record import dump
from collector.kept.replay import load
from collector.prometheus import connect
from collector.reading.survey import SurveyRequest, survey
from collector.reading.zoom import zoom
from collector.source import Source
from incident.model.evidence import Evidence
from incident.model.facts import ChangeKind, Nearness
from incident.model.signals import Measure
from incident.model.spans import Span
from tests.lab.build import Lab, build
from tests.lab.prometheus import serve
from tests.lab.truth import Truth

INCIDENTS = [
    "payments",
    "portal",
    "store",
    "store_probe",
    "flapping",
    "slow_leak",
    "blind",
    "ongoing",
    "second_reset",
]
# Told by the state of targets and of the scrapes, beside what the script did.
CONSEQUENCES = {ChangeKind.TARGET_DOWN, ChangeKind.TARGET_UP, ChangeKind.DATA_GAP}


def asked(truth: Truth) -> SurveyRequest:
    """The whole data without the first four hours, which are the lead-in."""
    lead = timedelta(hours=4)
    return SurveyRequest(truth.service, (), Span(truth.data.start + lead, truth.data.end), lead, timedelta(0))


@pytest.fixture(scope="module", params=INCIDENTS)
def lab(
    request: pytest.FixtureRequest, lab_cache: Path, prometheus_binary: Path, promtool_binary: Path
) -> Lab:
    assert prometheus_binary.exists()
    assert promtool_binary.exists()
    return build(request.param, lab_cache)


@pytest.fixture(scope="module")
def collected(lab: Lab) -> Evidence:
    """Survey and zoom of the incident, with the whole data read raw."""
    with serve(lab.data_dir) as url:
        source: Source = connect(HttpSettings(), url=url, deadline=timedelta(minutes=2), on_query=None)
        evidence = survey(source, asked(lab.truth), lab.truth.data.end)
        return zoom(source, evidence, (), (evidence.covered,))


def near(one: datetime | None, other: datetime | None, seconds: float) -> bool:
    """Whether both are unknown, or no further apart than this."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= timedelta(seconds=seconds)


def test_every_alert_is_found_and_none_invented(lab: Lab, collected: Evidence) -> None:
    """Own alerts are those that the rules of the service wrote, each to the second."""
    own = [one for one in collected.alerts if one.nearness is Nearness.OWN]
    fired = sorted((one for one in own if one.firing_at), key=lambda one: (one.firing_at, one.name))
    truth = sorted(
        (one for one in lab.truth.alerts if one.firing_at), key=lambda one: (one.firing_at, one.name)
    )

    assert [one.name for one in fired] == [one.name for one in truth]
    for found, real in zip(fired, truth, strict=True):
        assert near(found.pending_at, real.pending_at, 1)
        assert near(found.firing_at, real.firing_at, 1)
        assert near(found.resolved_at, real.resolved_at, 1)
    assert len(own) == len(lab.truth.alerts)


def test_every_change_is_found_and_none_invented(lab: Lab, collected: Evidence) -> None:
    """Restarts, deploys and scalings are those of the script, within a scrape."""
    found = [one for one in collected.changes if one.kind not in CONSEQUENCES]
    truth = sorted(lab.truth.changes, key=lambda one: one.at)

    assert [one.kind.value for one in found] == [one.kind for one in truth]
    for change, real in zip(found, truth, strict=True):
        assert near(change.at, real.at, 15)
        assert near(change.until or change.at, real.until, 15)
        if change.kind in (ChangeKind.RESTART, ChangeKind.DEPLOY):
            assert change.count == real.instances


def test_gaps_are_where_nothing_was_seen(lab: Lab, collected: Evidence) -> None:
    """Each stretch without any sample is a gap, and no other stretch of this kind is told."""
    gaps = [one for one in collected.changes if "of anything" in one.title]

    assert len(gaps) == len(lab.truth.unknown)
    for gap, real in zip(gaps, lab.truth.unknown, strict=True):
        assert near(gap.at, real.start, 15)
        assert near(gap.until, real.end, 15)


def test_signals_have_values_wherever_the_service_was_seen(collected: Evidence) -> None:
    """The usual signals are found, and where there is traffic there is an error ratio."""
    by_measure = {one.spec.measure: one.values for one in collected.signals}
    traffic, errors = by_measure[Measure.TRAFFIC], by_measure[Measure.ERRORS]

    assert Measure.AVAILABILITY in by_measure
    assert np.isfinite(errors[traffic > 0]).all()
    assert collected.scrape_interval == timedelta(seconds=15)
    assert collected.unknowns == ()


def test_counters_hold_what_was_drawn(lab: Lab, collected: Evidence) -> None:
    """Failures counted raw are those of the simulation, and no health check is among the requests."""
    counters = collected.counters
    assert counters is not None

    assert counters.left_out == "route /healthz"
    assert "/healthz" not in {one.label("route") for one in counters.requests}
    assert any(counters.is_failed)
    assert {one.label("service") for one in counters.requests} == {lab.truth.service}


def test_replay_is_the_same_evidence(collected: Evidence) -> None:
    """The recording comes back to the same bytes, and is small enough to keep beside a draft."""
    data = dump(collected)

    assert dump(load(data, "evidence.json.gz")) == data
    assert len(data) < 300_000
