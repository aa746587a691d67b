"""False incidents on generated healthy services, and step faults found: `python -m tests.bench.fusion_bench`.

Prints, per shape of service, false incidents per 400 service-days; then the share of step faults of three
minutes that is found, and how far the survey alone places their bounds. Nothing here is timed.
"""

from __future__ import annotations

import argparse
from datetime import timedelta

import numpy as np

from incident.impact import surveyed
from incident.model.policy import Policy
from tests.fleet.services import SHAPES, Fault, Shape, evidence_of

LEAD = timedelta(hours=24)
WINDOW = timedelta(hours=24)
SHORT_LEAD = timedelta(hours=4)


def false_incidents(shape: Shape, days: int, lead: timedelta) -> tuple[int, list[str]]:
    """Incidents found on healthy days, and the signals that carried them."""
    found, carriers = 0, []
    for seed in range(days):
        seen = surveyed(evidence_of(shape, seed, lead=lead, window=WINDOW), Policy())
        found += len(seen.episodes)
        carriers += [d.spec.name for e in seen.episodes for d in e.carriers]
    return found, carriers


def faults_found(shape: Shape, count: int, failing: float, slower: float) -> tuple[float, list[float]]:
    """The share of step faults found, and their onset errors in seconds."""
    hits, errors = 0, []
    for seed in range(count):
        rng = np.random.default_rng(10_000 + seed)
        start = LEAD.total_seconds() + float(rng.uniform(3600, 20 * 3600))
        fault = Fault(start, 180, failing, slower)
        evidence = evidence_of(shape, seed, lead=LEAD, window=WINDOW, faults=(fault,))
        begins = evidence.grid.start_ms + fault.start * 1000
        near = [
            e
            for e in surveyed(evidence, Policy()).episodes
            if e.start_after < begins + 180_000 and (e.end_by or 1 << 62) > begins
        ]
        hits += bool(near)
        errors += [abs(near[0].start_by - begins) / 1000] if near else []
    return hits / count, errors


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--faults", type=int, default=30)
    args = parser.parse_args()
    total = 0
    for lead in (LEAD, SHORT_LEAD):
        for shape in SHAPES:
            found, carriers = false_incidents(shape, args.days, lead)
            total += found
            by = {name: carriers.count(name) for name in sorted(set(carriers))}
            print(f"{shape.name:14} lead {lead}: {found} false in {args.days} days {by or ''}")
    days = 2 * args.days * len(SHAPES)
    print(f"false incidents per 400 service-days: {400 * total / days:.2f} (over {days} days)")
    for shape in SHAPES:
        for failing, slower in ((0.05, 1.0), (0.2, 1.0), (0.0, 2.0)):
            share, errors = faults_found(shape, args.faults, failing, slower)
            off = f"{np.median(errors):.0f} s" if errors else "-"
            what = f"{failing:.0%} errors, x{slower:g} latency, 3 min"
            print(f"{shape.name:14} {what}: {share:.0%} found, onset {off}")


if __name__ == "__main__":
    main()
