"""Candidates that get no draft, as lines: what was seen of them in the screening, and why no more."""

from __future__ import annotations

from incident.fleet.model import Candidate, Standout
from incident.model.signals import Measure
from incident.text.numbers import digits, percent, quantity
from report.pipeline.scan.outcome import StoodOut


def stood_out(candidate: Candidate, why: str, namesakes: frozenset[str]) -> StoodOut:
    """The candidate as a line: what was seen of it in the screening."""
    alerts = tuple(dict.fromkeys(f"alert {one.name}" for one in candidate.firings))
    parts = (*(_seen(one) for one in _worst(candidate)), *alerts)
    member = candidate.member
    name = str(member) if member.service in namesakes else member.service
    return StoodOut(name, candidate.start, candidate.end, ", ".join(parts), why)


def _worst(candidate: Candidate) -> list[Standout]:
    """The largest standout of each measure."""
    return [
        max((o for o in candidate.standouts if o.measure is measure), key=lambda o: abs(o.inside - o.before))
        for measure in candidate.measures
    ]


def _seen(one: Standout) -> str:
    if one.measure is Measure.AVAILABILITY:
        return "all targets down"
    if one.measure is Measure.ERRORS:
        return f"errors {percent(one.inside)} instead of {percent(one.before)}"
    if one.measure is Measure.TRAFFIC:
        return f"traffic {quantity(one.inside, 'req/s')} instead of {quantity(one.before, 'req/s')}"
    return f"mean latency {digits(one.inside / one.before)} times the usual"
