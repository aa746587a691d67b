"""Which families a server has: one pattern to ask its metric names by, and the rows that answer to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from collector.families.family import Family
from collector.families.rows import FAMILIES

_NOT_PLAIN = re.compile(r"[^a-zA-Z0-9_]")
_PARTS = ("bucket", "count", "sum")


@dataclass(frozen=True, slots=True)
class Present:
    """The families of which the server has a metric, under the names it has them, best first."""

    families: tuple[Family, ...]
    names: frozenset[str]
    """All names of theirs that the server has."""

    @property
    def dotted(self) -> bool:
        """Whether names with dots are there: then labels may have them too, and the server reads them."""
        return any(_NOT_PLAIN.search(name) for name in self.names)

    def counters(self) -> tuple[str, ...]:
        """The counters that are there; a native histogram stands for its own."""
        wanted = (name for family in self.families for name in (family.counter, family.own_histogram))
        return tuple(dict.fromkeys(name for name in wanted if name in self.names))

    def histograms(self) -> tuple[str, ...]:
        """Base names of classic histograms that are there."""
        bases = dict.fromkeys(base for family in self.families for base in family.histograms)
        return tuple(base for base in bases if part_of(base, "bucket") in self.names)

    def others(self) -> tuple[str, ...]:
        """Native histograms, summaries, counts beside them and gauges of means that are there."""
        bases = [base for family in self.families for base in family.histograms]
        wanted = [name for base in bases for name in (base, part_of(base, "count"))]
        wanted += [name for family in self.families for name in family.means]
        return tuple(name for name in dict.fromkeys(wanted) if name in self.names)


def part_of(base: str, part: str) -> str:
    """`base_bucket`: Prometheus adds these with an underscore, also to names with dots."""
    return f"{base}_{part}"


def name_patterns() -> tuple[str, ...]:
    """Anchored patterns of all names in the registry, for the one call that asks which are there."""
    patterns: dict[str, None] = {}
    for family in FAMILIES:
        if not family.own_histogram:
            patterns[family.counter] = None
        for base in family.histograms:
            shown = base.replace("_", ".") if family.dotted else base
            patterns[f"{shown}(_{'|_'.join(_PARTS)})?"] = None
        patterns.update(dict.fromkeys(family.means))
    return tuple(patterns)


def present(names: Iterable[str]) -> Present:
    """The families that these names belong to; others are nobody's."""
    held = {name: re.sub(_NOT_PLAIN, "_", name) for name in names}
    found = [one for family in FAMILIES for one in _spelt(family, held)]
    mine = {name for family in found for name in _names(family)}
    return Present(tuple(found), frozenset(mine & held.keys()))


def assumed() -> Present:
    """Every family in its plain spelling: for servers that do not list their names."""
    return Present(FAMILIES, frozenset(name for family in FAMILIES for name in _names(family)))


def _spelt(family: Family, held: dict[str, str]) -> list[Family]:
    """The family as the server spells it: the plain names, or those with dots, or both; or not there."""
    if not family.dotted:
        return [family] if any(name in held for name in _names(family)) else []
    plain = {name: name for name in held if "." not in name}
    dotted = {flat: name for name, flat in held.items() if "." in name}
    spellings: Sequence[dict[str, str]] = (plain, dotted)
    return [one for spelling in spellings if (one := _as_spelt(family, spelling)) is not None]


def _as_spelt(family: Family, spelling: dict[str, str]) -> Family | None:
    bases = tuple(actual for base in family.histograms if (actual := _base(base, spelling)))
    return replace(family, counter=part_of(bases[0], "count"), histograms=bases) if bases else None


def _base(base: str, spelling: dict[str, str]) -> str:
    if base in spelling:
        return spelling[base]
    hits = ((part, spelling.get(part_of(base, part))) for part in _PARTS)
    return next((actual.removesuffix(f"_{part}") for part, actual in hits if actual), "")


def _names(family: Family) -> list[str]:
    parts = [part_of(base, part) for base in family.histograms for part in _PARTS]
    return [family.counter, *family.histograms, *parts, *family.means]
