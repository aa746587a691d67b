"""What a scan remembers of those before it: answers about the past, and looks that came to no draft."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

import numpy as np

from collector.cache.cached import CachedSource
from collector.config.settings import Settings
from collector.source import Source
from incident.fleet.model import SCREENED, Candidate, Screening
from incident.model.spans import Span
from report.pipeline.scan.sought.known import window_for
from report.pipeline.scan.wanted import Wanted
from report.write import Shelf

CACHE = ".incident-timeline-cache"
"""In the output directory, which is the one place that a scan may write to wherever it runs."""
_MIB = 1024 * 1024


class Memory:
    """One source's share of the shelf; without a shelf it remembers nothing."""

    def __init__(self, shelf: Shelf | None, settings: Settings, version: str) -> None:
        self._shelf = shelf
        self._identity = _identity(settings)
        self._version = version

    def before(self, source: Source, now: datetime) -> Source:
        """The source, asked only for what is not remembered."""
        return CachedSource(source, self._shelf, self._identity, now) if self._shelf else source

    def key(
        self, candidate: Candidate, scope: tuple[str, ...], screening: Screening | None, wanted: Wanted
    ) -> str:
        """Of a look at this candidate: the same only while its screened samples and our rules are the same.

        Empty where the next look may see more than this one: the candidate lasts, or its window grows.
        """
        window = window_for(candidate, (None, None), wanted.period)
        if candidate.end is None or window.end >= wanted.period.end or screening is None:
            return ""
        settings = wanted.settings
        rules = (settings.policy, settings.min_impact, settings.signals, settings.discovery, scope)
        seen = _samples(screening, candidate, window)
        return f"look {self._version} {self._identity} {candidate.member} {window} {rules} {seen}"

    def why_not(self, key: str) -> str | None:
        """Why such a look came to no draft; None where it is not remembered."""
        kept = self._shelf.get(key) if self._shelf and key else None
        try:
            return kept.decode() if kept else None
        except UnicodeDecodeError:
            return None

    def remember(self, key: str, why: str) -> None:
        """That a look came to no draft."""
        if self._shelf and key:
            self._shelf.put(key, why.encode("utf-8", "replace"))


def shelf_of(settings: Settings, *, wished: bool) -> Shelf | None:
    """Where the scans of this output directory keep what they remember."""
    if not wished or not settings.cache_mib:
        return None
    return Shelf(settings.output / CACHE, settings.cache_mib * _MIB)


def _identity(settings: Settings) -> str:
    """Of server, tenant and credentials: whoever may see other series gets no answer of these."""
    http = settings.http
    sent = [*http.plain_headers, *((name, value.reveal()) for name, value in http.headers)]
    return sha256(repr((settings.server, sorted(sent), str(http.tls.cert_file))).encode()).hexdigest()


def _samples(screening: Screening, candidate: Candidate, window: Span) -> str:
    """A digest of what the screening saw of the candidate in its window, alerts included."""
    grid = screening.grid
    row = screening.members.index(candidate.member)
    inside = slice(max(0, grid.index(window.start_ms)), max(0, grid.index(window.end_ms)))
    digest = sha256(repr((grid.step_ms, candidate.firings)).encode())
    for measure in SCREENED:
        digest.update(np.ascontiguousarray(screening.values[measure][row, inside]).tobytes())
    return digest.hexdigest()
