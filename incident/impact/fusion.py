"""Which departures are impact on users, and the episodes they make together.

Errors, latency, lost traffic, targets and probes are judged in their own words; a signal that stands
alone, with no alert and no second signal, must show more than two that agree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from incident.detect.verdict.judge import least_samples
from incident.impact.departure import Departure
from incident.impact.signals.again import stands_out_again
from incident.impact.signals.departures import baseline_points
from incident.impact.signals.rhythm import usual
from incident.impact.signals.support import spoken_ms, telling
from incident.model.evidence import Evidence
from incident.model.policy import Policy
from incident.model.signals import Measure, Role, SignalSeries
from incident.model.spans import Grid, Values

_AGREE = timedelta(minutes=5)
"""Signals and alerts of one fault start within the range of a rate and an alert's `for`."""
_ERRORS_ALONE = 0.02
"""A failing share that one signal alone may claim: below, retries hide it from most users."""
_ERRORS_AGREED = 0.003
"""With a second witness, three failures in a thousand requests above the level before."""
_LATENCY_ALONE = 1.5
"""A lone latency must grow by half: load moves a tail quantile by a third in a healthy service."""
_LATENCY_AGREED = 1.2
"""With a second witness, growth by a fifth."""
_LEAST_FAILURES = 5
"""Fewer failed requests than this are single users' bad luck, whatever share they make."""
_LEAST_SLOW_SAMPLE = 100
"""Requests needed before a 99th percentile is more than its largest value."""
_TRAFFIC_KEPT = 0.6
"""A sudden loss of two fifths is one of two targets gone; a batch bump that ends loses less."""
_LOST_SURE = 4.0
"""Poisson standard errors; a quiet service loses half its requests of five minutes every other night."""
_TRAFFIC_SUDDEN = timedelta(minutes=5)
"""Traffic is lost when it goes within this; daily rhythms take hours for the same fall."""
_TRAFFIC_FLANK = timedelta(minutes=15)
"""How much time before the fall says what the traffic was."""


@dataclass(frozen=True, slots=True)
class RawEpisode:
    """An episode before refinement: what carries it, and the brackets of its ends in epoch ms."""

    carriers: tuple[Departure, ...]
    start_after: int
    start_by: int
    end_after: int | None
    end_by: int | None
    end_uncertain: bool

    @property
    def first(self) -> Departure:
        """The carrier seen first; it gives the start."""
        return min(self.carriers, key=lambda d: (d.start_by, d.start_after))

    @property
    def last(self) -> Departure:
        """The carrier that lasted longest; it gives the end."""
        return max(self.carriers, key=lambda d: (d.stop_ms, d.start_by))


def believed(
    found: tuple[Departure, ...], series: dict[str, SignalSeries], evidence: Evidence
) -> tuple[Departure, ...]:
    """The departures that are impact on users, in order of time."""
    traffic = next((s for s in series.values() if s.spec.measure is Measure.TRAFFIC), None)
    harmful = (d for d in found if _harmful(d, _levelled(d, found, series[d.spec.name], evidence)))
    seen = (d for d in harmful if enough(d, series[d.spec.name], traffic))
    candidates = [d for d in seen if _stands_alone(d) or not _short(d, series)]
    slack = round(_AGREE.total_seconds() * 1000)

    def is_sure(one: Departure) -> bool:
        if _agrees(one) and (_second(one, candidates, slack) or _alerted(one, series, evidence)):
            return True
        return _stands_alone(one) and not _wanders(one, candidates, series, evidence)

    return tuple(sorted(filter(is_sure, candidates), key=lambda d: d.start_by))


def _wanders(
    one: Departure, others: list[Departure], series: dict[str, SignalSeries], evidence: Evidence
) -> bool:
    """Whether a lone latency, and all quantiles beside it, is no more than the window's own wandering.

    Nor is it more than a sample: a quantile in a wide bucket jumps by a handful of requests.
    """
    if one.spec.measure is not Measure.LATENCY:
        return False
    late = (o for o in others if o.spec.measure is Measure.LATENCY and o.overlaps(one))
    beside = (o for o in late if o.end is None or o.end - o.onset > 1)
    return not any(stands_out_again(o, series[o.spec.name], evidence) for o in beside if _stands_alone(o))


