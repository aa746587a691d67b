"""What is kept beside a draft, and when new evidence may take its place.

The same evidence collected again keeps the time of its first collection, so that nothing changes on
disk. Evidence that holds less of the window than what is kept, because metrics have expired or a
source was away, never replaces it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from collector.errors import CollectError, ConfigError, NoData
from collector.kept.record import dump
from collector.kept.replay import load
from incident.model.evidence import Evidence
from incident.model.signals import EarlierPeriod, Role
from incident.model.spans import Span
from report.pipeline.asked.forms import as_before

EVIDENCE = "evidence.json.gz"
_POORER = 0.9
"""New evidence with less than this share of the kept samples has lost some of the window."""


def read_evidence(path: Path) -> Evidence:
    """The evidence of a file or of a draft's directory. Raises ConfigError where it cannot be read."""
    file = path / EVIDENCE if path.is_dir() else path
    return load(_bytes(file), str(file))


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"evidence {file}: {error.strerror}; give the evidence.json.gz of a draft, or its directory"
        ) from error


def kept_evidence(directory: Path) -> Evidence | None:
    """The evidence beside a draft, None where there is none that can be read."""
    file = directory / EVIDENCE
    if not file.is_file():
        return None
    try:
        return read_evidence(file)
    except CollectError:
        return None


def reconciled(new: Evidence, directory: Path) -> Evidence:
    """The evidence to write: the new, dated as the kept where nothing else changed.

    Raises NoData where the new holds less of the window than the kept.
    """
    kept = kept_evidence(directory)
    new = as_before(new, kept)
    if kept is None:
        return new
    if _samples(new, kept.asked) < _POORER * _samples(kept, kept.asked):
        raise NoData(
            f"{new.origin.url}: has fewer samples from {kept.asked.start:%Y-%m-%d %H:%M} UTC on than the "
            f"evidence kept in {directory}; the draft was left as it is, use --replay to make it again"
        )
    lost = _failed(new) - _failed(kept)
    if lost and kept.asked == new.asked:
        raise NoData(
            f"{new.origin.url}: {', '.join(sorted(lost))} could not be read this time; the draft in "
            f"{directory} was made from all of it and was left as it is"
        )
    new = replace(
        new,
        earlier=_known_before(new.earlier, kept.earlier),
        companions=new.companions or kept.companions,  # only a scan looks for them
    )
    before = kept.presentation
    shown = replace(new.presentation, generation=before.generation, identity=before.identity)
    dated = replace(
        new, presentation=shown, origin=replace(new.origin, collected_at=kept.origin.collected_at)
    )
    return dated if dump(dated) == dump(kept) else replace(new, presentation=shown)


def _known_before(
    new: tuple[EarlierPeriod, ...], kept: tuple[EarlierPeriod, ...]
) -> tuple[EarlierPeriod, ...]:
    """The earlier periods, those of which nothing is there any more as they were read first.

    A week ago expires before the window does, and the judgement must not change with it.
    """
    before = {period.ago: period for period in kept if period.signals}
    return tuple(period if period.signals else before.get(period.ago, period) for period in new)


def _failed(evidence: Evidence) -> set[str]:
    """What a failed source or query kept from being seen."""
    return {u.what for u in evidence.unknowns if u.failed}


def _samples(evidence: Evidence, span: Span) -> float:
    """How much of the span is covered by impact signals, in signal-seconds."""
    grid = evidence.grid
    a, b = max(0, grid.index(span.start_ms)), max(0, grid.index(span.end_ms))
    seen = sum(int(np.isfinite(s.values[a:b]).sum()) for s in evidence.signals if s.spec.role is Role.IMPACT)
    return seen * grid.step.total_seconds()
