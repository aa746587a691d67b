"""Rows of what is no impact by itself but worth telling: surges, drops, fast answers, what ran full."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from incident.impact.departure import Departure
from incident.impact.fusion import enough
from incident.model.signals import Measure
from incident.model.spans import instant, ms, whole_second
from incident.model.timeline import Event
from incident.text.numbers import quantity
from incident.timeline.rows.making import Maker, measured
from incident.timeline.rows.words import capital, change

_SURGE = 1.5
"""Traffic half again as high is a surge worth telling; less is within most services' day."""
_NEARLY_FULL = 0.8
"""From four fifths of a limit on, queues and collectors begin to be felt."""
_NOTABLE = 0.05
"""A share of a limit below this is no pressure, however fast it grew."""
_BRIEF = timedelta(minutes=3)
"""Context must last longer to be told."""
_NEAR_IMPACT = timedelta(minutes=30)
"""Context this close to the impact is worth a row of its own; farther away it is supporting."""
_NONE_UP = 0.05
"""Fewer targets than this are as good as none: nobody counts requests any more."""
_FASTER = 1.5
"""A latency by itself must fall by a third to be worth a row, as it must grow by half to be impact."""


def context_rows(maker: Maker) -> Iterator[Event]:
    """Surges, drops and falling latencies that are no impact by themselves."""
    harmful = set(maker.judged.impact)
    timed = {condition.signal for condition in maker.evidence.conditions}
    for name, found in sorted(maker.judged.departures.items()):
        if name in timed:  # told by the evaluations of its rule
            continue
        counted: dict[str, int] = {}
        for one in found:
            kind = None if one in harmful else _kind(one)
            if kind is None or _is_lost_with_targets(maker, one):
                continue
            if _worth_telling(maker, one) and not _twin(maker, one):
                k = counted[kind] = counted.get(kind, -1) + 1
                yield _context_event(maker, one, kind, name, k)


def _is_lost_with_targets(maker: Maker, one: Departure) -> bool:
    """Traffic that falls while no target is up: what is left of it is a range that runs empty."""
    if one.spec.measure is not Measure.TRAFFIC or one.direction != "down":
        return False
    gone = (d for d in maker.judged.impact if d.spec.measure is Measure.AVAILABILITY and d.inside <= _NONE_UP)
    return any(d.start_after <= one.start_by and one.start_after < d.stop_ms for d in gone)


def _worth_telling(maker: Maker, one: Departure) -> bool:
    """Long enough, and over enough requests, to be more than a wobble of the signal."""
    stop = one.end_by if one.end_by is not None else maker.evidence.grid.end_ms
    if stop - one.start_by < _BRIEF // timedelta(milliseconds=1):
        return False
    lone_drop = _kind(one) == "latency_drop" and not _beside_impact(maker, one)
    if lone_drop and not _much_faster(one):
        return False
    traffic = maker.evidence.measuring(Measure.TRAFFIC)
    return enough(one, maker.evidence.signal(one.spec.name), traffic)


def _much_faster(one: Departure) -> bool:
    """By a third, as a lone latency must grow by half to be impact: quiet nights are faster by a fifth."""
    return one.inside * _FASTER <= one.before


def _context_event(maker: Maker, one: Departure, kind: str, name: str, k: int) -> Event:
    return measured(
        (kind, name, str(k)),
        kind,
        whole_second((one.start_after + one.start_by) / 2),
        timedelta(milliseconds=(one.start_by - one.start_after) // 2),
        one.spec.name,
        _context_title(one, kind),
        until=instant(one.end_by) if one.end_by else None,
        query=one.spec.query,
        main=_beside_impact(maker, one) and k == 0,
    )


def _twin(maker: Maker, one: Departure) -> bool:
    """A second quantile of the same latency says the same again."""
    first = next((s.spec.name for s in maker.evidence.signals if s.spec.measure is one.spec.measure), "")
    others = [
        n for n, found in maker.judged.departures.items() if n == first and n != one.spec.name and found
    ]
    return one.spec.measure is Measure.LATENCY and any(
        o.direction == one.direction for n in others for o in maker.judged.departures[n]
    )


def _context_title(one: Departure, kind: str) -> str:
    changed = change(one.spec.name, one.before, one.inside, one.spec.unit)
    if kind == "condition":
        return capital(_condition(one, changed))
    if kind == "latency_drop":
        return f"Responses faster: {changed}"
    words = "Traffic rising" if kind == "traffic_surge" else "Traffic falling"
    return f"{words}, {changed.removeprefix(one.spec.name).strip()}"


def _condition(one: Departure, changed: str) -> str:
    """A condition of a signal that people named: past its limit where it has one."""
    if one.spec.limit is None:
        return changed
    beyond = "under" if one.direction == "down" else "over"
    worst = quantity(one.peak, one.spec.unit)
    return f"{one.spec.name} {beyond} {quantity(one.spec.limit, one.spec.unit)}, at worst {worst}"


def _beside_impact(maker: Maker, one: Departure) -> bool:
    """Whether the context touches the impact or came shortly before it."""
    if not maker.judged.episodes:
        return one.spec.measure is Measure.OTHER
    slack = round(_NEAR_IMPACT.total_seconds() * 1000)
    for episode in maker.judged.episodes:
        stop = ms(episode.end.at) if episode.end else maker.evidence.grid.end_ms
        if one.start_by < stop and ms(episode.start.at) - slack < one.stop_ms:
            return one.start_by > ms(episode.start.at) - slack
    return False


def _kind(one: Departure) -> str | None:
    """The kind of event that a departure which is no impact makes; None for what is not told."""
    match one.spec.measure, one.direction:
        case Measure.TRAFFIC, "up":
            return "traffic_surge" if one.inside >= _SURGE * one.before else None
        case Measure.TRAFFIC, "down":
            return "traffic_drop" if one.inside <= one.before / _SURGE else None
        case Measure.LATENCY, "down":
            return "latency_drop"
        case Measure.OTHER, _:
            return "condition"
        case Measure.SATURATION, "up":
            return "condition" if _presses(one) else None
        case _:
            return None


def _presses(one: Departure) -> bool:
    """Whether what fills up is near its limit, or at least twice as full as it was."""
    if one.spec.unit != "ratio":
        return one.inside >= 2 * one.before
    return one.inside >= _NEARLY_FULL or one.inside >= max(2 * one.before, _NOTABLE)