def episodes(
    impact: tuple[Departure, ...], series: dict[str, SignalSeries], policy: Policy
) -> tuple[RawEpisode, ...]:
    """The union of the impact, joined where fewer good samples than the hold lie between."""
    joined: list[RawEpisode] = []
    for one in sorted(impact, key=lambda d: d.start_by):
        fresh = _alone(one)
        if joined and _held(joined[-1], fresh, series) < policy.recovery_hold:
            joined[-1] = _join(joined[-1], fresh)
        else:
            joined.append(fresh)
    return tuple(_proven(e, series, policy) for e in joined)


def _harmful(one: Departure, series: SignalSeries) -> bool:
    """Whether this signal in this direction can harm users at all."""
    if one.spec.role is not Role.IMPACT:
        return False
    match one.spec.measure:
        case Measure.LATENCY | Measure.ERRORS:
            return one.direction == "up"
        case Measure.TRAFFIC:
            return one.direction == "down" and _lost(one, series)
        case _:
            return True


def _levelled(
    one: Departure, found: tuple[Departure, ...], series: SignalSeries, evidence: Evidence
) -> SignalSeries:
    """Traffic as if all of the day were like the departure's hour, where its rhythm is known."""
    if one.spec.measure is not Measure.TRAFFIC:
        return series
    told = usual(series, evidence, tuple(d for d in found if d.spec.name == one.spec.name))
    if told is None or not np.isfinite(told.centre[one.onset : one.end]).any():
        return series
    level = float(np.nanmedian(told.centre[one.onset : one.end]))
    shares = np.divide(
        series.values, told.centre, out=np.full(told.centre.size, np.nan), where=told.centre > 0
    )
    return replace(series, values=level * shares)


def enough(one: Departure, series: SignalSeries, traffic: SignalSeries | None) -> bool:
    """Whether enough requests stand behind a departure of errors or latency to speak of one."""
    if traffic is None or one.spec.measure not in (Measure.ERRORS, Measure.LATENCY):
        return True
    inside = slice(one.onset, one.end)
    rates = _known_rates(traffic.values, inside) * np.isfinite(series.values[inside])
    requests = rates * series.grid.step.total_seconds()
    if one.spec.measure is Measure.LATENCY:
        return bool(requests.sum() >= _LEAST_SLOW_SAMPLE)
    return bool((requests * np.nan_to_num(series.values[inside])).sum() >= _LEAST_FAILURES)


def _known_rates(rates: Values, inside: slice) -> Values:
    """The rates inside, those not known as the known ones are, else as those before: unknown is not none."""
    found = rates[inside]
    for known in (found, rates[: inside.start]):
        if np.isfinite(known).any():
            return np.where(np.isfinite(found), found, float(np.nanmedian(known)))
    return np.nan_to_num(found)


def _lost(one: Departure, series: SignalSeries) -> bool:
    """Traffic that fell by half or more, suddenly: against the minutes before, not the whole day."""
    grid, values = series.grid, series.values
    flank = max(1, int(_TRAFFIC_FLANK / grid.step))
    sudden = max(1, int(_TRAFFIC_SUDDEN / grid.step))
    start = grid.index(one.start_after)
    before = values[max(0, start - flank) : max(1, start)]
    after = values[one.onset : one.onset + 2 * sudden]
    if not np.isfinite(before).any() or not np.isfinite(after).any():
        return False
    usual = float(np.nanmedian(before))
    settled = values[one.onset + sudden : one.onset + 2 * sudden]
    now = float(np.nanmedian(settled if np.isfinite(settled).any() else after))
    return (
        usual > 0
        and now <= _TRAFFIC_KEPT * usual
        and _beyond_chance(values[one.onset : one.end], usual, grid)
    )


