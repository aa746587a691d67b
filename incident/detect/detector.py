"""The entry of the kernel: a matrix of series, screened, then analysed row by row."""

from collections.abc import Iterator

import numpy as np

from incident.detect.baseline.season import rhythm_known
from incident.detect.episode import Bools, Episode, Floats, Kind, Worse
from incident.detect.kernel import episodes_of
from incident.detect.samples import Question, samples_of
from incident.detect.screen import sticking_out
from incident.detect.verdict.judge import least_samples

CHUNK_SAMPLES = 1 << 16
"""Samples screened at once: half a megabyte stays in a core's cache."""


def detect_episodes(
    values: Floats,
    *,
    step_s: float,
    baseline: int,
    kind: Kind,
    worse: Worse,
    counts: Floats | None = None,
    earlier: Floats | None = None,
    supported: Bools | None = None,
) -> list[list[Episode]]:
    """The stretches of each row that are worse than its baseline, in order of onset.

    `values` has shape (n_series, n_points): one sample every `step_s` seconds; NaN and infinities are
    missing samples, which never count as good or bad. The first `baseline` points lie before the
    window and say what is normal; 0: there are none, the calm part of the row is its own baseline.
    `worse` is the direction in which the signal gets worse. `counts`, of the same shape, are the
    requests behind each sample of a ratio, NaN where not known: a ratio of few requests must
    differ by more than chance. `earlier`, shape (n_days, n_series, n_points), are the values at the same
    time of earlier days, the most alike (a week ago) first, NaN where not known: what they had too is no
    episode, and what differs from two of them may be one. `supported`, shape (n_points,), is true where
    something else, an alert, says that something is wrong: an episode there may be as short as a sample.

    Rows do not influence each other. Raises ValueError where the arguments do not fit together.
    """
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim != 2:
        raise ValueError(f"values: two dimensions needed, got {matrix.ndim}")
    if not 0 <= baseline <= matrix.shape[1]:
        raise ValueError(f"baseline: {baseline} does not lie in 0..{matrix.shape[1]}")
    if not step_s > 0.0:
        raise ValueError(f"step_s: {step_s} is not a positive number of seconds")
    weights, days = _beside(matrix, counts, earlier)
    if supported is not None and supported.shape != matrix.shape[1:]:
        raise ValueError(f"supported: shape {matrix.shape[1:]} needed, got {supported.shape}")
    question = Question(step_s, baseline, kind, worse)
    found: list[list[Episode]] = [[] for _ in matrix]
    always = _unscreened(len(matrix), days, supported)
    for row in _worth_a_look(matrix, weights, question, always):
        samples = samples_of(
            matrix[row],
            None if weights is None else weights[row],
            baseline,
            None if days is None else days[:, row],
            supported,
        )
        found[row] = episodes_of(samples, question)
    return found


def _beside(
    matrix: Floats, counts: Floats | None, earlier: Floats | None
) -> tuple[Floats | None, Floats | None]:
    """What stands beside each sample, as arrays that fit them."""
    weights = None if counts is None else np.asarray(counts, dtype=np.float64)
    if weights is not None and weights.shape != matrix.shape:
        raise ValueError(f"counts: shape {matrix.shape} needed, got {weights.shape}")
    days = None if earlier is None else np.asarray(earlier, dtype=np.float64)
    if days is not None and (days.ndim != 3 or days.shape[1:] != matrix.shape):
        raise ValueError(f"earlier: shape (n_days, {matrix.shape}) needed, got {days.shape}")
    return weights, days


def _unscreened(n_series: int, days: Floats | None, supported: Bools | None) -> Bools:
    """The rows (n_series,) that are analysed whatever the screening says."""
    # The screening looks for what is longer than what is supported may be.
    always = np.full(n_series, supported is not None and supported.any())
    if days is not None:
        # A day that may be known of some rows only: those rows are compared with two at least.
        always |= np.isfinite(days).any(axis=2).sum(axis=0) > 1
    return always


def _worth_a_look(matrix: Floats, counts: Floats | None, question: Question, always: Bools) -> Iterator[int]:
    """The rows that may hold an episode; those of `always` (n_series,) do without the screening."""
    n_series, n_points = matrix.shape
    if rhythm_known(question.baseline, question.step_s):
        yield from range(n_series)
        return
    rows = max(1, CHUNK_SAMPLES // max(n_points, 1))
    for start in range(0, n_series, rows):
        chunk = matrix[start : start + rows]
        if counts is not None:
            chunk = np.where(counts[start : start + rows] <= 0.0, np.nan, chunk)
        samples = least_samples(question.step_s)
        out = sticking_out(chunk, question.baseline, question.kind, question.directions, samples)
        out |= always[start : start + rows]
        yield from (start + int(row) for row in np.flatnonzero(out))
