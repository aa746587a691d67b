"""Specification of latencies that read as the last bound of their histogram."""

from __future__ import annotations

from dataclasses import replace

import pytest

from incident.impact.departure import Departure
from incident.impact.signals.ceiling import at_ceiling
from incident.model.signals import Counters, SignalSpec
from tests.reasoning_builders import ERRORS, LATENCY, departure, grid, samples

GRID = grid("12:00", "15:00")


def _buckets(*bounds: str) -> Counters:
    series = tuple(samples({"le": le}, [0, 15_000], [0.0, 1.0]) for le in (*bounds, "+Inf"))
    return Counters((), (), (), series, (), "", "", "")


def _peak(value: float, spec: SignalSpec = LATENCY) -> Departure:
    return replace(departure(spec, "13:00", "14:00", over=GRID, before=0.2, inside=value), peak=value)


@pytest.mark.parametrize(("bounds", "peak"), [(("0.5", "10", "2.5"), 10.0), (("500", "10000"), 10.0)])
def test_a_peak_at_the_last_bound_was_that_or_more(bounds: tuple[str, ...], peak: float) -> None:
    """The quantile of what lies above the last bound reads as the bound; also where bounds are in ms."""
    assert at_ceiling(_peak(peak), _buckets(*bounds))


@pytest.mark.parametrize("peak", [9.9, 2.5, 0.5])
def test_a_peak_below_it_is_what_it_reads(peak: float) -> None:
    """Inside a bucket the quantile is an estimate, and no bound of what it was."""
    assert not at_ceiling(_peak(peak), _buckets("0.5", "2.5", "10"))


def test_without_buckets_nothing_is_known_of_a_bound() -> None:
    """A summary, a mean, and a share of failures that happens to have the value."""
    assert not at_ceiling(_peak(10.0), None)
    assert not at_ceiling(_peak(10.0), _buckets())
    assert not at_ceiling(_peak(10.0, ERRORS), _buckets("10"))