def _beyond_chance(rates: Values, usual: float, grid: Grid) -> bool:
    """Whether so few requests came that chance does not explain it: four Poisson standard errors."""
    seen = rates[np.isfinite(rates)]
    expected = usual * seen.size * grid.step.total_seconds()
    came = float(seen.sum()) * grid.step.total_seconds()
    return expected - came > _LOST_SURE * math.sqrt(max(expected, 1.0))


def _stands_alone(one: Departure) -> bool:
    match one.spec.measure:
        case Measure.ERRORS:
            return one.inside >= _ERRORS_ALONE and one.inside - one.before >= _ERRORS_ALONE / 2
        case Measure.LATENCY:
            return one.inside >= _LATENCY_ALONE * one.before
        case _:
            return True


def _agrees(one: Departure) -> bool:
    match one.spec.measure:
        case Measure.ERRORS:
            return one.inside - one.before >= _ERRORS_AGREED
        case Measure.LATENCY:
            return one.inside >= _LATENCY_AGREED * one.before
        case _:
            return True


def _short(one: Departure, series: dict[str, SignalSeries]) -> bool:
    """Whether it is only believed because of an alert, and so must be strong."""
    step_s = series[one.spec.name].grid.step.total_seconds()
    return one.end is not None and one.end - one.onset < least_samples(step_s)


def _second(one: Departure, others: list[Departure], slack: int) -> bool:
    """A departure of another measure that shares its time; two quantiles of one latency are one witness."""
    return any(o.spec.measure is not one.spec.measure and o.overlaps(one, slack) for o in others)


def _alerted(one: Departure, series: dict[str, SignalSeries], evidence: Evidence) -> bool:
    """Whether an alert that is not usual speaks of the time of the departure."""
    points = baseline_points(series[one.spec.name], evidence)
    spoken = (spoken_ms(alert) for alert in telling(evidence, points))
    return any(begun < one.stop_ms and one.start_after < ended for begun, ended in spoken)


def _alone(one: Departure) -> RawEpisode:
    return RawEpisode(
        carriers=(one,),
        start_after=one.start_after,
        start_by=one.start_by,
        end_after=one.end_after,
        end_by=one.end_by,
        end_uncertain=one.end_uncertain,
    )


def _join(left: RawEpisode, right: RawEpisode) -> RawEpisode:
    longer = max((left, right), key=lambda e: (1 << 62) if e.end_by is None else e.end_by)
    return replace(
        longer,
        carriers=(*left.carriers, *right.carriers),
        start_after=left.start_after,
        start_by=left.start_by,
    )


def _held(left: RawEpisode, right: RawEpisode, series: dict[str, SignalSeries]) -> timedelta:
    """How much good time was *measured* between two episodes; missing samples are no recovery."""
    if left.end_by is None:
        return timedelta(0)
    return _measured(left, left.end_by, right.start_by, series)


def _measured(episode: RawEpisode, from_ms: int, to_ms: int, series: dict[str, SignalSeries]) -> timedelta:
    """Time between two instants in which a carrier of the episode has samples."""
    carriers = [series[name] for name in {d.spec.name for d in episode.carriers}]
    grid = carriers[0].grid
    a, b = max(0, grid.index(from_ms)), max(0, grid.index(to_ms))
    seen = np.zeros(max(0, min(b, grid.count) - a), bool)
    for one in carriers:
        seen |= np.isfinite(one.values[a : a + seen.size])
    return int(seen.sum()) * grid.step


def _proven(episode: RawEpisode, series: dict[str, SignalSeries], policy: Policy) -> RawEpisode:
    """The episode with its end taken back where the hold was not seen to pass."""
    if episode.end_by is None:
        return episode
    grid = next(iter(series.values())).grid
    held = _measured(episode, episode.end_by, grid.end_ms, series)
    if held + grid.step >= policy.recovery_hold:
        return episode
    return replace(episode, end_after=None, end_by=None)
