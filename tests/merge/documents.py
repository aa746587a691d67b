"""Drafts made up at random, in the form of real ones but faster: what was measured, and what it becomes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from incident.text.markup.markdown import cell

_TITLES = (
    "Degraded: errors 0.1 -> 0.6 %", "HighErrorRate firing", "Scaled 4 -> 12 replicas", "Restarted",
    "Версия 6.1.0 -> 6.2.0", "Recovered, held 10 min", "Peak of errors: 41 %", "a | b \\ `c` *d*",
    "Traffic rising, 102 -> 313 req/s", "キュー lag over 10 k", "Condition of <Alert> & co true",
)  # fmt: skip
_OPTIONAL = (
    "summary-asks",
    "chart-summary",
    "impact-episodes",
    "cotimed",
    "impact-formula",
    "detection-asks",
)


@dataclass(frozen=True, slots=True)
class Happened:
    """One event: its stable id, its minute, and how it is called."""

    id: str
    minute: int
    title: str
    main: bool


@dataclass(frozen=True, slots=True)
class Data:
    """What one generation of a draft is made from."""

    events: tuple[Happened, ...]
    optional: frozenset[str]
    figures: tuple[int, ...]
    """Numbers that stand in sentences."""
    state: str


def data(rng: np.random.Generator) -> Data:
    """Something that happened."""
    events = tuple(_event(rng) for _ in range(int(rng.integers(1, 9))))
    optional = frozenset(name for name in _OPTIONAL if rng.random() < 0.7)
    return Data(_ordered(events), optional, tuple(int(n) for n in rng.integers(1, 9000, 4)), "degraded")


def later(old: Data, rng: np.random.Generator) -> Data:
    """The same incident with evidence that came later: events late, gone, re-timed, re-worded; numbers."""
    events = [each for each in old.events if rng.random() > 0.12]
    events = [_moved(each, rng) if rng.random() < 0.2 else each for each in events]
    events = [_reworded(each, rng) if rng.random() < 0.2 else each for each in events]
    events += [_event(rng) for _ in range(int(rng.integers(0, 3)))]
    optional = frozenset(n for n in _OPTIONAL if (n in old.optional) != bool(rng.random() < 0.15))
    figures = tuple(int(rng.integers(1, 9000)) if rng.random() < 0.4 else n for n in old.figures)
    state = str(rng.choice(["down", "partial outage", old.state]))
    return Data(_ordered(events), optional, figures, state)


def _ordered(events: list[Happened] | tuple[Happened, ...]) -> tuple[Happened, ...]:
    return tuple(sorted(events, key=lambda each: (each.minute, each.id)))


def _event(rng: np.random.Generator) -> Happened:
    # Two digits at the front vary little, so that visible ids collide now and then, as they do.
    known = f"ev-{int(rng.integers(0, 4)):02x}{int(rng.integers(0, 16)):02x}{int(rng.integers(0, 16**8)):08x}"
    title = f"{rng.choice(_TITLES)} {int(rng.integers(0, 99))}"
    return Happened(known, int(rng.integers(0, 180)), title, bool(rng.random() < 0.75))


def _moved(event: Happened, rng: np.random.Generator) -> Happened:
    return replace(event, minute=max(0, event.minute + int(rng.integers(-30, 31))))


def _reworded(event: Happened, rng: np.random.Generator) -> Happened:
    return replace(event, title=f"{rng.choice(_TITLES)} {int(rng.integers(0, 99))}")


def render(each: Data, generation: int) -> str:
    """The draft that says so. A block is an anchor, its lines and a blank one."""
    blocks = [(key, lines) for key, lines in _blocks(each) if key not in _OPTIONAL or key in each.optional]
    parts = [
        f"<!-- itl:{key}{f' gen={generation}' if key == 'draft' else ''} -->\n"
        + "".join(f"{x}\n" for x in lines)
        for key, lines in blocks
    ]
    return "\n".join(parts)


def _blocks(each: Data) -> list[tuple[str, list[str]]]:
    one, two, three, four = each.figures
    return [
        ("draft", [f"# payments: {each.state}, 2023-12-15", "", f"> DRAFT, not reviewed. {one % 12} open."]),
        ("summary", ["## Issue summary", "", f"**{two} of {three} requests failed.**", "", _state(each)]),
        ("summary-asks", ["- [You: what did users see?]", "- [You: cause in one sentence?]"]),
        ("chart-summary", [f"![Failed share rose to {four % 100} %.](charts/summary.svg)"]),
        ("timeline", ["## Timeline", "", *_timeline(each), "| - | | | [You: who noticed first?] | |"]),
        ("timeline-note", [f"Numbers are the chart's. Exact to {one % 60} s.", "More in the evidence."]),
        ("detection", ["## Detection", "", f"- time to detect = {one} s", f"- pending = {two} s"]),
        ("detection-asks", ["- [You: which signal should have told us first?]"]),
        ("impact", ["## Impact", "", f"{three} requests failed.", "", f"- time to recover = {four} s"]),
        ("impact-episodes", _table("| Episode | From |", [f"| {n} | {n * two} |" for n in (1, 2)])),
        ("impact-formula", ["How it was counted:", "", "```text", f"failed = x{{a=\"\\\\{one}\"}}", "```"]),
        ("causes", ["## Root cause and resolution", "", "- [You: what ended it, and how do we know?]"]),
        ("cotimed", ["Timing only, not cause.", "", *_table("| UTC | What |", [f"| {four} | scaled |"])]),
        ("actions", ["## Action items", "", *_table("| Kind | Action |", ["| Prevent | |", "| Detect | |"])]),
        ("evidence", ["## Evidence"]),
        ("evidence-events", ["### All events", "", *_events(each)]),
        ("evidence-queries", ["### Queries", *_query("errors", one), *_query("p99", two)]),
        ("evidence-context", ["### Context", "", *_departures(three, four)]),
        ("evidence-method", ["### Method", "", f"- Steps of {three} s.", "- Down: from 95 % failing."]),
        ("links", [f"[{short}]: <http://prometheus.example/{key}>" for key, short in _short(each).items()]),
    ]  # fmt: skip


def _departures(one: int, two: int) -> list[str]:
    """Sentences of which some come, go and change as a whole."""
    words = ("p50 rose", "queue grew", "lag fell", "cpu was busy", "disk filled", "pods left", "cache missed")
    return [f"{words[(one + n * two) % 7].capitalize()}, {words[(two + n) % 7]}." for n in range(two % 4 + 1)]


def _state(each: Data) -> str:
    return f"The service was {each.state}. % of users: not measured."


@lru_cache(maxsize=16)
def _short(each: Data) -> dict[str, str]:
    """For each stable id the short one that no other begins with."""
    digits = [event.id.removeprefix("ev-") for event in each.events]
    return {
        f"ev-{mine}": f"e-{next(mine[:n] for n in range(4, 13) if _alone(mine[:n], digits))}"
        for mine in digits
    }


def _alone(prefix: str, digits: list[str]) -> bool:
    return len(prefix) == 12 or sum(other.startswith(prefix) for other in digits) == 1


def _table(head: str, body: list[str]) -> list[str]:
    return [head, "|" + " --- |" * (head.count("|") - 1), *body]


def _timeline(each: Data) -> list[str]:
    shown = [event for event in each.events if event.main]
    body = [
        f"| {n} | {_clock(e)} | +{e.minute}m | {cell(e.title)} | measured [{_short(each)[e.id]}] |"
        for n, e in enumerate(shown, 1)
    ]
    return _table("| # | UTC | +start | What | Source |", body)


def _events(each: Data) -> list[str]:
    short, number, body = _short(each), 0, []
    for event in each.events:
        number += event.main
        mark = number if event.main else "-"
        body.append(f"| {mark} | {_clock(event)} | {cell(event.title)} | change [{short[event.id]}] |")
    return _table("| # | UTC | What | Source |", body)


def _clock(event: Happened) -> str:
    return f"{14 + event.minute // 60}:{event.minute % 60:02d}"


def _query(name: str, number: int) -> list[str]:
    return [
        "",
        f"**{name}** (impact): normal {number % 7} %",
        "",
        "```promql",
        f"sum({name}[{number}m])",
        "```",
    ]
