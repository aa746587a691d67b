"""False incidents on generated healthy services, and step faults found: `python -m tests.bench.fusion_bench`.

Prints, per shape of service, false incidents per 400 service-days; then the share of step faults of three
minutes that is found, and the error of the bounds that the fused signals of the survey give the service,
before raw samples are asked for. A sample speaks of the half minute that ends at it. Last, the bounds that a
draft prints, placed on raw counters, and how often their plus or minus reaches the truth. Nothing is timed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np

from incident.impact import assess, surveyed
from incident.model.policy import Policy
from incident.model.spans import Moment, ms
from tests.fleet.counted import counted
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


def print_shares(count: int) -> None:
    """Share of failures that is found, by how many requests come, how many of them fail, and how long."""
    lead, window = timedelta(hours=4), timedelta(hours=6)
    plain = next(shape for shape in SHAPES if shape.name == "few requests")
    print("| requests | failing | 3 min | 10 min | 40 min |\n| --- | --- | --- | --- | --- |")
    for rate in (0.1, 1.0, 10.0):
        shape = replace(plain, rate=rate)
        for failing in (0.05, 0.2, 0.5, 1.0):
            cells = []
            for length in (180.0, 600.0, 2400.0):
                found = 0
                for seed in range(count):
                    fault = Fault(5 * 3600.0 + 97 * seed, length, failing, 1.0)
                    evidence = evidence_of(shape, seed, lead=lead, window=window, faults=(fault,))
                    begins = evidence.grid.start_ms + fault.start * 1000
                    found += any(
                        e.start_after < begins + length * 1000 and (e.end_by or 1 << 62) > begins
                        for e in surveyed(evidence, Policy()).episodes
                    )
                cells.append(f"{found / count:.0%}")
            print(f"| {rate * 60:g} a minute | {failing:.0%} | {' | '.join(cells)} |", flush=True)


@dataclass(frozen=True)
class Told:
    """A kind of fault whose bounds are told in a draft: how it begins and ends, and how long it lasts."""

    name: str
    failing: float
    slower: float
    length: float
    rise: float = 0.0
    gone: bool = False


TOLD = (
    Told("5% errors, 20 min", 0.05, 1.0, 1200.0),
    Told("20% errors, 3 min", 0.2, 1.0, FAULT_S),
    Told("50% errors, 10 min", 0.5, 1.0, 600.0),
    Told("50% errors, 40 min", 0.5, 1.0, 2400.0),
    Told("x2 latency, 10 min", 0.0, 2.0, 600.0),
    Told("x5 latency, 5 min", 0.0, 5.0, 300.0),
    Told("one of two targets gone, 20 min", 0.0, 1.0, 1200.0, gone=True),
    Told("ramp to 20% errors in 5 min", 0.2, 1.0, 1800.0, rise=300.0),
    Told("ramp to 40% errors in 10 min", 0.4, 1.0, 2400.0, rise=600.0),
    Told("ramp to x4 latency in 10 min", 0.0, 4.0, 2400.0, rise=600.0),
)
RATES = (0.1, 1.0, 20.0, 60.0)
"""Requests a second of the services whose counters are drawn: six a minute to sixty a second."""
_TOLD_LEAD, _TOLD_WINDOW = timedelta(hours=4), timedelta(hours=5)


@dataclass
class Reached:
    """How the bounds that a draft prints lie against the truth."""

    off_s: list[float] = field(default_factory=list)
    reach_s: list[float] = field(default_factory=list)
    holding: int = 0

    def add(self, told: Moment, truth_ms: int) -> None:
        """Counts one moment with its plus or minus."""
        off, reach = abs(ms(told.at) - truth_ms) / 1000, told.plus_minus.total_seconds()
        self.off_s.append(off)
        self.reach_s.append(reach)
        self.holding += off <= reach

    def told(self) -> str:
        """In words: how far off, the plus or minus, and how often that reaches the truth."""
        if not self.off_s:
            return "none"
        (off, far), (reach, wide) = (np.percentile(row, [50, 90]) for row in (self.off_s, self.reach_s))
        return (
            f"off {off:.0f} s / {far:.0f} s, told to +-{reach:.0f} s / {wide:.0f} s (median / 90 %),"
            f" {self.holding} of {len(self.off_s)} hold the truth ({self.holding / len(self.off_s):.1%})"
        )


def laid_and_told(shape: Shape, told: Told, seed: int) -> tuple[Moment, Moment | None, int, int] | None:
    """First start and last end that a draft prints of the fault, and the true ones; None where not found."""
    rng = np.random.default_rng(10_000 + seed)
    start = round(_TOLD_LEAD.total_seconds() + float(rng.uniform(1800, 3 * 3600)))
    fault = Fault(start, told.length, told.failing, told.slower)
    evidence = counted(
        shape, seed, lead=_TOLD_LEAD, window=_TOLD_WINDOW, fault=fault, gone=told.gone, rise=told.rise
    )
    begins = evidence.grid.start_ms + start * 1000
    ends = begins + round(told.length * 1000)
    found = assess(evidence, Policy()).episodes
    near = [e for e in found if ms(e.start.at) < ends and (e.end is None or ms(e.end.at) > begins)]
    return (near[0].start, near[-1].end, begins, ends) if near else None


def print_told(count: int) -> None:
    """How often the bounds of a draft hold the truth: by kind of fault, by traffic, steps and ramps apart."""
    plain = [s for s in SHAPES if s.name in ("rhythm", "noisy latency")]
    shapes = [replace(s, name=f"{s.name}, {rate:g} req/s", rate=rate) for rate in RATES for s in plain]
    sums: dict[str, tuple[Reached, Reached]] = {}
    for told in TOLD:
        for shape in shapes:
            groups = (told.name, shape.name, "ramps" if told.rise else "steps", "together")
            found = [one for seed in range(count) if (one := laid_and_told(shape, told, seed)) is not None]
            print(f"{shape.name:26} {told.name}: {len(found)} of {count} found")
            for group in groups:
                starts, recoveries = sums.setdefault(group, (Reached(), Reached()))
                for start, end, begins, ends in found:
                    starts.add(start, begins)
                    if end is not None:
                        recoveries.add(end, ends)
    for name, (starts, recoveries) in sums.items():
        print(f"{name}\n  start: {starts.told()}\n  end: {recoveries.told()}")


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
    parser.add_argument("--shares", type=int, default=20)
    parser.add_argument("--told", type=int, default=12)
    args = parser.parse_args()
    if args.days:
        print_false(args.days)
    if args.faults:
        print_faults(args.faults)
    if args.shares:
        print_shares(args.shares)
    if args.told:
        print_told(args.told)


if __name__ == "__main__":
    main()
