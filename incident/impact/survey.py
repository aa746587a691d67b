"""What the survey alone says of a service: its departures, the episodes they make, where to read on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from incident.impact.departure import Departure, looks_back
from incident.impact.ends.outages import outages
from incident.impact.ends.refine import Raw, raw_of
from incident.impact.ends.slow import more_than_chance
from incident.impact.fusion import RawEpisode, believed, episodes
from incident.impact.signals.departures import baseline_points, departures
from incident.impact.signals.support import spoken_ms, telling
from incident.impact.signals.trust import trusted
from incident.impact.window import concerning, has_samples
from incident.model.evidence import Evidence
from incident.model.policy import Policy
from incident.model.signals import Measure, SignalSeries
from incident.model.spans import Span, Values, instant

_ZOOM_MARGIN = timedelta(minutes=40)
"""Raw samples around the episodes: half an hour tells normal, ten minutes the search for the edge."""
_EDGE_MARGIN = timedelta(minutes=30)
"""Raw buckets around one edge: levels on both sides, the edge's own bracket, and the foot of a ramp."""

_SEARCHED = 6
"""Steps of the survey in which an edge is searched. The margins hold those of a minute and a half; over
days steps are a quarter of an hour, and what is read grows with them."""


def _margin(least: timedelta, evidence: Evidence) -> timedelta:
    return least + max(timedelta(0), _SEARCHED * evidence.grid.step - timedelta(minutes=10))


@dataclass(frozen=True, slots=True, eq=False)
class Surveyed:
    """What the survey alone says: enough to decide whether to read on, and where to zoom."""

    departures: dict[str, tuple[Departure, ...]]
    impact: tuple[Departure, ...]
    episodes: tuple[RawEpisode, ...]
    measured: bool
    """At least one impact signal has samples inside the window."""

    def settled(self) -> bool:
        """Whether the last episode's recovery was held, so that no more data are needed."""
        last = self.episodes[-1] if self.episodes else None
        return last is None or last.end_by is not None

    def edges(self, evidence: Evidence) -> tuple[Span, ...]:
        """Where boundaries lie: each to be read raw on both sides."""
        margin = _margin(_EDGE_MARGIN, evidence)
        marks = [(e.start_after, e.start_by) for e in self.episodes]
        marks += [(e.end_after, e.end_by) for e in self.episodes if e.end_after and e.end_by]
        return tuple(
            Span(instant(min(a, b) - 1), instant(max(a, b))).widened(margin, margin) for a, b in marks
        )

    def stretches(self, evidence: Evidence) -> tuple[Span, ...]:
        """The episodes with what must be read around them for levels and figures."""
        end = evidence.grid.end_ms
        spans = (Span(instant(e.start_after - 1), instant(e.end_by or end)) for e in self.episodes)
        margin = _margin(_ZOOM_MARGIN, evidence)
        widened = (s.widened(margin, margin).clipped(evidence.covered) for s in spans)
        return tuple(s for s in widened if s is not None)


def surveyed(evidence: Evidence, policy: Policy) -> Surveyed:
    """Departures of all signals and the service's episodes they make, on the survey's grid."""
    return surveyed_with(raw_samples(evidence), evidence, policy)


def surveyed_with(raw: Raw, evidence: Evidence, policy: Policy) -> Surveyed:
    """The same, where the raw samples of the evidence have been laid out."""
    series = {s.spec.name: trusted(s, evidence) for s in evidence.signals}
    found = {name: _departures(s, evidence) for name, s in series.items()}
    impact = believed(tuple(d for one in found.values() for d in one), series, evidence)
    impact = more_than_chance(impact, evidence.counters, raw.slow)
    inside = concerning(episodes(impact, series, policy), evidence, policy)
    measured = any(has_samples(s, evidence) for s in evidence.signals if s.spec.role == "impact")
    return Surveyed(found, impact, inside, measured)


def raw_samples(evidence: Evidence) -> Raw:
    """The raw counters of the evidence, laid out to place ends on."""
    return raw_of(evidence.counters, round(evidence.scrape_interval.total_seconds() * 1000))


def _departures(series: SignalSeries, evidence: Evidence) -> tuple[Departure, ...]:
    match series.spec.measure:
        case Measure.AVAILABILITY:
            return outages(series, evidence.targets, _spoken(series, evidence)) if evidence.targets else ()
        case Measure.PROBE:
            return outages(series, evidence.probes, _spoken(series, evidence)) if evidence.probes else ()
        case _:
            return departures(series, evidence, requests_between(series, evidence))


def _spoken(series: SignalSeries, evidence: Evidence) -> tuple[tuple[int, int], ...]:
    """When alerts of the service that are not usual speak of what is wrong."""
    return tuple(spoken_ms(one) for one in telling(evidence, baseline_points(series, evidence)))


def requests_between(series: SignalSeries, evidence: Evidence) -> Values | None:
    """Requests that each sample of the error ratio adds to the one before.

    Ranges overlap where they are longer than a step: a request is in several samples, and is one request.
    """
    traffic = evidence.measuring(Measure.TRAFFIC)
    if series.spec.measure is not Measure.ERRORS or traffic is None:
        return None
    return traffic.values * min(looks_back(series.spec.query), evidence.grid.step).total_seconds()
