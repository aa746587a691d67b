"""Where people's times contradict the measurement, or one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from report.render.review.claims import Claim, Row
from report.render.review.reading import Finding, quoted
from report.render.review.times import Days, Document, Told, instant, moment, part
from report.render.wording.clock import length

# A row typed so far from the incident has another day, or another zone, in mind more often than not.
_FAR = timedelta(hours=3)
_AFTER_ALERT = frozenset({"acknowledged"})
# Each stands before the others where both are told; the first may equal the second.
_ORDER = (
    ("detected", "acknowledged"),
    ("detected", "mitigated"),
    ("acknowledged", "resolved"),
    ("declared", "resolved"),
    ("escalated", "resolved"),
    ("detected", "resolved"),
    ("mitigated", "resolved"),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What the metrics and alerts say; None where they do not say it."""

    start: Told | None
    alert: Told | None
    recovered: Told | None
    ongoing: bool
    span: tuple[datetime, datetime] | None
    """The impact, or the window where there was none, to the end of the data."""


def measured(document: Document) -> Measured:
    """The measured milestones of a draft's timeline.json."""
    milestones, impact = part(document, "milestones"), part(document, "impact")
    window = part(document, "reported", "window")
    start = instant(impact.get("start")) or instant(window.get("start"))
    end = instant(impact.get("end")) or instant(window.get("end"))
    return Measured(
        start=moment(milestones.get("impact_start")),
        alert=moment(milestones.get("first_alert_firing")),
        recovered=moment(milestones.get("recovered")),
        ongoing=document.get("status") == "ongoing",
        span=None if start is None or end is None else (start, end),
    )


def contradictions(
    claims: Sequence[Claim], rows: Sequence[Row], facts: Measured, days: Days
) -> Iterator[Finding]:
    """Entered times that cannot be true if the measured ones are."""
    for claim in claims:
        said = f"{claim.kind} at {days.shown(claim.told.at)}"
        for why in _against(claim, facts, days):
            yield Finding(claim.line, claim.section, f"{said}, {why}")
    for row in rows:
        event = moment(row.event)
        if row.told and event and _apart(row.told, event):
            says = "noted" if row.own else "measured"
            yield Finding(
                row.line,
                row.section,
                f"the row says {row.time}, {says} at {days.shown(event.at)}: {quoted(row.what)}",
            )


def _against(claim: Claim, facts: Measured, days: Days) -> Iterator[str]:
    if facts.start and _before(claim.told, facts.start):
        yield f"before impact began ({days.shown(facts.start.at)})"
    elif claim.kind in _AFTER_ALERT and facts.alert and _before(claim.told, facts.alert):
        yield f"before the first alert fired ({days.shown(facts.alert.at)})"
    if claim.kind == "resolved" and facts.recovered and _before(claim.told, facts.recovered):
        yield f"before recovery was measured ({days.shown(facts.recovered.at)})"
    if claim.kind == "resolved" and facts.start and facts.ongoing:
        yield "but impact was still measured at the end of the data; draft again with later data"


def orders(claims: Sequence[Claim], rows: Sequence[Row], facts: Measured, days: Days) -> Iterator[Finding]:
    """Orders of people's own times that cannot have been, and times far from the incident."""
    for first, second in _ORDER:
        for late in (claim for claim in claims if claim.kind == first):
            for early in (claim for claim in claims if claim.kind == second):
                if _before(early.told, late.told):
                    told = (late.kind, days.shown(late.told.at), early.kind, days.shown(early.told.at))
                    yield Finding(late.line, late.section, "{} at {}, after {} at {}".format(*told))
    yield from _misplaced(rows, days)
    yield from (Finding(row.line, row.section, why) for row in rows for why in _far(row, facts))


def _misplaced(rows: Sequence[Row], days: Days) -> Iterator[Finding]:
    """Rows of people that stand below a later time, or above an earlier one."""
    timed = [(row, row.told) for row in rows if row.told]
    for (above, first), (below, second) in pairwise(timed):
        if (above.own or below.own) and above.section == below.section and _before(second, first):
            at, after = days.shown(second.at), days.shown(first.at)
            yield Finding(below.line, below.section, f"{at} stands below {after}: {quoted(below.what)}")


def _far(row: Row, facts: Measured) -> Iterator[str]:
    """Why a row's time is unlikely: hours before or after the incident."""
    if not row.own or row.told is None or facts.span is None:
        return
    start, end = facts.span
    early, late = start - row.told.at, row.told.at - end
    if max(early, late) >= _FAR:
        side = f"{length(early)} before" if early > late else f"{length(late)} after"
        yield f"{row.time} is {side} the incident: another day or zone? {quoted(row.what)}"


def _before(one: Told, other: Told) -> bool:
    """Whether one is surely earlier than the other, as exactly as both are known."""
    return one.at + one.known + other.known < other.at


def _apart(shown: Told, event: Told) -> bool:
    return _before(shown, event) or _before(event, shown)
