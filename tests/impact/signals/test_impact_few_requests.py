"""Failures among few requests, read through ranges that overlap."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incident.impact import surveyed
from incident.model.policy import Policy
from tests.fleet.services import SHAPES, Fault, Shape, evidence_of

LEAD = timedelta(hours=4)
DAY = timedelta(hours=24)


@pytest.fixture
def quiet() -> Shape:
    """Six requests a minute; its signals are rates over two steps."""
    return next(shape for shape in SHAPES if shape.name == "low traffic")


def test_a_request_in_two_overlapping_ranges_is_one_request(quiet: Shape) -> None:
    """A day on which one failure in eight over five minutes is chance: counted twice it was an incident."""
    assert surveyed(evidence_of(quiet, 43, lead=LEAD, window=DAY), Policy()).episodes == ()


def test_half_of_few_requests_failing_is_still_an_incident(quiet: Shape) -> None:
    """Ten minutes of it, which no chance explains."""
    fault = Fault((LEAD + DAY / 2).total_seconds(), 600, 0.5, 1.0)
    assert surveyed(evidence_of(quiet, 43, lead=LEAD, window=DAY, faults=(fault,)), Policy()).episodes
