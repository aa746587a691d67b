"""The vectorised parts against brute force, and the screening against the full analysis."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from incident.detect import Kind, Worse, detect_episodes
from incident.detect.baseline.smooth import bridged, running_medians, spans, steady, trailing_medians
from incident.detect.candidates import boxes
from incident.detect.candidates.bounds import (
    BACK_SAMPLES,
    BACK_SHARE,
    LEVEL_SHARE,
    RAMP_FIT,
    RAMP_SAMPLES,
    STEP_MARGIN,
    Piece,
    with_ramps,
)
from incident.detect.candidates.stretches import jump_sizes
from incident.detect.episode import Bools, Floats
from incident.detect.kernel import episodes_of
from incident.detect.samples import Question, samples_of
from incident.detect.screen import QUANTILES, sticking_out
from incident.detect.verdict.judge import least_samples
from tests.detect import naive
from tests.detect.shapes import (
    Clock,
    Drawn,
    error_ratio,
    gauge,
    latency_quantile,
    ramp,
    request_rate,
    rhythm,
    step,
)

NUMBERS = st.integers(-50, 50).map(float)


def series(least: int, most: int) -> st.SearchStrategy[Floats]:
    return st.integers(least, most).flatmap(lambda n: arrays(np.float64, n, elements=NUMBERS))


@given(y=series(1, 60), width=st.integers(1, 20))
def test_running_medians_are_medians(y: Floats, width: int) -> None:
    """One median per window."""
    if width <= len(y):
        assert running_medians(y, width).tolist() == naive.running_median(y, width)


@given(y=series(7, 60), samples=st.integers(2, 4))
def test_steady_is_a_mirrored_running_median(y: Floats, samples: int) -> None:
    """What lasts fewer samples than asked is gone, and the length stays."""
    assert steady(y, samples).tolist() == naive.steady(y, samples)


@given(y=series(1, 5))
def test_too_short_a_series_stays_as_it_is(y: Floats) -> None:
    """A window that does not fit smooths nothing."""
    assert np.array_equal(steady(y, 4), y)


@given(y=series(0, 60), width=st.integers(6, 20), least=st.integers(1, 6))
def test_trailing_medians_look_back_only(y: Floats, width: int, least: int) -> None:
    """Each index has the median of what came before, NaN where too little did."""
    expected = [naive.trailing_median(y, at, width, least) for at in range(len(y) + 1)]

    assert np.array_equal(trailing_medians(y, width, least), expected, equal_nan=True)


@given(y=series(1, 60), samples=st.integers(1, 5))
def test_jumps_separate_the_next_samples_from_the_last(y: Floats, samples: int) -> None:
    """Positive only where every next sample lies above every last one."""
    assert jump_sizes(y, samples).tolist() == [naive.jump(y, at, samples) for at in range(len(y))]


@given(y=series(2, 90), length=st.integers(2, 40))
def test_contrasts_compare_a_box_with_its_higher_neighbour(y: Floats, length: int) -> None:
    """Every box of a length, both neighbours or the left one alone."""
    if length > len(y):
        return
    expected = [naive.contrast(y, start, length) for start in range(len(y) - length + 1)]

    assert np.allclose(boxes.Contrasts(y).of(length), expected, equal_nan=True)


@given(y=series(20, 90))
def test_limits_are_the_largest_contrasts_of_the_baseline(y: Floats) -> None:
    """Per length the largest contrast, and the last known one where a length does not fit."""
    last = 0.0
    for length, found in boxes.limits(y, boxes.lengths(40)).items():
        fitting = naive.limit(y, length)
        last = last if fitting is None else fitting
        assert found == pytest.approx(last, abs=1e-9)


@given(mask=arrays(np.bool_, st.integers(0, 40)))
def test_spans_and_bridges(mask: Bools) -> None:
    """Stretches of True, and single holes between two of them filled."""
    assert spans(mask) == naive.spans(mask)
    filled = [bool(m) or (0 < i < len(mask) - 1 and bool(mask[i - 1] and mask[i + 1]))
              for i, m in enumerate(mask)]  # fmt: skip
    assert bridged(mask).tolist() == filled


@given(noise=arrays(np.float64, 40, elements=st.floats(-3, 3)), length=st.integers(1, 40))
def test_the_foot_of_a_ramp_is_where_the_best_line_ends(noise: Floats, length: int) -> None:
    """The closed form finds the line that brute force finds, unless a step explains more.

    Neither leads far beyond where three samples in a row are back: there another incident may lie.
    """
    rise = np.concatenate([np.linspace(100.0, 50.0, length + 1)[1:], np.zeros(40 - length)]) / 100.0
    y = np.concatenate([(100.0 * rise + noise)[::-1], np.full(41, 100.0), np.full(30, np.nan)])
    piece = Piece(40, 81, 0.0, 100.0, None)
    start = 40
    while y[start] <= 50.0:
        start += 1
    way = y[max(0, start - 41) : start][::-1]
    low = [bool((way[k : k + BACK_SAMPLES] <= 50.0 * BACK_SHARE).all()) for k in range(39)]
    back = max(1, low.index(True)) if any(low) else len(way)
    way = way[: round(back / (1.0 - BACK_SHARE)) + BACK_SAMPLES]
    errors = [naive.ramp_error(way, 0.0, 50.0, k) for k in range(1, len(way) + 1)]
    best = int(np.argmin(errors)) + 1
    whole = float(np.sum(way**2))
    steps = [whole - naive.step_error(way, 0.0, k) for k in range(1, min(back, len(way)) + 1)]
    gained, level = whole - min(errors), way[: int(np.argmax(steps)) + 1]
    half = len(level) // 2
    flat = half > 0 and float(np.mean(level[half:])) >= LEVEL_SHARE * float(np.mean(level[:half]))

    onset, _ = with_ramps(y, piece)

    if (
        (1.01 * max(steps) < STEP_MARGIN * gained or not flat)
        and best > RAMP_SAMPLES
        and naive.ramp_error(way[:best], 0.0, 50.0, best)
        < (0.9 * (1.0 - RAMP_FIT)) * float(np.sum(way[:best] ** 2))
    ):
        assert start - onset == pytest.approx(best, abs=1)
    if flat and max(steps) > 1.01 * STEP_MARGIN * gained:
        assert onset == piece.start
    assert onset <= piece.start


def faults(clock: Clock, rng: np.random.Generator) -> list[Drawn]:
    """One series of each kind, some healthy, some with a fault."""
    start = float(rng.uniform(0, 2400))
    height = float(rng.choice([1.0, 1.3, 1.7, 3.0]))
    shape = step(clock, start, start + float(rng.uniform(60, 2400)), height, 1.0)
    climb = ramp(clock, (start, 1.0), (start + 900, height))
    rps = float(rng.choice([0.1, 2.0, 50.0]))
    failing = float(rng.choice([0.001, 0.01, 0.05, 0.5]))
    return [
        latency_quantile(rng, clock, rps, shape),
        latency_quantile(rng, clock, rps, climb),
        request_rate(rng, clock, rps, shape),
        request_rate(rng, clock, rps, rhythm(clock, 0.5), "down"),
        error_ratio(rng, clock, rps, step(clock, start, start + 600, failing, 0.001)),
        gauge(rng, clock, 0.5, 0.1, shape),
        gauge(rng, clock, 0.5, 0.02, climb),
    ]


@pytest.mark.parametrize(("step_s", "lead_s"), [*product([15.0, 60.0, 300.0], [0.0, 3600.0, 14400.0])])
@pytest.mark.parametrize("seed", range(6))
def test_the_screening_loses_nothing(step_s: float, lead_s: float, seed: int) -> None:
    """Every row in which the full analysis finds an episode passes the screening."""
    rng = np.random.default_rng(seed)
    clock = Clock(step_s=step_s, lead_s=lead_s, window_s=14400.0)
    lost = []
    for drawn in faults(clock, rng):
        row = np.where(rng.random(len(drawn.values)) < 0.03, np.nan, drawn.values)
        question = Question(drawn.step_s, drawn.baseline, drawn.kind, drawn.worse)
        found = episodes_of(samples_of(row, None, drawn.baseline), question)
        (passed,) = sticking_out(
            row[np.newaxis], drawn.baseline, drawn.kind, question.directions, least_samples(step_s)
        )
        lost += [(drawn.kind, found)] if found and not passed else []

    assert lost == []


@pytest.mark.parametrize("seed", range(24))
def test_the_screening_loses_nothing_of_wild_series(seed: int) -> None:
    """The same on steps, spikes and noise of any size, with either direction bad."""
    rng = np.random.default_rng(seed)
    kind: Kind = rng.choice(["latency", "ratio", "rate", "gauge"])
    worse: Worse = rng.choice(["up", "down", "both"])
    matrix = np.clip(rng.normal(0.4, rng.uniform(0.0, 0.1), (40, 200)), 0.0, 1.0)
    for row in matrix:
        for _ in range(int(rng.integers(0, 4))):
            start, length = int(rng.integers(0, 198)), int(rng.integers(1, 60))
            row[start : start + length] = rng.uniform(0.0, 1.0)
    matrix[rng.random(matrix.shape) < 0.02] = np.nan
    question = Question(60.0, 120, kind, worse)
    full = [episodes_of(samples_of(row, None, 120), question) for row in matrix]

    assert detect_episodes(matrix, step_s=60.0, baseline=120, kind=kind, worse=worse) == full


@given(
    seed=st.integers(0, 2**32 - 1),
    per_sample=st.sampled_from([0.3, 1.0, 3.0, 10.0]),
    usual=st.sampled_from([0.0, 0.01, 0.2]),
    failing=st.floats(0.05, 1.0),
    length=st.integers(1, 40),
    lead=st.sampled_from([12, 60, 480]),
)
def test_the_screening_loses_nothing_of_few_requests(
    seed: int, per_sample: float, usual: float, failing: float, length: int, lead: int
) -> None:
    """Ratios of few requests have few values, far apart: what lies between two depends on the scale."""
    rng = np.random.default_rng(seed)
    share = np.full(lead + 80, usual)
    start = int(rng.integers(lead - 3, lead + 76))
    share[start : start + length] = max(usual, failing)
    counts = rng.poisson(per_sample, share.size).astype(np.float64)
    failed = rng.binomial(counts.astype(np.int64), share)
    row = np.divide(failed, counts, out=np.full(share.size, np.nan), where=counts > 0)
    for step_s in (15.0, 60.0, 300.0):
        question = Question(step_s, lead, "ratio", "up")
        if episodes_of(samples_of(row, None, lead), question):
            assert sticking_out(row[np.newaxis], lead, "ratio", ("up",), least_samples(step_s)).all()


def test_the_screening_passes_few_healthy_rows() -> None:
    """On a fleet with nothing wrong at most one row in ten is analysed in full."""
    rng = np.random.default_rng(11)
    t = np.linspace(0.0, 4 * np.pi, 2880)
    fleet = 0.1 * np.exp(0.2 * np.sin(t + rng.uniform(0, 6, (200, 1))) + rng.normal(0, 0.08, (200, 2880)))

    assert sticking_out(fleet, 1440, "latency", ("up",), 3).mean() <= 0.1


def test_the_quantiles_are_those_of_the_reference() -> None:
    """The screening and the analysis look at the same percentiles."""
    assert QUANTILES.tolist() == [0.01, 0.25, 0.5, 0.75, 0.99]
