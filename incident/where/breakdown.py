"""Judges where it hurt: from the counters of the evidence to the facts of a sentence and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from incident.impact.assess import Assessment
from incident.model.evidence import Evidence
from incident.model.signals import Counters, Measure
from incident.model.spans import Span
from incident.model.where import Breakdown, Harm, Placement
from incident.text.promql import label_name
from incident.where.atoms import Atoms, request_atoms, slow_atoms
from incident.where.concentration import (
    FEWEST,
    Table,
    concentrated,
    dominant,
    even,
    portions,
    table_of,
)

_BEFORE = timedelta(minutes=30)
"""As far back as the zoom reads raw counters before an impact."""
_MOST_TOLD = 3
"""Labels worth a person's attention; the next ones mostly say the same again."""
_USUALLY_SLOW = 0.05
"""A bucket that at most one request in twenty exceeded before tells slow ones from usual ones."""
_COVERED = 0.5
"""Counters read in less of the impact than this do not say where it hurt."""

_FIRST = (
    *(
        "http_route",
        "route",
        "handler",
        "path",
        "uri",
        "view",
        "endpoint",
        "url",
        "grpc_method",
        "rpc_method",
    ),
    *("version", "zone", "region", "node", "pod", "instance"),
    "method",
)
"""What people ask for first, in this order; other labels of the counters follow by name."""
_ROOMS = frozenset(_FIRST) - {"method"}
"""Labels of which it is worth a line that nothing concentrates on them."""
_TELLS_FAILURES = frozenset(
    "code status status_code http_status_code http_response_status_code response_code grpc_code "
    "grpc_response_status rpc_grpc_status_code classification outcome error error_type exception "
    "response_flags".split()
)
"""Labels that say that, or how, a request failed: all failures are there by definition."""
_NOT_PLACES = frozenset({"le", "quantile", "__name__"})


def breakdowns(evidence: Evidence, judged: Assessment) -> tuple[Breakdown, ...]:
    """The labels on which failed, lost or slow requests concentrate, and those over which they spread.

    Empty without impact, without raw counters over most of it, or with too few harmed requests.
    """
    inside = _impact(judged)
    if evidence.counters is None or not inside:
        return ()
    return located(evidence.counters, evidence.placements, inside, _harms(judged))


def located(
    counters: Counters, placements: Sequence[Placement], inside: Sequence[Span], harms: Sequence[Harm]
) -> tuple[Breakdown, ...]:
    """The same for given stretches of impact, in order of time, and kinds of harm."""
    before = Span(inside[0].start - _BEFORE, inside[0].start)
    found: list[Breakdown] = []
    for harm in harms:
        made = _made(harm, counters, placements, inside, before)
        if made is not None:
            found += _told(made, harm)
    return tuple(found)


def _impact(judged: Assessment) -> tuple[Span, ...]:
    ends = ((one.start.at, one.end.at if one.end else judged.data_end) for one in judged.episodes)
    return tuple(Span(start, end) for start, end in ends if start < end)


def _harms(judged: Assessment) -> tuple[Harm, ...]:
    """What the impact was made of: lost requests where more were lost than failed."""
    carried = {departure.spec.measure for departure in judged.impact}
    requests = judged.requests
    failed = (requests.failed if requests else None) or 0
    lost = (requests.lost if requests else None) or 0
    harms = [Harm.LOST] if lost >= FEWEST and lost > failed else []
    harms += [Harm.FAILED] if failed >= FEWEST and Measure.ERRORS in carried else []
    return (*harms, *((Harm.SLOW,) if Measure.LATENCY in carried else ()))


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """The requests of one harm, ready to be told apart."""

    atoms: Atoms
    stretch: float
    """Length of the impact by that of the time before."""
    whole_query: str
    part_query: str
    span: Span
    placed: frozenset[str]
    """Labels that the counters themselves do not have."""
    slower_than_s: float | None = None


def _made(
    harm: Harm, counters: Counters, placements: Sequence[Placement], inside: Sequence[Span], before: Span
) -> _Made | None:
    whole = Span(inside[0].start, inside[-1].end)
    length = sum((span.length for span in inside), timedelta(0))
    if harm is Harm.SLOW:
        return _slow(counters, placements, inside, before, whole)
    if _read(counters.spans, inside) < _COVERED * length:
        return None
    atoms = request_atoms(counters, placements, inside, before)
    if not atoms.labels or (harm is Harm.FAILED and not counters.failed_query):
        return None
    return _Made(
        atoms, length / before.length, counters.query, counters.failed_query, whole, _names(placements)
    )


def _slow(
    counters: Counters, placements: Sequence[Placement], inside: Sequence[Span], before: Span, whole: Span
) -> _Made | None:
    """By the latency buckets, in those parts of the impact in which they were read."""
    seen = [cut for span in inside for read in counters.bucket_spans if (cut := span.clipped(read))]
    bound = _bound(counters, placements, before) if seen else ""
    if not bound:
        return None
    atoms = slow_atoms(counters, placements, seen, before, bound)
    query = counters.bucket_query
    unit = 0.001 if "_milliseconds" in query or "_ms_" in query else 1.0
    return (
        _Made(atoms, 1.0, query, query, whole, _names(placements), float(bound) * unit)
        if atoms.labels
        else None
    )


