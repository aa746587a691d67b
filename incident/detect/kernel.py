"""Finds the stretches of one row that are worse than its baseline: the best of its pieces, joined."""

from collections.abc import Callable
from functools import partial

import numpy as np

from incident.detect.baseline.calm import LEAST_CALM, calm_mask
from incident.detect.baseline.scale import Scaled, percentage, scaled
from incident.detect.baseline.season import without_rhythm
from incident.detect.candidates import boxes
from incident.detect.candidates.gradual import SLOW_PER_HOUR
from incident.detect.episode import Bools, Direction, Episode, Floats
from incident.detect.pieces import accepted
from incident.detect.samples import Question, Samples
from incident.detect.verdict.chance import few_events, few_requests, requests_of
from incident.detect.verdict.earlier import Earlier, Row, earlier_of, less_odd, seasonal, without_days
from incident.detect.verdict.judge import Verdict, least_samples
from incident.detect.verdict.merge import merged
from incident.detect.verdict.remainder import going_on

Chance = Callable[[int, int], bool]


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
    found = list(accepted(sign * scale.y, calm, scale, samples, question, least))
    flat = without_rhythm(scale.y, samples.where, samples.head, question.step_s)
    if flat is not None:
        # What is left without the rhythm is rougher than the series: it takes a sample more.
        found += accepted(sign * flat, calm, scale, samples, question, least + 1)
    chance = _chance(samples, calm, question)
    plain = _whole(_choice(found, chance), sign * scale.y, calm, scale, samples, question, chance)
    days = _days(sign, calm, samples, question)
    if not days:
        return plain
    rest = without_days(sign * scale.y, days)
    left = [] if rest is None else list(accepted(rest, calm, scale, samples, question, least + 1))
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
        found = accepted(y[kept], normal, scale, samples.only(kept), question, least + 1)
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
