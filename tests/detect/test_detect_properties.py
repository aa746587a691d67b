"""What must not change the answer."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.detect import Episode, detect_episodes
from incident.detect.detector import CHUNK_SAMPLES
from incident.detect.episode import Floats, Kind, Worse

POINTS, BASELINE = 420, 240
KINDS: st.SearchStrategy[Kind] = st.sampled_from(["latency", "ratio", "rate", "gauge"])
WORSE: st.SearchStrategy[Worse] = st.sampled_from(["up", "down", "both"])
SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed: int, rows: int = 1) -> Floats:
    """Noisy rows of 0..1, many with a fault of any place, length and size, some with lost samples."""
    rng = np.random.default_rng(seed)
    matrix = np.clip(0.3 * np.exp(rng.normal(0.0, rng.uniform(0.02, 0.3), (rows, POINTS))), 0.0, 1.0)
    for row in matrix:
        start = int(rng.integers(BASELINE - 40, POINTS))
        stop = start + int(rng.integers(1, 120))
        row[start:stop] = np.clip(row[start:stop] * rng.choice([0.1, 0.5, 1.0, 1.7, 3.0]), 0.0, 1.0)
        row[rng.random(POINTS) < rng.choice([0.0, 0.0, 0.05])] = np.nan
    return matrix


def asked(
    values: Floats, kind: Kind, worse: Worse, baseline: int = BASELINE, counts: Floats | None = None
) -> list[list[Episode]]:
    return detect_episodes(values, step_s=60.0, baseline=baseline, kind=kind, worse=worse, counts=counts)


def places(found: list[list[Episode]]) -> list[list[tuple[int, int | None, int, str]]]:
    return [[(e.onset, e.end, e.peak, e.direction) for e in row] for row in found]


def moved(episode: Episode, by: int) -> Episode:
    """The episode `by` points later."""

    def later(at: int | None) -> int | None:
        return None if at is None else at + by

    return dataclasses.replace(
        episode,
        onset=episode.onset + by,
        end=later(episode.end),
        peak=episode.peak + by,
        stretches=tuple((a + by, later(b)) for a, b in episode.stretches),
    )


@given(seed=SEEDS, kind=KINDS, worse=WORSE, by=st.integers(0, 300))
def test_a_shift_in_time_shifts_the_answer(seed: int, kind: Kind, worse: Worse, by: int) -> None:
    """Points without samples before the row move every index and change nothing else."""
    row = drawn(seed)
    later = np.concatenate([np.full((1, by), np.nan), row], axis=1)

    found = asked(later, kind, worse, BASELINE + by)

    assert found == [[moved(e, by) for e in asked(row, kind, worse)[0]]]


@given(seed=SEEDS, kind=KINDS, worse=WORSE, after=st.integers(1, 200))
def test_points_without_samples_after_the_row_change_nothing(
    seed: int, kind: Kind, worse: Worse, after: int
) -> None:
    """A window that reaches beyond the last sample concludes nothing from that."""
    row = drawn(seed)

    assert asked(np.pad(row, ((0, 0), (0, after)), constant_values=np.nan), kind, worse) == asked(
        row, kind, worse
    )


@given(
    seed=SEEDS,
    kind=st.sampled_from(["latency", "rate", "gauge"]),
    worse=WORSE,
    exponent=st.integers(-60, 60),
)
def test_the_unit_does_not_matter(seed: int, kind: Kind, worse: Worse, exponent: int) -> None:
    """Latency, gauges and rates of many events in another unit have the same episodes."""
    busy = 2.0**100 if kind == "rate" else 1.0
    row, unit = busy * drawn(seed), 2.0**exponent
    scaled = [
        dataclasses.replace(e, before=e.before * unit, inside=e.inside * unit)
        for e in asked(row, kind, worse)[0]
    ]

    assert asked(row * unit, kind, worse) == [scaled]


@given(seed=SEEDS, worse=WORSE)
def test_percentages_are_ratios(seed: int, worse: Worse) -> None:
    """A ratio counted from 0 to 100 has the episodes of the one from 0 to 1."""
    row = drawn(seed)

    assert places(asked(row * 100.0, "ratio", worse)) == places(asked(row, "ratio", worse))


@given(seed=SEEDS, kind=st.sampled_from(["gauge", "ratio"]))
def test_up_is_down_mirrored(seed: int, kind: Kind) -> None:
    """An availability has the episodes of the error ratio that it complements, the other way round."""
    row = np.round(drawn(seed) * 256.0) / 256.0
    mirrored = 1.0 - row if kind == "ratio" else -row

    up, down = asked(row, kind, "up")[0], asked(mirrored, kind, "down")[0]

    assert [(e.onset, e.end, e.rule) for e in up] == [(e.onset, e.end, e.rule) for e in down]


@settings(max_examples=30)
@given(seed=SEEDS, kind=KINDS, worse=WORSE, rows=st.integers(2, 8), data=st.data())
def test_rows_do_not_influence_each_other(
    seed: int, kind: Kind, worse: Worse, rows: int, data: st.DataObject
) -> None:
    """Their order, the chunks they come in and healthy neighbours change no row's answer."""
    matrix = drawn(seed, rows)
    matrix[0] = 0.3
    whole = asked(matrix, kind, worse)
    order = data.draw(st.permutations(range(rows)))
    cut = data.draw(st.integers(0, rows))

    assert asked(matrix[list(order)], kind, worse) == [whole[i] for i in order]
    assert asked(matrix[:cut], kind, worse) + asked(matrix[cut:], kind, worse) == whole
    assert [asked(row[np.newaxis], kind, worse)[0] for row in matrix] == whole


