"""Finds the stretches of series that are worse than their baselines."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from incident.detect.baseline.calm import LEAST_CALM, calm_mask
from incident.detect.baseline.reference import reference_of
from incident.detect.baseline.scale import Scaled, percentage, scaled
from incident.detect.baseline.season import without_rhythm
from incident.detect.baseline.smooth import spans, steady
from incident.detect.candidates import boxes
from incident.detect.candidates.bounds import Piece, calm_between, levels, refined
from incident.detect.candidates.gradual import SLOW_PER_HOUR, slow_of
from incident.detect.candidates.stretches import ENTER, after_jumps, jumps_of, runs
from incident.detect.episode import (
    Bools,
    Direction,
    Episode,
    Floats,
    Ints,
    Kind,
    Worse,
)
from incident.detect.verdict.chance import few_events, few_requests, requests_of
from incident.detect.verdict.earlier import Earlier, Row, earlier_of, less_odd, seasonal, without_days
from incident.detect.verdict.judge import (
    Calibration,
    Verdict,
    burst_samples,
    far_samples,
    judged,
    least_samples,
)
from incident.detect.verdict.merge import merged
from incident.detect.verdict.remainder import going_on

Chance = Callable[[int, int], bool]

LOOK_SHARE = 0.8
"""Boxes are looked at from this share of three sigmas, and of the smallest change, on: their mean is
lower than the median of the piece that they lead to."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about each row."""

    step_s: float
    baseline: int
    kind: Kind
    worse: Worse

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The directions in which an episode may lie."""
        return ("up", "down") if self.worse == "both" else (self.worse,)


@dataclass(frozen=True, slots=True)
class Samples:
    """The samples of a row, without the missing ones."""

    where: Ints
    """Place in the row, shape (n,)."""

    raw: Floats
    """Value in the unit of the row, shape (n,), finite."""

    counts: Floats | None
    """Requests behind each, shape (n,)."""

    head: int
    """How many lie before the window."""

    earlier: Floats | None = None
    """The same time of earlier days, the most alike first, shape (n_days, n); NaN where not known."""

    supported: Bools | None = None
    """Where something else says that something is wrong, shape (n,); None: nowhere."""

    def only(self, kept: Bools) -> "Samples":
        """Those of the mask (n,)."""
        head = int(np.count_nonzero(kept[: self.head]))
        counts = None if self.counts is None else self.counts[kept]
        earlier = None if self.earlier is None else self.earlier[:, kept]
        supported = None if self.supported is None else self.supported[kept]
        return Samples(self.where[kept], self.raw[kept], counts, head, earlier, supported)

    def least(self, piece: Piece, usual: int) -> int:
        """How many samples the piece must have: one is enough where something else speaks for it."""
        return 1 if self.supported is not None and self.supported[piece.start : piece.stop].any() else usual


def samples_of(
    row: Floats,
    counts: Floats | None,
    baseline: int,
    earlier: Floats | None = None,
    supported: Bools | None = None,
) -> Samples:
    """The samples of `row` (n_points,); a ratio of no requests is missing, as NaN and infinities are.

    `earlier` (n_days, n_points) are the values one or several days before; `supported` (n_points,) says
    where something else speaks for an episode.
    """
    present = np.isfinite(row)
    if counts is not None:
        present &= ~(counts <= 0.0)
    where: Ints = np.flatnonzero(present).astype(np.int64)
    kept = None if counts is None else counts[where]
    days = None if earlier is None else earlier[:, where]
    spoken = None if supported is None else supported[where]
    return Samples(where, row[where], kept, int(np.searchsorted(where, baseline)), days, spoken)


def episodes_of(samples: Samples, question: Question) -> list[Episode]:
    """The episodes of one row, in order of onset."""
    if len(samples.raw) < LEAST_CALM:
        return []
    found: list[Episode] = []
    for direction in question.directions:
        for verdict in merged(list(_verdicts(samples, question, direction))):
            if _in_window(samples, verdict):
                found.append(_episode(samples, verdict, direction))
    return _disjoint(found)


def _verdicts(samples: Samples, question: Question, direction: Direction) -> list[Verdict]:
    """The disjoint verdicts in one direction, the one that explains most first."""
    calm = _calm(samples, question, direction)
    scale = scaled(samples.raw, samples.raw[calm], question.kind)
    sign = 1.0 if direction == "up" else -1.0
    least = least_samples(question.step_s)
    found = list(_judged(sign * scale.y, calm, scale, samples, question, least))
    flat = without_rhythm(scale.y, samples.where, samples.head, question.step_s)
    if flat is not None:
        # What is left without the rhythm is rougher than the series: it takes a sample more.
        found += _judged(sign * flat, calm, scale, samples, question, least + 1)
    chance = _chance(samples, calm, question)
    plain = _whole(_choice(found, chance), sign * scale.y, calm, scale, samples, question, chance)
    days = _days(sign, calm, samples, question)
    if not days:
        return plain
    rest = without_days(sign * scale.y, days)
    left = [] if rest is None else list(_judged(rest, calm, scale, samples, question, least + 1))
    row = Row(sign * scale.y, float(np.median(sign * scale.y[calm])), question.step_s)
    chosen = _choice(seasonal(row, found, plain, left, days), chance)
    return chosen if rest is None else _whole(chosen, rest, calm, scale, samples, question, chance)


def _whole(
    taken: list[Verdict],
    y: Floats,
    calm: Bools,
    scale: Scaled,
    samples: Samples,
    question: Question,
    chance: Chance | None,
) -> list[Verdict]:
    """The verdicts with the better and the worse levels that belong to them.

    Not of a gauge: what it holds after a peak is as often its new level, as of memory after a restart.
    """
    if question.kind == "gauge":
        return taken
    least = least_samples(question.step_s)

    def judge(kept: Bools) -> list[Verdict]:
        normal = calm[kept]
        if np.count_nonzero(normal) < LEAST_CALM:
            return []
        found = _judged(y[kept], normal, scale, samples.only(kept), question, least + 1)
        return _choice(list(found), None)

    rhythm = SLOW_PER_HOUR[question.kind] * question.step_s / 3600.0
    whole = going_on(taken, samples.where, judge, least, rhythm)
    return [v for v in whole if v in taken or chance is None or not chance(v.start, v.stop)]


def _days(sign: float, calm: Bools, samples: Samples, question: Question) -> list[Earlier]:
    """The earlier days beside the row, on its scale, worse = up; without those hardly known."""
    if samples.earlier is None:
        return []
    known = np.isfinite(samples.earlier)
    # On one scale: their place is taken by the row's own samples where nothing is known of them.
    both = np.concatenate((samples.raw, *np.where(known, samples.earlier, samples.raw)))
    scale = scaled(both, samples.raw[calm], question.kind)
    y, *others = np.split(sign * scale.y, 1 + len(known))
    days = [np.where(here, other, np.nan) for here, other in zip(known, others, strict=True)]
    if len(days) == 2:
        days = [
            less_odd(one, other, calm, scale.smallest, question.step_s) for one, other in (days, days[::-1])
        ]
    beside = (earlier_of(y, day, calm, scale.smallest, question.step_s) for day in days)
    return [day for day in beside if day is not None]


def _calm(samples: Samples, question: Question, direction: Direction) -> Bools:
    head = samples.head
    trial = samples.raw[:head] if head >= LEAST_CALM else samples.raw
    scale: Scaled = scaled(samples.raw, trial, question.kind)
    y = scale.y if direction == "up" else -scale.y
    return calm_mask(y, head, scale.smallest, one_sided=question.worse != "both")


def _chance(samples: Samples, calm: Bools, question: Question) -> Chance | None:
    """The test of whether a stretch rests on too little to mean anything; None: there is none."""
    if question.kind == "rate":
        return partial(few_events, samples.raw, question.step_s)
    if samples.counts is None or question.kind != "ratio":
        return None
    whole = 100.0 if percentage(samples.raw) else 1.0
    return partial(few_requests, requests_of(samples.raw / whole, samples.counts, calm))


def _judged(
    y: Floats, calm: Bools, scale: Scaled, samples: Samples, question: Question, least: int
) -> Iterator[tuple[float, Verdict]]:
    """Accepted pieces of `y` (n,), worse = up, with the squared error that each explains."""
    normal = y[calm]
    first = samples.head if samples.head >= LEAST_CALM else 0
    reference = reference_of(normal, scale.smallest)
    bumps = boxes.limits(normal, boxes.lengths(max(2, len(y) - first)))
    # A single sample is held against single ones.
    single = {} if samples.supported is None else boxes.limits(normal, [1])
    jumps = jumps_of(y, normal, least)
    falls = jumps_of(-y, -normal, least)
    slow = slow_of(scale, question.kind, question.step_s)
    far, burst = far_samples(question.step_s), burst_samples(question.kind, least)
    known = Calibration(reference, single | bumps, jumps, falls, slow, far, burst)
    for explained, piece in (*_pieces(y, first, known, least), *_peaks(y, known, samples, least)):
        for verdict in _parted(y, piece, known, samples.least(piece, least)):
            if verdict.stop > first:
                yield explained, verdict


def _parted(y: Floats, piece: Piece, known: Calibration, least: int) -> list[Verdict]:
    """The verdict on a piece, or on its two halves where the series was back between them and both stand."""
    between = calm_between(y, piece)
    if between is not None:
        first, second = (judged(y, half, known, least) for half in _halves(y, piece, between, known))
        if first is not None and second is not None and first.stop <= second.start:
            return [first, second]
    whole = judged(y, piece, known, least)
    return [] if whole is None else [whole]


def _halves(y: Floats, piece: Piece, between: tuple[int, int], known: Calibration) -> tuple[Piece, Piece]:
    """The two parts of a piece, each with the bounds that it has without the other."""
    (start, stop), centre, noise = between, known.reference.centre, known.reference.noise
    first = refined(y[:stop], piece.start, start, centre=centre, noise=noise)
    second = refined(y[start:], stop - start, piece.stop - start, centre=centre, noise=noise)
    return first, replace(second, start=second.start + start, stop=second.stop + start)


def _pieces(y: Floats, first: int, known: Calibration, least: int) -> Iterator[tuple[float, Piece]]:
    reference = known.reference
    centre, noise = reference.centre, reference.noise
    look = LOOK_SHARE * max(3.0 * reference.sigma, reference.smallest)
    several = {length: limit for length, limit in known.bumps.items() if length > 1}
    for box in boxes.standing_out(y, first, several, look):
        yield box.explained, refined(y, box.start, box.stop, centre=centre, noise=noise)
    stretches = list(runs(y, reference))
    stretches += after_jumps(y, steady(y, least), known.jumps, reference, least)
    for start, stop in stretches:
        if stop > first:
            piece = refined(y, start, stop, centre=centre, noise=noise)
            yield boxes.explained(piece.height, piece.stop - piece.start), piece


def _peaks(y: Floats, known: Calibration, samples: Samples, least: int) -> Iterator[tuple[float, Piece]]:
    """What stands out where something else speaks for it, as short as it is: bounds would go farther out."""
    if samples.supported is None:
        return
    reference = known.reference
    for start, stop in spans(y - reference.centre > ENTER * reference.band):
        if stop - start < least and samples.supported[start:stop].any():
            piece = levels(y, start, stop, reference.centre)
            yield boxes.explained(piece.height, stop - start), piece


def _choice(found: list[tuple[float, Verdict]], chance: Chance | None) -> list[Verdict]:
    taken: list[Verdict] = []
    for _, verdict in sorted(found, key=lambda f: (-f[0], f[1].start, f[1].stop)):
        if any(verdict.start < t.stop and t.start < verdict.stop for t in taken):
            continue
        if chance is None or not chance(verdict.start, verdict.stop):
            taken.append(verdict)
    return taken


def _in_window(samples: Samples, verdict: Verdict) -> bool:
    return samples.head < LEAST_CALM or verdict.stop > samples.head


def _episode(samples: Samples, verdict: Verdict, direction: Direction) -> Episode:
    where, raw = samples.where, samples.raw
    inside = raw[verdict.start : verdict.stop]
    flank = boxes.flank_of(len(inside))
    before = raw[max(0, verdict.start - flank) : verdict.start]
    worst = int(np.argmax(inside) if direction == "up" else np.argmin(inside))
    onset, end = _places(samples, verdict.start, verdict.stop)
    earlier = int(where[verdict.start - 1]) if verdict.start > 0 else -2
    return Episode(
        onset=onset,
        end=end,
        peak=int(where[verdict.start + worst]),
        before=_median(before if before.size else raw),
        inside=_median(inside),
        direction=direction,
        rule=verdict.rule,
        reach_ratio=verdict.reach_ratio,
        bump_ratio=verdict.bump_ratio,
        jump_ratio=verdict.jump_ratio,
        samples=len(inside),
        stretches=tuple(_places(samples, *stretch) for stretch in verdict.stretches),
        onset_uncertain=earlier != onset - 1,
        end_uncertain=end is not None and end != int(where[verdict.stop - 1]) + 1,
    )


def _median(y: Floats) -> float:
    ordered = np.sort(y)
    # Halved first: the sum of two numbers near the end of the floating range is not finite.
    return float(ordered[(len(y) - 1) // 2] / 2.0 + ordered[len(y) // 2] / 2.0)


def _places(samples: Samples, start: int, stop: int) -> tuple[int, int | None]:
    where = samples.where
    return int(where[start]), int(where[stop]) if stop < len(where) else None


def _disjoint(found: list[Episode]) -> list[Episode]:
    """In order of onset; of two that overlap (one up, one down) the one farther out stays."""
    kept: list[Episode] = []
    for episode in sorted(found, key=lambda e: (-e.reach_ratio, e.onset)):
        if not any(_overlap(episode, other) for other in kept):
            kept.append(episode)
    return sorted(kept, key=lambda e: e.onset)


def _overlap(a: Episode, b: Episode) -> bool:
    return (b.end is None or a.onset < b.end) and (a.end is None or b.onset < a.end)
