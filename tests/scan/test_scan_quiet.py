"""Which rows of a screening never reach the kernel: only those in which it would find nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.detect import Kind, Worse, detect_episodes
from incident.detect.episode import Floats
from incident.fleet.model import Member, Screening
from incident.fleet.quiet import may_stand_out
from incident.fleet.standouts import standouts_of
from incident.model.signals import Measure
from incident.model.spans import Span, aligned
from tests.scan.fleet_rows import fleet_rows

ASKED: tuple[tuple[Kind, Worse], ...] = (
    ("rate", "down"),
    ("latency", "up"),
    ("ratio", "up"),
    ("rate", "up"),
    ("gauge", "up"),
)


@settings(max_examples=40)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from((30.0, 60.0, 120.0, 180.0, 300.0, 600.0)),
    st.sampled_from((40, 80, 160, 240, 400)),
    st.sampled_from((0.1, 0.3, 0.42, 0.6, 0.9)),
    st.sampled_from(ASKED),
)
def test_no_row_with_an_episode_is_left_out(
    seed: int, step_s: float, points: int, share: float, asked: tuple[Kind, Worse]
) -> None:
    """Whatever the kernel would find in any row is found in the rows that are left."""
    rng = np.random.default_rng(seed)
    kind, worse = asked
    rows, baseline = fleet_rows(rng, 24, points, step_s, kind), int(points * share)
    counts = np.where(rng.random(rows.shape) < 0.02, 0.0, 50.0) if kind == "ratio" else None
    loud = may_stand_out(rows, step_s=step_s, baseline=baseline, kind=kind, worse=worse, counts=counts)
    found = detect_episodes(rows, step_s=step_s, baseline=baseline, kind=kind, worse=worse, counts=counts)
    assert not [row for row in np.flatnonzero(~loud).tolist() if found[row]]


@pytest.mark.parametrize(("kind", "worse"), ASKED[:3])
def test_most_rows_of_a_calm_fleet_are_left_out(kind: Kind, worse: Worse) -> None:
    """Rhythm and the noise of few requests are told from trouble without the kernel, but for some rows."""
    rng = np.random.default_rng(7)
    loud = may_stand_out(_calm(rng, kind), step_s=180.0, baseline=100, kind=kind, worse=worse)
    assert loud.mean() < 0.3


def test_what_stands_out_is_what_the_kernel_finds_in_all_rows() -> None:
    """A screening's stretches are those of its member rows, each asked about by itself."""
    start = datetime(2024, 3, 4, tzinfo=UTC)
    window = Span(start + timedelta(hours=6), start + timedelta(hours=12))
    grid = aligned(Span(start, window.end), timedelta(minutes=3))
    rng = np.random.default_rng(11)
    values = {m: fleet_rows(rng, 40, grid.count, 180.0, "latency") for m in Measure}
    members = tuple(Member(f"service-{k:02d}") for k in range(40))
    fleet = standouts_of(Screening(members, grid, window, values, 180_000), Measure.LATENCY)
    alone = [
        one
        for k, member in enumerate(members)
        for one in standouts_of(
            Screening((member,), grid, window, {m: v[[k]] for m, v in values.items()}, 180_000),
            Measure.LATENCY,
        )
    ]
    assert fleet
    assert fleet == alone


def _calm(rng: np.random.Generator, kind: Kind) -> Floats:
    hours = np.arange(240) / 20.0
    wave = 0.4 * np.sin(2 * np.pi * (hours[None] / 24 + rng.random((200, 1))))
    rate = 15.0 * np.exp(wave)
    if kind == "rate":
        counted: Floats = rng.poisson(rate * 180) / 180
        return counted
    if kind == "ratio":
        failed: Floats = rng.binomial(2700, 0.001, rate.shape) / 2700
        return failed
    slow: Floats = 0.1 * np.exp(0.2 * wave + 0.03 * rng.standard_normal(rate.shape))
    return slow