@given(seed=SEEDS, kind=KINDS, worse=WORSE)
def test_the_answer_is_well_formed(seed: int, kind: Kind, worse: Worse) -> None:
    """Episodes are ordered, disjoint, reach into the window, and their peak lies inside."""
    (row,) = drawn(seed)
    (found,) = asked(row[np.newaxis], kind, worse)

    for episode in found:
        end = POINTS if episode.end is None else episode.end
        assert 0 <= episode.onset <= episode.peak < end
        assert end > BASELINE
        assert np.isfinite(row[episode.onset])
        assert episode.end is None or np.isfinite(row[episode.end])
        assert episode.samples == np.isfinite(row[episode.onset : end]).sum() >= 2
        assert episode.direction in (["up", "down"] if worse == "both" else [worse])
    for one, following in pairwise(found):
        assert one.end is not None
        assert one.end <= following.onset


@given(seed=SEEDS, worse=WORSE)
def test_many_requests_are_as_good_as_no_counts(seed: int, worse: Worse) -> None:
    """Counts too large for chance, and counts that are not known, leave the answer alone."""
    row = drawn(seed)
    plain = asked(row, "ratio", worse)

    assert asked(row, "ratio", worse, counts=np.full(row.shape, 1e9)) == plain
    assert asked(row, "ratio", worse, counts=np.full(row.shape, np.nan)) == plain


@given(seed=SEEDS, worse=WORSE)
def test_a_ratio_of_no_requests_is_a_missing_sample(seed: int, worse: Worse) -> None:
    """Where nobody asked, nothing failed and nothing worked."""
    row = drawn(seed)
    asleep = np.random.default_rng(seed).random(row.shape) < 0.1
    counts = np.where(asleep, 0.0, 1e9)

    assert asked(row, "ratio", worse, counts=counts) == asked(np.where(asleep, np.nan, row), "ratio", worse)


def test_a_fleet_is_a_list_of_series() -> None:
    """More rows than one screening chunk holds are answered in their order."""
    matrix = drawn(7, 60)
    assert 6 * matrix.size > 2 * CHUNK_SAMPLES

    assert asked(np.tile(matrix, (6, 1)), "latency", "up") == asked(matrix, "latency", "up") * 6
