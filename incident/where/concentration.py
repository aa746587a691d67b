"""Whether harmed requests concentrate on a few values of a label, or spread as requests do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incident.model.spans import Millis, Values
from incident.model.where import Harm, Portion
from incident.where.atoms import Atoms

FEWEST = 30
"""Fewer harmed requests than this are told by none of their labels: three of ten may be chance."""
_MOST_VALUES = 200
"""A label of more values names users or requests, not places."""
_MOST_TOLD = 3
"""Values a sentence bears."""
_NEARLY_ALL = 0.8
"""From this share on the values say where it hurt."""
_MOST = 0.5
"""One value alone says it from here on."""
_MORE_THAN_FAIR = 0.2
"""By how much the share of the harmed must exceed that of all requests."""
_TIMES_THE_REST = 3.0
"""How many times as often requests with these values must be harmed as the others."""
_SURE = 5.0
"""Standard errors: many values of many labels are looked at, and failures come in bunches."""
_HARDLY = 0.05
"""Less than this of its traffic before: a value was not really there yet, and its ratio is chance."""
_EVEN = 0.1
"""Total variation below this: each value has its fair share, give or take a tenth in all."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Requests by the values of one label; arrays of shape (values,)."""

    values: tuple[str, ...]
    part: Values
    whole: Values
    ratio: Values
    ratio_before: Values
    """NaN where hardly any request was read before."""

    @property
    def share(self) -> Values:
        """Of the harmed, each value's."""
        return self.part / max(float(self.part.sum()), 1e-9)

    @property
    def fair(self) -> Values:
        """Of all requests, each value's."""
        return self.whole / max(float(self.whole.sum()), 1e-9)

    @property
    def comparable(self) -> bool:
        """Enough harmed requests, and neither one value nor too many."""
        return 2 <= len(self.values) <= _MOST_VALUES and float(self.part.sum()) >= FEWEST


def table_of(atoms: Atoms, label: str, harm: Harm, stretch: float) -> Table:
    """The requests by a label's values; those with no request in the impact, nor before, left out.

    `stretch` is how many times as long the impact is as the time before: what was to be expected, where
    requests were lost.
    """
    values, which = atoms.having(label)

    def by(counts: Values) -> Values:
        return np.bincount(which, counts, minlength=len(values)).astype(np.float64)

    whole, part, whole_before, part_before = (
        by(a) for a in (atoms.whole, atoms.part, atoms.whole_before, atoms.part_before)
    )
    if harm is Harm.LOST:
        expected = whole_before * stretch
        part, whole, part_before = np.clip(expected - whole, 0.0, None), expected, 0.0 * part_before
    kept = whole > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio, ratio_before = part / whole, part_before / whole_before
    ratio_before[whole_before * stretch < _HARDLY * whole] = np.nan
    names = tuple(value for value, keep in zip(values, kept.tolist(), strict=True) if keep)
    return Table(names, part[kept], whole[kept], ratio[kept], ratio_before[kept])


def concentrated(table: Table) -> tuple[int, ...] | None:
    """The values on which the harmed requests concentrate, the largest first; None where they do not."""
    if not table.comparable:
        return None
    share, fair = table.share, table.fair
    order = np.argsort(-(share - fair), kind="stable")
    for many in range(1, min(_MOST_TOLD, len(order) - 1) + 1):
        chosen = order[:many]
        if share[chosen].sum() >= (_MOST if many == 1 and _alone(share, order) else _NEARLY_ALL):
            return tuple(chosen.tolist()) if _stands_out(table, chosen.tolist()) else None
    return None


def _alone(share: Values, order: Millis) -> bool:
    """Whether no three values together hold nearly all: then the first alone is what can be said."""
    return float(share[order[:_MOST_TOLD]].sum()) < _NEARLY_ALL


def _stands_out(table: Table, chosen: list[int]) -> bool:
    share, fair = float(table.share[chosen].sum()), float(table.fair[chosen].sum())
    rest = (1.0 - share) / max(1.0 - fair, 1e-9)
    error = np.sqrt(max(fair * (1.0 - fair), 1e-9) / float(table.part.sum()))
    often = share / max(fair, 1e-9) >= _TIMES_THE_REST * rest
    return often and share - fair >= _MORE_THAN_FAIR and share - fair >= _SURE * float(error)


def even(table: Table) -> bool:
    """Whether every value has about its fair share of the harmed."""
    return table.comparable and float(np.abs(table.share - table.fair).sum()) / 2 < _EVEN


def dominant(table: Table) -> tuple[int, ...] | None:
    """The one value that nearly all harmed requests have, of those that occur among them."""
    occurring = int((table.part > 0).sum())
    if occurring < 2 or float(table.part.sum()) < FEWEST:
        return None
    first = int(np.argmax(table.part))
    return (first,) if float(table.share[first]) >= _NEARLY_ALL else None


def portions(table: Table, chosen: tuple[int, ...], *, tells_failures: bool) -> tuple[Portion, ...]:
    """The chosen values with their shares, the largest first."""
    others = bool(np.isfinite(table.ratio_before).any())
    ranked = sorted(chosen, key=lambda index: (-float(table.part[index]), table.values[index]))
    return tuple(
        Portion(
            value=table.values[index],
            count=float(table.part[index]),
            share=float(table.share[index]),
            share_of_requests=None if tells_failures else float(table.fair[index]),
            ratio=None if tells_failures else _known(table.ratio[index]),
            ratio_before=None if tells_failures else _known(table.ratio_before[index]),
            new=others and not tells_failures and not np.isfinite(table.ratio_before[index]),
        )
        for index in ranked
    )


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
