"""False incidents on generated healthy services, and step faults found: `python -m tests.bench.fusion_bench`.

Prints, per shape of service, false incidents per 400 service-days; then the share of step faults of three
minutes that is found, and the error of the bounds that the fused signals of the survey give the service,
before raw samples are asked for. A sample speaks of the half minute that ends at it. Nothing here is timed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from incident.impact import surveyed
from incident.model.policy import Policy
from tests.fleet.services import SHAPES, Fault, Shape, evidence_of

LEAD = timedelta(hours=24)
WINDOW = timedelta(hours=24)
SHORT_LEAD = timedelta(hours=4)
FAULT_S = 180.0
BUSY = 10.0
"""Requests a second: with so many, three minutes with 5 % errors hold ninety failures, not one."""

FAULTS = ((0.05, 1.0), (0.2, 1.0), (0.0, 2.0))
"""Failing share, and by what latency is multiplied."""


def false_incidents(shape: Shape, days: int, lead: timedelta) -> tuple[int, list[str]]:
    """Incidents found on healthy days, and the signals that carried them."""
    found, carriers = 0, []
    for seed in range(days):
        seen = surveyed(evidence_of(shape, seed, lead=lead, window=WINDOW), Policy())
        found += len(seen.episodes)
        carriers += [d.spec.name for e in seen.episodes for d in e.carriers]
    return found, carriers


@dataclass
class Bounds:
    """How one bound of the incidents found lies against the truth."""

    off_s: list[float] = field(default_factory=list)
    """Distance of the bracket's middle."""

    wide_s: list[float] = field(default_factory=list)
    holding: int = 0
    """Brackets (after, by] that contain the truth."""

    missed_s: list[float] = field(default_factory=list)
    """How far the truth lies outside the others."""

    unknown: int = 0
    """Incidents without this bound: not recovered by the end of the window."""

    def add(self, after: int | None, by: int | None, truth: float) -> None:
        """Counts one bracket, epoch ms."""
        if after is None or by is None:
            self.unknown += 1
            return
        self.off_s.append(abs((after + by) / 2 - truth) / 1000)
        self.wide_s.append((by - after) / 1000)
        if after < truth <= by:
            self.holding += 1
        else:
            self.missed_s.append(max(after - truth, truth - by) / 1000)

    def told(self) -> str:
        """In words."""
        if not self.off_s:
            return "none"
        middle, high = np.percentile(self.off_s, [50, 90])
        text = (
            f"off {middle:.0f} s / {high:.0f} s (median / 90 %), bracket {np.median(self.wide_s):.0f} s wide,"
            f" {self.holding / len(self.off_s):.0%} contain the truth"
        )
        if self.missed_s:
            missed = f"{np.median(self.missed_s):.0f} s / {max(self.missed_s):.0f} s (median / most)"
            text += f", the others miss it by {missed}"
        return text + (f", {self.unknown} open" if self.unknown else "")


@dataclass
class Found:
    """What became of the faults laid into one kind of service."""

    laid: int = 0
    found: int = 0
    onset: Bounds = field(default_factory=Bounds)
    recovery: Bounds = field(default_factory=Bounds)


def lay(shape: Shape, count: int, failing: float, slower: float, into: Iterable[Found]) -> None:
    """Lays step faults into healthy days of the shape and counts what was made of them."""
    for seed in range(count):
        rng = np.random.default_rng(10_000 + seed)
        start = LEAD.total_seconds() + float(rng.uniform(3600, 20 * 3600))
        fault = Fault(start, FAULT_S, failing, slower)
        evidence = evidence_of(shape, seed, lead=LEAD, window=WINDOW, faults=(fault,))
        begins = evidence.grid.start_ms + fault.start * 1000
        ends = begins + fault.length * 1000
        near = [
            e
            for e in surveyed(evidence, Policy()).episodes
            if e.start_after < ends and (e.end_by or 1 << 62) > begins
        ]
        for one in into:
            one.laid += 1
            one.found += bool(near)
            if near:
                one.onset.add(near[0].start_after, near[0].start_by, begins)
                one.recovery.add(near[-1].end_after, near[-1].end_by, ends)


def print_false(days: int) -> None:
    """False incidents, per shape and together."""
    total = 0
    for lead in (LEAD, SHORT_LEAD):
        for shape in SHAPES:
            found, carriers = false_incidents(shape, days, lead)
            total += found
            by = {name: carriers.count(name) for name in sorted(set(carriers))}
            print(f"{shape.name:14} lead {lead}: {found} false in {days} days {by or ''}")
    service_days = 2 * days * len(SHAPES)
    print(
        f"false incidents per 400 service-days: {400 * total / service_days:.2f} (over {service_days} days)"
    )


def print_faults(count: int) -> None:
    """Step faults found and the error of their bounds, per kind of fault and shape, and together."""
    together, busy = Found(), Found()
    for failing, slower in FAULTS:
        kind, told = Found(), f"{failing:.0%} errors, x{slower:g} latency"
        for shape in SHAPES:
            here = Found()
            lay(
                shape,
                count,
                failing,
                slower,
                (here, kind, together, *((busy,) if shape.rate >= BUSY else ())),
            )
            print(f"{shape.name:14} {told}: {here.found} of {here.laid} found")
        _print_bounds(told, kind)
    _print_bounds("together", together)
    _print_bounds(f"services of {BUSY:g} requests a second and more", busy)


def _print_bounds(name: str, found: Found) -> None:
    print(f"{name}: {found.found / found.laid:.1%} of {found.laid} found")
    print(f"  onset: {found.onset.told()}")
    print(f"  recovery: {found.recovery.told()}")


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--faults", type=int, default=30)
    args = parser.parse_args()
    if args.days:
        print_false(args.days)
    if args.faults:
        print_faults(args.faults)


if __name__ == "__main__":
    main()
