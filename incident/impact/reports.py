"""What is told of each signal: its normal, its departures on the best times known, its gaps."""

from __future__ import annotations

from datetime import datetime, timedelta

from incident.impact.departure import Departure
from incident.impact.ends.refine import Raw, end_of, start_of
from incident.impact.fusion import RawEpisode
from incident.impact.signals.again import strayed
from incident.impact.signals.ceiling import at_ceiling
from incident.impact.signals.departures import band, gaps
from incident.impact.signals.rhythm import usual
from incident.impact.signals.trust import trusted
from incident.impact.survey import Surveyed, requests_between
from incident.impact.window import inside_impact
from incident.model.evidence import Evidence
from incident.model.signals import Gap, Measure, SignalSeries
from incident.model.spans import Moment, instant, whole_second
from incident.model.timeline import ImpactEpisode, SignalEpisode, SignalReport, Stray


def signal_report(
    series: SignalSeries, evidence: Evidence, survey: Surveyed, raw: Raw, told: tuple[ImpactEpisode, ...]
) -> SignalReport:
    """All that a draft tells of one signal; `told` are the episodes of the impact."""
    found = survey.departures[series.spec.name]
    why = "no samples of this signal"
    return SignalReport(
        spec=series.spec,
        baseline=band(series, evidence, found),
        episodes=tuple(_signal_episode(d, d in survey.impact, evidence, raw) for d in found),
        gaps=tuple(Gap(span, why) for span in gaps(series, evidence.covered)),
        usual=usual(series, evidence, found),
        strayed=_strayed(series, evidence, told),
    )


def _strayed(series: SignalSeries, evidence: Evidence, told: tuple[ImpactEpisode, ...]) -> Stray | None:
    """How far failures or latency went for a moment of the impact; of targets every sample is told."""
    if series.spec.measure not in (Measure.ERRORS, Measure.LATENCY):
        return None
    sure = trusted(series, evidence)
    return strayed(sure, evidence, requests_between(sure, evidence), inside_impact(series, told))


def _signal_episode(one: Departure, impact: bool, evidence: Evidence, raw: Raw) -> SignalEpisode:
    """A departure with its bounds on raw samples where it is impact: one time for one thing on a page."""
    alone = RawEpisode((one,), one.start_after, one.start_by, one.end_after, one.end_by, one.end_uncertain)
    half = timedelta(milliseconds=(one.start_by - one.start_after) // 2)
    begun = Moment(_middle(one.start_after, one.start_by), half, one.spec.query)
    if impact:
        begun = start_of(alone, evidence.grid, raw)
    start = begun.at
    end = None
    if one.end_by is not None and one.end_after is not None:
        placed = end_of(alone, evidence.grid, raw) if impact else None
        end = placed.at if placed else _middle(one.end_after, one.end_by)
        # Placed on raw samples a fault may be shorter than a step of the survey.
        end = end if placed and end > start else max(end, start + evidence.grid.step)
    return SignalEpisode(
        start=start,
        end=end,
        before=one.before,
        inside=one.inside,
        peak_at=instant(one.peak_ms) if end is None else min(instant(one.peak_ms), end),
        peak=one.peak,
        direction=one.direction,
        reason=one.reason,
        impact=impact,
        plus_minus=begun.plus_minus,
        capped=at_ceiling(one, evidence.counters),
    )


def _middle(after: int, by: int) -> datetime:
    return whole_second((after + by) / 2)
