"""Where it hurt, in a sentence and a small table: what failures concentrate on, never why they do."""

from __future__ import annotations

from dataclasses import dataclass

from incident.model.timeline import Timeline
from incident.model.where import Breakdown, Harm, Portion
from incident.text.numbers import count, percent, quantity
from report.render.wording.md import Md, capital, code, foreign, joined, line, listed

# Routes and the like are short; a value that is not would break the sentence it stands in.
_LONGEST_VALUE = 80
_NAMED_VALUES = 2
_NONE = Md("(none)")
_WHOSE = {Harm.FAILED: "failures", Harm.LOST: "lost requests", Harm.SLOW: "slow requests"}


@dataclass(frozen=True, slots=True)
class WhereRow:
    """One value on which harmed requests concentrate, as table cells."""

    label: Md
    value: Md
    count: str
    share: str
    of_requests: str
    ratio: str


def where_sentence(timeline: Timeline) -> Md:
    """`>99.9 % of failures on route `/pay` (31 % of requests); ...`; empty where nothing concentrates."""
    told = [one for one in timeline.where if one.concentrated]
    first = [one for one in told if one.harm is told[0].harm]
    if not first:
        return Md("")
    parts = [_part(one, leading=number == 0) for number, one in enumerate(first)]
    return line("{}.", capital(joined("; ", parts)))


def _part(one: Breakdown, *, leading: bool) -> Md:
    share = Md("all" if one.share > 1 - 1e-9 else percent(one.share))
    whose = Md(f" {_harmed(one)}") if leading else Md("")
    beside = one.share_of_requests
    told = Md("") if beside is None else Md(f" ({percent(beside)}{' of requests' if leading else ''})")
    return line("{}{} on {} {}{}", share, whose, foreign(one.label), _values(one), told)


def _harmed(one: Breakdown) -> str:
    if one.harm is Harm.SLOW and one.slower_than_s is not None:
        return f"of requests slower than {quantity(one.slower_than_s, 's')}"
    return {Harm.FAILED: "of failures", Harm.LOST: "of lost requests", Harm.SLOW: "of slow requests"}[
        one.harm
    ]


def _values(one: Breakdown) -> Md:
    named = [_value(portion) for portion in one.portions[:_NAMED_VALUES]]
    left = len(one.portions) - len(named)
    return listed([*named, Md(f"{left} more")] if left else named)


def _value(portion: Portion) -> Md:
    if not portion.value:
        return _NONE
    cut = portion.value if len(portion.value) <= _LONGEST_VALUE else f"{portion.value[:_LONGEST_VALUE]}…"
    return code(cut)


def even_sentence(timeline: Timeline) -> Md:
    """`Failures spread evenly over route and instance.`; empty where that cannot be said."""
    spread: dict[Harm, list[str]] = {}
    for one in timeline.where:
        if not one.concentrated:
            spread.setdefault(one.harm, []).append(one.label)
    alike: dict[tuple[str, ...], list[Harm]] = {}
    for harm, labels in spread.items():
        alike.setdefault(tuple(labels), []).append(harm)
    return joined(" ", [_evenly(harms, labels) for labels, harms in alike.items()])


def _evenly(harms: list[Harm], labels: tuple[str, ...]) -> Md:
    whose = capital(listed([Md(_WHOSE[harm]) for harm in harms]))
    return line("{} spread evenly over {}, as requests do.", whose, listed(labels))


def where_rows(timeline: Timeline) -> tuple[WhereRow, ...]:
    """The values that harmed requests concentrate on, label by label."""
    return tuple(_row(one, portion) for one in timeline.where if one.concentrated for portion in one.portions)


def _row(one: Breakdown, portion: Portion) -> WhereRow:
    return WhereRow(
        label=line("{} (of {})", one.label, one.values),
        value=_value(portion),
        count=f"{count(portion.count)} {one.harm.value}",
        share=percent(_whole(portion.share)),
        of_requests="" if portion.share_of_requests is None else percent(_whole(portion.share_of_requests)),
        ratio=_ratios(portion),
    )


def _ratios(portion: Portion) -> str:
    if portion.ratio is None:
        return ""
    unknown = "new" if portion.new else "unknown"
    before = unknown if portion.ratio_before is None else percent(portion.ratio_before)
    return f"{before} -> {percent(_whole(portion.ratio))}"


def _whole(share: float) -> float:
    """A sum of parts that make the whole, without the last bits of its additions."""
    return 1.0 if abs(share - 1.0) < 1e-9 else share
