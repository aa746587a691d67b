"""What a run says on stderr: scope, signals, finding, each one line."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping

from incident.model.timeline import Timeline
from incident.text.controls import terminal
from incident.text.instants import stamp, zone
from report.pipeline.flow import Draft
from report.pipeline.merging import Outcome
from report.render import found


def tell(made: Draft) -> None:
    """Prints the lines of a finished draft."""
    timeline = made.timeline
    for line in (*_extension(timeline), _scope(timeline), _signals(timeline), f"found    {found(timeline)}"):
        print(terminal(line), file=sys.stderr)
    if made.published.told:
        print(f"merged   {terminal(made.published.told)}", file=sys.stderr)
    for path in made.published.late:
        print(f"history  {terminal(str(path))} was saved after the refresh; compare it", file=sys.stderr)
    if made.published.outcome is Outcome.UNCHANGED:
        print("files    unchanged", file=sys.stderr)


# Kinds of events that are no words of a sentence.
_WORDS = {
    "scale": "scaling",
    "oom_kill": "kill for lack of memory",
    "job_failed": "failed job",
    "target_down": "target down",
    "target_up": "target back up",
    "node": "change on nodes",
    "pod": "pod that could not run",
    "rollout_stuck": "rollout without progress",
    "data_gap": "gap in the data",
    "monitoring_trouble": "problem in monitoring",
}


def _extension(timeline: Timeline) -> list[str]:
    if not timeline.extended_because:
        return []
    shown = zone(timeline.zone)
    reach = f"{stamp(timeline.window.start, shown)} to {stamp(timeline.window.end, shown)}"
    return [f"reported {reach} {timeline.zone} ({timeline.extended_because})"]


def _scope(timeline: Timeline) -> str:
    return f"scope    {timeline.scope}"


def _signals(timeline: Timeline) -> str:
    names = ", ".join(s.spec.name for s in timeline.signals) or "none"
    changes = Counter(e.kind for e in timeline.events if e.origin == "change")
    counted = [_many(len(timeline.alerts), "alert"), *counted_changes(changes)]
    return f"signals  {names}; {', '.join(counted)}"


def counted_changes(changes: Mapping[str, int]) -> list[str]:
    """How many changes of each kind, in words: `2 restarts`, `1 gap in the data`."""
    return [_many(n, _WORDS.get(kind, kind.replace("_", " "))) for kind, n in sorted(changes.items())]


def _many(number: int, what: str) -> str:
    """`1 gap in the data`, `2 gaps in the data`: the first word is what is counted."""
    head, _, rest = what.partition(" ")
    return f"{number} {head if number == 1 else f'{head}s'}{' ' * bool(rest)}{rest}"
