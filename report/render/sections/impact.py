"""How much it hurt: a row per signal, a row per episode, the request figures with their formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from incident.model.signals import Measure, Role
from incident.model.timeline import ImpactEpisode, SignalEpisode, SignalReport, Timeline
from incident.text.numbers import quantity
from report.render.wording.clock import Clock, clock_of, length
from report.render.wording.figures import off_by, only_presence, stretch
from report.render.wording.md import Md, counted, foreign, joined, line, listed

# Two missed scrapes are an accident of scraping, more are a gap.
_MISSED_SCRAPES = 3


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One departure of one signal, as table cells."""

    signal: Md
    role: str
    """What it counts as: impact, or context."""
    start: Md
    end: Md
    normal: Md
    worst: Md
    reason: Md


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    """One episode of impact, as table cells."""

    number: str
    start: Md
    end: Md
    length: str
    state: str
    signals: Md


def signal_rows(timeline: Timeline) -> tuple[SignalRow, ...]:
    """Departures that count as impact, signal by signal."""
    return tuple(row for row in departure_rows(timeline) if row.role == Role.IMPACT.value)


def context_rows(timeline: Timeline) -> tuple[SignalRow, ...]:
    """Departures that are context."""
    return tuple(row for row in departure_rows(timeline) if row.role == Role.CONTEXT.value)


def departure_rows(timeline: Timeline) -> tuple[SignalRow, ...]:
    """All departures, signal by signal, for the evidence.

    What a rule compares has its threshold; beside measured impact it is told by that alone.
    """
    timed = {one.condition.signal for one in timeline.conditions} if timeline.episodes else set()
    clock = clock_of(timeline)
    return tuple(
        _signal_row(timeline, clock, report, episode)
        for report in timeline.signals
        for episode in report.episodes
        if episode.impact or report.spec.name not in timed
    )


def _signal_row(timeline: Timeline, clock: Clock, report: SignalReport, episode: SignalEpisode) -> SignalRow:
    unit = report.spec.unit
    return SignalRow(
        signal=foreign(report.spec.name),
        role=(Role.IMPACT if episode.impact else Role.CONTEXT).value,
        start=clock.at(episode.start),
        end=_until(timeline, clock, episode),
        normal=foreign(quantity(episode.before, unit)),
        worst=line("{} at {}", episode.worst(unit), clock.at(episode.peak_at)),
        reason=foreign(episode.reason),
    )


def _until(timeline: Timeline, clock: Clock, episode: SignalEpisode) -> Md:
    if episode.end is None:
        return Md(f"not by {clock.at(timeline.window.end)}")
    return clock.at(episode.end)


def episode_rows(timeline: Timeline) -> tuple[EpisodeRow, ...]:
    """The episodes of impact, numbered."""
    clock = clock_of(timeline)
    return tuple(
        _episode_row(timeline, clock, number, episode) for number, episode in enumerate(timeline.episodes, 1)
    )


def _episode_row(timeline: Timeline, clock: Clock, number: int, episode: ImpactEpisode) -> EpisodeRow:
    end = timeline.window.end if episode.end is None else episode.end.at
    return EpisodeRow(
        number=str(number),
        start=clock.row(episode.start.at, episode.start.plus_minus),
        end=Md("still going on") if episode.end is None else clock.row(end, episode.end.plus_minus),
        length=length(end - episode.start.at, off_by(episode, episode)),
        state=episode.state.words,
        signals=listed(episode.signals),
    )


def others_sentence(timeline: Timeline) -> Md:
    """The impact signals that carry no impact: normal, departed all the same, or not seen."""
    others = [report for report in timeline.signals if report.spec.role is Role.IMPACT and not _hurt(report)]
    blind = [report for report in others if report.baseline is None or _unseen(timeline, report)]
    seen = [report for report in others if report not in blind]
    calm = [report for report in seen if not report.episodes]
    parts = [
        _named("Stayed in the normal range: {}.", [report for report in calm if not report.strayed]),
        _strayed(timeline, calm),
        _named(
            "Also left the normal range, but not counted as impact: {}.",
            [report for report in seen if report.episodes],
        ),
        _named("Not seen in part of the impact, so unknown: {}.", blind),
    ]
    return joined(" ", [part for part in parts if part])


def _named(template: str, reports: Sequence[SignalReport]) -> Md:
    return line(template, listed([report.spec.name for report in reports])) if reports else Md("")


def _strayed(timeline: Timeline, calm: Sequence[SignalReport]) -> Md:
    """Those that left their range for a moment, with how far."""
    clock = clock_of(timeline)
    told = [
        line("{} ({} at {})", report.spec.name, quantity(one.value, report.spec.unit), clock.said(one.at))
        for report in calm
        if (one := report.strayed) is not None
    ]
    return line("Left the normal range only for a moment: {}.", joined(", ", told)) if told else Md("")


def _hurt(report: SignalReport) -> bool:
    return any(episode.impact for episode in report.episodes)


def _unseen(timeline: Timeline, report: SignalReport) -> bool:
    """No samples in more of the impact than a scrape or two may take: nothing is known of it then."""
    spans = [span for each in timeline.episodes if (span := stretch(timeline, each)) is not None]
    cuts = [cut for gap in report.gaps for span in spans if (cut := gap.span.clipped(span)) is not None]
    lost = sum((cut.length for cut in cuts), timedelta(0))
    return lost > max(_MISSED_SCRAPES * timeline.scrape_interval, timeline.step)


def checked_sentence(timeline: Timeline) -> Md:
    """What was looked at where nothing was found: the signals, over how long, how finely."""
    impact = [report for report in timeline.signals if report.spec.role is Role.IMPACT]
    judged = [report for report in impact if report.baseline is not None]
    checked = line(
        "Checked: {} ({}) over {} in steps of {}.",
        listed([report.spec.name for report in judged]),
        counted(len(judged), "signal", "signals"),
        length(timeline.window.length),
        length(timeline.step),
    )
    blind = [report for report in impact if report.baseline is None]
    blind_words = _named("Not judged for lack of data: {}.", blind)
    parts = (checked, _only_presence(timeline), _no_errors(impact), blind_words)
    return joined(" ", [part for part in parts if part])


def _no_errors(impact: Sequence[SignalReport]) -> Md:
    """Requests are counted or timed, and nothing says how they ended: calm traffic is no word on that."""
    seen = {report.spec.measure for report in impact}
    if seen & {Measure.ERRORS, Measure.OTHER} or not seen & {Measure.TRAFFIC, Measure.LATENCY}:
        return Md("")
    return Md(
        "Whether requests failed was not measured: no metric that shows it was found. "
        "Give one with `--signal 'errors=...'`."
    )


def _only_presence(timeline: Timeline) -> Md:
    """That targets ran says nothing of what they answered."""
    if not only_presence(timeline):
        return Md("")
    return Md(
        "All that is known is that targets were up: no errors, traffic or latency of the service were found. "
        "`incident-timeline doctor --service NAME` shows what could be given with `--signal`."
    )
