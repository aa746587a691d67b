"""What measured rows are made of, and how one is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from incident.impact.assess import Assessment
from incident.model.evidence import Evidence
from incident.model.policy import Policy
from incident.model.timeline import Event, EventOrigin
from incident.timeline.rows.ids import event_id


@dataclass(frozen=True, slots=True)
class Maker:
    """The evidence, the judgement on it and the policy that it follows."""

    evidence: Evidence
    judged: Assessment
    policy: Policy


def measured(
    identity: tuple[str, ...],
    kind: str,
    at: datetime,
    plus_minus: timedelta,
    subject: str,
    title: str,
    *,
    until: datetime | None = None,
    value: str = "",
    query: str = "",
    main: bool = True,
) -> Event:
    """A measured row; `identity` is what the event is, apart from its time and wording."""
    return Event(
        id=event_id("measured", *identity),
        at=at,
        until=until,
        plus_minus=plus_minus,
        kind=kind,
        origin=EventOrigin.MEASURED,
        subject=subject,
        title=title,
        value=value,
        query=query,
        link="",
        main=main,
    )
