"""Rows measured from signals: how impact began, changed, peaked and ended, and what went with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from incident.impact.assess import Assessment
from incident.impact.departure import Departure, looks_back
from incident.model.evidence import Evidence
from incident.model.policy import Policy
from incident.model.signals import Measure
from incident.model.spans import instant, ms
from incident.model.timeline import Event, ImpactEpisode, Phase, SignalEpisode
from incident.text.durations import format_duration
from incident.text.numbers import quantity
from incident.timeline.rows.context import context_rows
from incident.timeline.rows.making import Maker, measured
from incident.timeline.rows.turns import level_after, turned
from incident.timeline.rows.words import capital, change

_RISEN = 0.03
"""Less of the climb than this next to the onset is its foot: told as rising, not as a level reached."""


def measured_events(evidence: Evidence, judged: Assessment, policy: Policy) -> tuple[Event, ...]:
    """All measured rows, in no particular order."""
    maker = Maker(evidence, judged, policy)
    rows: list[Event] = []
    for number, episode in enumerate(judged.episodes):
        rows += _of_episode(maker, number, episode)
    return (*rows, *context_rows(maker))


def _of_episode(maker: Maker, number: int, episode: ImpactEpisode) -> Iterator[Event]:
    yield _began(maker, number, episode)
    for k, (before, after) in enumerate(zip(episode.phases, episode.phases[1:], strict=False)):
        yield _turned(maker, number, k, before, after)
    yield from _peak(maker, number, episode)
    yield from _joined(maker, number, episode)
    if episode.end is not None:
        held = format_duration(maker.policy.recovery_hold)
        seen = "; samples are missing next to it" if episode.end_uncertain else ""
        yield measured(
            ("recovered", str(number)),
            "recovered",
            episode.end.at,
            episode.end.plus_minus,
            maker.evidence.scope.service,
            f"Recovered, held {held}{seen}",
            query=episode.end.source,
        )


def _began(maker: Maker, number: int, episode: ImpactEpisode) -> Event:
    quiet = _quiet_before(maker.judged.episodes, number)
    relapse = quiet is not None and quiet <= maker.policy.quiet_gap
    first = episode.phases[0]
    words = capital(first.state.words)
    carrier = _first_carrier(maker, episode)
    often = f", on and off in {first.bursts} bursts" if first.bursts else ""
    title = f"{words}{often}: {_what(maker, carrier, episode.start.at, first.failed_ratio)}"
    if relapse:
        title = f"Relapse, {title[0].lower()}{title[1:]}"
    if episode.began_before:
        title += "; it began before the first sample read"
    return measured(
        ("onset", str(number)),
        "relapse" if relapse else "degraded",
        episode.start.at,
        episode.start.plus_minus,
        maker.evidence.scope.service,
        title,
        value=first.state.value,
        query=episode.start.source,
    )


def _quiet_before(episodes: tuple[ImpactEpisode, ...], number: int) -> timedelta | None:
    before = episodes[number - 1].end if number else None
    return episodes[number].start.at - before.at if before is not None else None


def _first_carrier(maker: Maker, episode: ImpactEpisode) -> Departure:
    """The departure a reader should be told first: targets and errors before a latency."""
    order = [Measure.AVAILABILITY, Measure.PROBE, Measure.ERRORS, Measure.TRAFFIC, Measure.LATENCY]
    stop = episode.end.at if episode.end else instant(maker.evidence.grid.end_ms)
    inside = [d for d in maker.judged.impact if d.start_after < ms(stop) and d.stop_ms > ms(episode.start.at)]
    soon = ms(episode.start.at) + 5 * 60_000
    early = [d for d in inside if d.start_after <= soon] or inside
    rank = {m: i for i, m in enumerate(order)}
    return min(early, key=lambda d: (rank.get(d.spec.measure, 9), d.start_by))


def _what(maker: Maker, one: Departure, at: datetime, counted: float | None = None) -> str:
    """What a departure looks like in words with its numbers.

    `counted` is the failing share by raw counters, for what was over before the curve stood clear of it.
    """
    spec = one.spec
    match spec.measure:
        case Measure.AVAILABILITY:
            known = len(maker.evidence.targets.samples) if maker.evidence.targets else 0
            return f"no target up ({known} known)"
        case Measure.PROBE:
            known = len(maker.evidence.probes.samples) if maker.evidence.probes else 0
            return "the probe fails" if known == 1 else f"all {known} probes fail"
        case _:
            after = level_after(maker.evidence.signal(spec.name), at, one.stop_ms)
            if after is not None and abs(after - one.before) < _RISEN * abs(one.inside - one.before):
                verb = "rising" if one.direction == "up" else "falling"
                return f"{spec.name} {verb} from {quantity(one.before, spec.unit)}"
            if after is None:
                by_count = counted if spec.measure is Measure.ERRORS else None
                after = one.inside if by_count is None else by_count
            # A latency at the last bound of its histogram was that, or more.
            more = " or more" if after == one.peak and _told(maker, one).capped else ""
            return f"{change(spec.name, one.before, after, spec.unit)}{more}"


def _turned(maker: Maker, number: int, k: int, before: Phase, after: Phase) -> Event:
    worse = after.state.rank > before.state.rank and not after.improving
    turn = turned(maker.evidence, maker.judged.impact, before, after)
    if after.returned:
        held = format_duration(maker.policy.recovery_hold)
        title, kind, what = f"Back in the normal range, not yet held {held}", "partial_recovery", "returned"
    elif after.improving:
        title, kind, what = "Improving (inferred)", "improved", "improving"
    else:
        kind = "worsened" if worse else "improved"
        what = f"{kind}-{k}"
        title = f"{capital(after.state.words)}: {turn.words}"
    return measured(
        (what, str(number)),
        kind,
        after.start,
        timedelta(minutes=1) if after.improving else maker.evidence.scrape_interval,
        maker.evidence.scope.service,
        title,
        value=after.state.value,
        query=turn.query,
    )


def _peak(maker: Maker, number: int, episode: ImpactEpisode) -> Iterator[Event]:
    """The worst sample of the first carrier, supporting; none of a burst that no sample holds alone."""
    one = _first_carrier(maker, episode)
    if one.spec.measure in (Measure.AVAILABILITY, Measure.PROBE):
        return
    at, off = instant(one.peak_ms), maker.evidence.grid.step
    if episode.end is not None and at >= episode.end.at:
        # The sample speaks of its range, which reaches back into the episode.
        off = looks_back(one.spec.query) / 2
        at -= off
        if at >= episode.end.at or episode.end.at - episode.start.at < 2 * off:
            return
    yield measured(
        ("peak", one.spec.name, str(number)),
        "peak",
        at,
        off,
        one.spec.name,
        f"{'Lowest' if one.direction == 'down' else 'Peak of'} {one.spec.name}: "
        f"{_told(maker, one).worst(one.spec.unit)}",
        value=f"{one.peak:.6g}",
        query=one.spec.query,
        main=False,
    )


def _joined(maker: Maker, number: int, episode: ImpactEpisode) -> Iterator[Event]:
    """Other signals that left their normal in the episode, supporting rows."""
    first = _first_carrier(maker, episode)
    stop = ms(episode.end.at) if episode.end else maker.evidence.grid.end_ms
    seen: dict[str, int] = {}
    for one in maker.judged.impact:
        if one is first or one.start_by >= stop or one.stop_ms <= ms(episode.start.at):
            continue
        k = seen[one.spec.name] = seen.get(one.spec.name, -1) + 1
        told = _told(maker, one)
        yield measured(
            ("signal", one.spec.name, str(number), str(k)),
            "degraded",
            told.start,
            told.plus_minus,
            one.spec.name,
            capital(_what(maker, one, instant(one.start_by))),
            query=one.spec.query,
            main=False,
        )


def _told(maker: Maker, one: Departure) -> SignalEpisode:
    """The departure as the table of signals tells it: one time for one thing on a page."""
    report = next(each for each in maker.judged.signals if each.spec.name == one.spec.name)
    return report.episodes[maker.judged.departures[one.spec.name].index(one)]
