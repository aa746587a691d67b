"""`--alertmanager URL`: the silences of the window, put into the evidence, so that a replay has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from collector.config.settings import Settings
from collector.errors import CollectError
from collector.server.alertmanager import connect_alertmanager
from collector.signals.samples.measure import failed
from incident.model.evidence import Evidence


def with_silences(evidence: Evidence, settings: Settings, say: Callable[[str], None]) -> Evidence:
    """The evidence with the silences that overlap it; unchanged where no Alertmanager was named.

    An Alertmanager that cannot be read is an Unknown, and costs nothing else.
    """
    if not settings.alertmanager:
        return evidence
    say("silences")
    try:
        door = connect_alertmanager(
            settings.alertmanager_http, url=settings.alertmanager, deadline=settings.deadline
        )
        found = door.silences()
    except CollectError as error:
        return replace(evidence, unknowns=(*evidence.unknowns, failed("silences", str(error))))
    covered = evidence.covered
    return replace(
        evidence, silences=tuple(s for s in found if s.start < covered.end and s.end > covered.start)
    )