def _bound(counters: Counters, placements: Sequence[Placement], before: Span) -> str:
    """The lowest bucket that hardly any request exceeded before; empty where there is none."""
    bounds = {one.label("le") for one in counters.buckets} - {"+Inf", "Inf", ""}
    for bound in sorted(bounds, key=float):
        usual = slow_atoms(counters, placements, [before], before, bound)
        if usual.whole.sum() > 0 and usual.part.sum() <= _USUALLY_SLOW * usual.whole.sum():
            return bound
    return ""


def _read(spans: Sequence[Span], inside: Sequence[Span]) -> timedelta:
    cuts = [cut for span in inside for read in spans if (cut := span.clipped(read)) is not None]
    return sum((cut.length for cut in cuts), timedelta(0))


def _told(made: _Made, harm: Harm) -> list[Breakdown]:
    """Up to three labels, each telling more than those before it; the code; then where it is even."""
    told, explained = _concentrating(made, harm)
    for label in _labels(made.atoms):
        if harm is not Harm.FAILED or label not in _TELLS_FAILURES:
            continue
        table = table_of(made.atoms.only(made.atoms.part > 0), label, harm, made.stretch)
        chosen = dominant(table)
        if chosen and len(told) < _MOST_TOLD and not any(one.label in _TELLS_FAILURES for one in told):
            told.append(_breakdown(made, harm, label, table, chosen))
    for label in _labels(made.atoms):
        if label in _ROOMS and label not in explained:
            table = table_of(made.atoms, label, harm, made.stretch)
            if even(table):
                told.append(_breakdown(made, harm, label, table, ()))
    return told


def _concentrating(made: _Made, harm: Harm) -> tuple[list[Breakdown], set[str]]:
    """The labels that concentrate, the strongest first, and all that do so when looked at alone.

    Each next one is looked for among the requests with the values already named: a label that only says
    the same again (the one instance of a version) has nothing to tell there.
    """
    labels = [label for label in _labels(made.atoms) if label not in _TELLS_FAILURES]
    alone = {label for label in labels if concentrated(table_of(made.atoms, label, harm, made.stretch))}
    told: list[Breakdown] = []
    within = made.atoms
    while len(told) < _MOST_TOLD and labels:
        best = _best(within, labels, harm, made.stretch)
        if best is None:
            break
        label, values = best
        labels.remove(label)
        if label not in alone:
            continue
        table = table_of(made.atoms, label, harm, made.stretch)
        chosen = tuple(index for index, value in enumerate(table.values) if value in values)
        told.append(_breakdown(made, harm, label, table, chosen))
        within = within.only(np.array([one.get(label, "") in values for one in within.labels], dtype=bool))
    return told, alone


def _best(
    atoms: Atoms, labels: Sequence[str], harm: Harm, stretch: float
) -> tuple[str, frozenset[str]] | None:
    """The label with the greatest distance between the two shares; of equal ones the first."""
    found: list[tuple[float, int, str, frozenset[str]]] = []
    for place, label in enumerate(labels):
        table = table_of(atoms, label, harm, stretch)
        chosen = concentrated(table)
        if chosen:
            picked = list(chosen)
            gap = round(float((table.share - table.fair)[picked].sum()), 2)
            found.append((-gap, place, label, frozenset(table.values[index] for index in chosen)))
    if not found:
        return None
    _, _, label, values = min(found, key=lambda one: one[:2])
    return label, values


def _labels(atoms: Atoms) -> list[str]:
    """The labels with two values or more, those that people ask for first in front."""
    names = sorted({name for one in atoms.labels for name in one} - _NOT_PLACES)
    several = [name for name in names if len(atoms.having(name)[0]) > 1]
    rank = {name: place for place, name in enumerate(_FIRST)}
    return sorted(several, key=lambda name: (rank.get(name, len(_FIRST)), name))


def _breakdown(made: _Made, harm: Harm, label: str, table: Table, chosen: tuple[int, ...]) -> Breakdown:
    return Breakdown(
        harm=harm,
        label=label,
        concentrated=bool(chosen),
        portions=portions(table, chosen, tells_failures=harm is Harm.FAILED and label in _TELLS_FAILURES),
        values=len(table.values),
        harmed=float(table.part.sum()),
        query=_query(made, harm, label),
        slower_than_s=made.slower_than_s,
    )


def _query(made: _Made, harm: Harm, label: str) -> str:
    """A query whose answer at the end of the impact comes near to these counts."""
    counter = made.whole_query if harm is Harm.LOST else made.part_query
    seconds = round(made.span.length.total_seconds())
    by = "" if label in made.placed else f"sum by ({label_name(label)}) "
    return f"{by}(increase({counter}[{seconds}s]))" if by else f"increase({counter}[{seconds}s])"


def _names(placements: Sequence[Placement]) -> frozenset[str]:
    return frozenset(one.name for one in placements)
