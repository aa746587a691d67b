"""Finds the stretches of series that are worse than their baselines."""

from bisect import bisect_left

import numpy as np

from incident.detect import boxes
from incident.detect.bands import runs
from incident.detect.bounds import Piece, refined
from incident.detect.calm import LEAST_CALM, calm_head, calm_part
from incident.detect.episode import Direction, Episode, Floats, Ints, Kind, Worse
from incident.detect.judge import Verdict, judged
from incident.detect.reference import Reference, noise_of, reference_of
from incident.detect.scale import scaled

STANDS_OUT = 1.5
"""A box must be this many times the baseline's largest of its length to be looked at."""

MERGE_SAMPLES = 3
MERGE_SHARE = 0.25
"""Two verdicts nearer than this (samples, share of the shorter) are one incident."""


def detect_episodes(
    values: Floats,
    *,
    step_s: float,
    baseline: int,
    kind: Kind,
    worse: Worse,
    counts: Floats | None = None,
) -> list[list[Episode]]:
    """The episodes of each row of `values`, in order of onset.

    `values` has shape (n_series, n_points), NaN or an infinity = no sample, one sample every
    `step_s` seconds. The first `baseline` points lie before the window and say what is normal; 0:
    there are none, the calm part of the row is its own baseline. `worse` is the direction in which
    the signal gets worse. `counts`, of the same shape, are the requests behind each sample of a ratio.

    Raises ValueError where the shapes or the baseline do not fit.
    """
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim != 2:
        raise ValueError(f"values: two dimensions needed, got {matrix.ndim}")
    if not 0 <= baseline <= matrix.shape[1]:
        raise ValueError(f"baseline: {baseline} is not within 0..{matrix.shape[1]}")
    if counts is not None and np.shape(counts) != matrix.shape:
        raise ValueError(f"counts: shape {matrix.shape} needed, got {np.shape(counts)}")
    return [_episodes(row, step_s, baseline, kind, worse) for row in matrix]


def _episodes(row: Floats, step_s: float, baseline: int, kind: Kind, worse: Worse) -> list[Episode]:
    where: Ints = np.flatnonzero(np.isfinite(row)).astype(np.int64)
    raw = row[where]
    head = bisect_left(where, baseline)
    if len(raw) < LEAST_CALM:
        return []
    scale = scaled(raw, raw[:head] if head >= LEAST_CALM else raw, kind)
    found: list[Episode] = []
    directions: list[Direction] = ["up", "down"] if worse == "both" else [worse]
    for direction in directions:
        y = scale.y if direction == "up" else -scale.y
        if head >= LEAST_CALM:
            first = calm_head(y, head, scale.smallest)
            calm = y[:first]
        else:
            first = 0
            calm = y[calm_part(y, scale.smallest, one_sided=worse != "both")]
        for verdict in _verdicts(y, calm, first, scale.smallest, step_s):
            found.append(_episode(row, where, raw, verdict, direction))
    return _disjoint(found)


def _verdicts(y: Floats, calm: Floats, first: int, smallest: float, step_s: float) -> list[Verdict]:
    reference = reference_of(calm, smallest)
    limit = boxes.limits(calm, boxes.lengths(max(2, len(y) - first)))
    noise = noise_of(calm)
    least = max(3.0 * reference.sigma, smallest)
    pieces: list[tuple[float, Piece]] = []
    for box in boxes.candidates(y, first, limit, least=least, factor=STANDS_OUT):
        pieces.append((box.explained, _refined(y, box.start, box.stop, reference, noise)))
    for start, stop in runs(y[first:], reference):
        piece = _refined(y, start + first, stop + first, reference, noise)
        length = piece.stop - piece.start
        around = 2 * boxes.flank_of(length)
        height = piece.inside - max(piece.before, piece.after or piece.before)
        pieces.append((max(height, 0.0) ** 2 * length * around / (length + around), piece))
    taken: list[Verdict] = []
    for _, piece in sorted(pieces, key=lambda p: (-p[0], p[1].start)):
        if any(piece.start < t.piece.stop and t.piece.start < piece.stop for t in taken):
            continue
        bound = limit[max((n for n in limit if n <= piece.stop - piece.start), default=2)]
        verdict = judged(y, piece, reference, bound, step_s=step_s)
        if verdict is not None and piece.stop > first:
            taken.append(verdict)
    return _merged(y, sorted(taken, key=lambda v: v.piece.start), reference)


def _refined(y: Floats, start: int, stop: int, reference: Reference, noise: float) -> Piece:
    return refined(y, start, stop, centre=reference.centre, noise=noise)


def _merged(y: Floats, verdicts: list[Verdict], reference: Reference) -> list[Verdict]:
    merged: list[Verdict] = []
    for verdict in verdicts:
        if merged:
            last, piece = merged[-1].piece, verdict.piece
            shorter = min(last.stop - last.start, piece.stop - piece.start)
            if piece.start - last.stop < max(MERGE_SAMPLES, MERGE_SHARE * shorter):
                inside = float(np.median(y[last.start : piece.stop]))
                whole = Piece(last.start, piece.stop, last.before, inside, piece.after)
                stronger = max(merged[-1], verdict, key=lambda v: v.reach_ratio)
                merged[-1] = Verdict(
                    whole, stronger.rule, stronger.reach_ratio, stronger.bump_ratio
                )
                continue
        merged.append(verdict)
    return merged


def _episode(
    row: Floats, where: Ints, raw: Floats, verdict: Verdict, direction: Direction
) -> Episode:
    piece = verdict.piece
    onset, last = int(where[piece.start]), int(where[piece.stop - 1])
    end = int(where[piece.stop]) if piece.stop < len(where) else None
    inside = raw[piece.start : piece.stop]
    worst = int(np.argmax(inside)) if direction == "up" else int(np.argmin(inside))
    flank = raw[max(0, piece.start - boxes.flank_of(len(inside))) : piece.start]
    return Episode(
        onset=onset,
        end=end,
        peak=int(where[piece.start + worst]),
        before=float(np.median(flank if flank.size else raw)),
        inside=float(np.median(inside)),
        direction=direction,
        rule=verdict.rule,
        reach_ratio=verdict.reach_ratio,
        bump_ratio=verdict.bump_ratio,
        samples=len(inside),
        onset_uncertain=piece.start == 0 or int(where[piece.start - 1]) != onset - 1,
        end_uncertain=end is not None and end != last + 1,
    )


def _disjoint(found: list[Episode]) -> list[Episode]:
    """In order of onset; of two that overlap (one up, one down) the one farther out stays."""
    kept: list[Episode] = []
    for episode in sorted(found, key=lambda e: -e.reach_ratio):
        if not any(_overlap(episode, other) for other in kept):
            kept.append(episode)
    return sorted(kept, key=lambda e: e.onset)


def _overlap(a: Episode, b: Episode) -> bool:
    return (b.end is None or a.onset < b.end) and (a.end is None or b.onset < a.end)
