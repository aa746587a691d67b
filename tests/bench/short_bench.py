"""Faults of seconds, with an alert and without: `python -m tests.bench.short_bench`.

Services drawn request by request, scraped every 15 s and surveyed every 30 s, with a step fault of 20 s to
two minutes. The alert is a rule on the same rates (5 % errors, or a 99th percentile 1.6 times the usual one),
read every 30 s. Where it fired on the fault, the share of faults is printed that a draft finds without
the alert and with it; then false incidents on healthy days with alerts that fire at any time.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from incident.impact import surveyed
from incident.model.evidence import Evidence
from incident.model.facts import AlertInterval, Nearness
from incident.model.policy import Policy
from incident.model.spans import Flags, instant
from tests.fleet.counted import counted
from tests.fleet.services import SHAPES, Fault, Shape, evidence_of

LEAD, WINDOW = timedelta(hours=4), timedelta(hours=2)
LENGTHS = (20.0, 30.0, 45.0, 60.0, 90.0, 120.0)
FAULTS = ((0.2, 1.0), (0.5, 1.0), (1.0, 1.0), (0.0, 3.0))
HOLDS = (timedelta(0), timedelta(minutes=1))
ERRORS_ABOVE, SLOWER_THAN_USUAL = 0.05, 1.6
RATES = (10.0, 20.0, 60.0)


def alerts_on(evidence: Evidence, beyond: Flags, hold: timedelta) -> Iterator[AlertInterval]:
    """The firing intervals of a rule whose condition holds where `beyond` says, after `hold`."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], beyond.astype(np.int8), [0]))))
    times = [*evidence.grid.times.tolist(), evidence.grid.end_ms]
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        active, over = instant(times[start]), instant(times[stop])
        if active + hold < over:
            yield page(active, active + hold, over)


def page(active: datetime, firing: datetime, over: datetime) -> AlertInterval:
    """One firing of the service's alert."""
    return replace(_PAGE, pending_at=active, firing_at=firing, resolved_at=over)


_PAGE = AlertInterval(
    "Page", (("service", "x"),), None, None, None, timedelta(seconds=15), Nearness.OWN, "ALERTS"
)


def found(evidence: Evidence, begins: float, ends: float) -> bool:
    """Whether an incident is found between two instants, epoch ms."""
    return any(
        e.start_after < ends and (e.end_by or 1 << 62) > begins for e in surveyed(evidence, Policy()).episodes
    )


def told(
    shapes: list[Shape], count: int, failing: float, slower: float, length: float, hold: timedelta
) -> str:
    """`found without the alert / with it / faults on which it fired`."""
    without = beside = fired = 0
    for shape in shapes:
        for seed in range(count):
            start = LEAD.total_seconds() + 1200 + 397 * seed
            fault = Fault(start, length, failing, slower)
            evidence = counted(shape, seed, lead=LEAD, window=WINDOW, fault=fault)
            begins = evidence.grid.start_ms + start * 1000
            rows = {s.spec.name: s.values for s in evidence.signals}
            usual = float(np.nanmedian(rows["p99"][:400]))
            slow = rows["p99"] > SLOWER_THAN_USUAL * usual
            alerts = tuple(alerts_on(evidence, rows["errors"] > ERRORS_ABOVE if failing else slow, hold))
            near = (begins - 30_000, begins + length * 1000 + 120_000)
            if not any(near[0] <= a.firing_at.timestamp() * 1000 <= near[1] for a in alerts if a.firing_at):
                continue
            fired += 1
            ends = begins + length * 1000
            without += found(evidence, begins, ends)
            beside += found(replace(evidence, alerts=alerts), begins, ends)
    return f"{without} / {beside} / {fired}"


def print_found(count: int) -> None:
    """The table of faults."""
    plain = next(s for s in SHAPES if s.name == "rhythm")
    shapes = [replace(plain, rate=rate) for rate in RATES]
    print(f"| fault | `for` | {' | '.join(f'{length:g} s' for length in LENGTHS)} |")
    print(f"| --- | --- |{' --- |' * len(LENGTHS)}")
    for failing, slower in FAULTS:
        name = f"{failing:.0%} errors" if failing else f"x{slower:g} latency"
        for hold in HOLDS:
            cells = [told(shapes, count, failing, slower, length, hold) for length in LENGTHS]
            print(f"| {name} | {hold.total_seconds():g} s | {' | '.join(cells)} |", flush=True)


def print_false(days: int) -> None:
    """False incidents where alerts fire for nothing: always, on and off all the time, now and then."""
    sums = {"always on": 0, "on and off, before the window too": 0, "ten times a day, at any time": 0}
    for shape in SHAPES:
        for seed in range(days):
            evidence = evidence_of(shape, seed, lead=LEAD, window=timedelta(days=1))
            rng = np.random.default_rng(seed)
            start, whole = evidence.covered.start, evidence.covered.length
            steady = replace(_PAGE, firing_at=start, began_before=True)
            often = [start + k * timedelta(minutes=30) for k in range(int(whole / timedelta(minutes=30)))]
            chance = [evidence.asked.start + timedelta(seconds=float(s)) for s in rng.uniform(0, 86_400, 10)]
            minute = timedelta(minutes=1)
            kinds = [
                (steady,),
                *(tuple(page(t, t + minute, t + 3 * minute) for t in at) for at in (often, chance)),
            ]
            for name, alerts in zip(sums, kinds, strict=True):
                sums[name] += len(surveyed(replace(evidence, alerts=alerts), Policy()).episodes)
    for name, number in sums.items():
        print(f"alerts {name}: {number} false incidents in {days * len(SHAPES)} service-days")


def main() -> None:
    """Prints what is found, and what is found for nothing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--faults", type=int, default=8)
    parser.add_argument("--days", type=int, default=30)
    asked = parser.parse_args()
    print_found(asked.faults)
    print_false(asked.days)


if __name__ == "__main__":
    main()
