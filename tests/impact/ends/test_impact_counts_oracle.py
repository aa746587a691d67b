"""Counters against a service simulated event by event: what is read is what happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.impact.ends.counts import Increments, increments
from tests.impact.counting import Process
from tests.reasoning_builders import SCRAPE_MS, at_ms, span

NOON = at_ms("12:00")
ROUNDS = 40
END = NOON + ROUNDS * SCRAPE_MS
READ = (span("11:00", "13:00"),)
WITHIN = st.integers(NOON + 1, END)
CODES = ("200", "500")


@dataclass(frozen=True)
class Fleet:
    """The targets of one service."""

    processes: tuple[Process, ...]

    def read(self) -> Increments:
        counters = [c for p in self.processes for c in p.counters()]
        return increments(counters, [c.label("code") == "500" for c in counters], READ, SCRAPE_MS)

    def readable(self, codes: tuple[str, ...]) -> int:
        return sum(p.readable(codes) for p in self.processes)


@st.composite
def scraped(draw: st.DrawFn) -> list[int]:
    """Scrape times with a phase of their own, some rounds missed, never two in a row."""
    phase = draw(st.integers(0, SCRAPE_MS - 1))
    missed = draw(st.sets(st.integers(1, ROUNDS - 1), max_size=6))
    return [NOON + phase + k * SCRAPE_MS for k in range(ROUNDS) if k not in missed or k - 1 in missed]


@st.composite
def processes(draw: st.DrawFn, instance: str) -> Process:
    """A target with a steady flow of answers, drawn failures, and restarts far enough apart to be seen."""
    every = draw(st.integers(900, 5_000))
    steady = list(range(NOON - 300_000, END, every))
    failed = draw(st.lists(st.integers(NOON - 60_000, END), max_size=40))
    slots = draw(st.sets(st.integers(0, 3), max_size=2))
    restarts = [NOON + (8 + 9 * k) * SCRAPE_MS + draw(st.integers(0, SCRAPE_MS)) for k in sorted(slots)]
    return Process(instance, {"200": steady, "500": failed}, restarts, draw(scraped()))


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    count = draw(st.integers(1, 3))
    return Fleet(tuple(draw(processes(f"{chr(97 + i)}:1")) for i in range(count)))


@given(fleets())
def test_totals_are_exactly_what_the_scrapes_could_see(fleet: Fleet) -> None:
    """All requests and all failures are counted once, restarts, late births and missed scrapes included."""
    inc = fleet.read()

    assert inc.total.sum() == fleet.readable(CODES)
    assert inc.part.sum() == fleet.readable(("500",))


@given(fleets())
def test_each_interval_counts_its_own_events(fleet: Fleet) -> None:
    """Interval by interval the counts are those of the simulation."""
    inc = fleet.read()
    found = sorted(zip(inc.start.tolist(), inc.end.tolist(), inc.total.tolist(), strict=True))
    real = sorted((a, b, p.readable_between(CODES, a, b)) for p in fleet.processes for a, b in p.intervals())

    assert found == real


@given(fleets(), WITHIN, WITHIN)
def test_any_stretch_is_right_up_to_its_boundary_intervals(fleet: Fleet, one: int, other: int) -> None:
    """Between two instants the count differs from the truth by the events of the scrape intervals there,
    and by what a restart made unreadable."""
    a, b = min(one, other), max(one, other) + 1
    measured = fleet.read().within(a, b)[0]
    least = most = 0
    for process in fleet.processes:
        for lo, hi in process.intervals():
            seen = process.readable_between(CODES, lo, hi)
            most += seen if lo < b and hi > a else 0
            least += seen if a <= lo and hi <= b else 0

    assert least - 1e-6 <= measured <= most + 1e-6


@given(fleets(), st.integers(NOON, END), st.integers(1, 600_000))
def test_the_share_curve_says_what_within_says(fleet: Fleet, start: int, length: int) -> None:
    """Reading the cumulative curve at two instants gives the sums between them."""
    inc = fleet.read()
    curve = inc.share_curve()
    ends = np.array([start, start + length])
    total, part = (np.diff(np.interp(ends, curve.times, c))[0] for c in (curve.total, curve.part))

    assert (total, part) == pytest.approx(inc.within(start, start + length), abs=1e-6)


@given(fleets(), WITHIN, WITHIN, WITHIN)
def test_stretches_add_up(fleet: Fleet, one: int, two: int, three: int) -> None:
    """Two stretches that touch count together what the whole counts, failures before a cut included."""
    a, b, c = sorted((one, two, three))
    inc = fleet.read()

    assert inc.within(a, b)[0] + inc.within(b, c)[0] == pytest.approx(inc.within(a, c)[0])
    assert inc.part_within(a, c, b) <= inc.part_within(a, c, c) + 1e-9


@given(fleets(), st.integers(0, 1000))
def test_the_order_of_the_series_does_not_matter(fleet: Fleet, seed: int) -> None:
    """The server may answer in any order."""
    counters = [c for p in fleet.processes for c in p.counters()]
    turned = [counters[i] for i in np.random.default_rng(seed).permutation(len(counters))]
    one = increments(counters, [c.label("code") == "500" for c in counters], READ, SCRAPE_MS)
    two = increments(turned, [c.label("code") == "500" for c in turned], READ, SCRAPE_MS)

    assert one.total.tolist() == two.total.tolist()
    assert one.part.tolist() == two.part.tolist()
    assert one.start.tolist() == two.start.tolist()


@st.composite
def crash_loops(draw: st.DrawFn) -> Process:
    """A target that restarts at any time, with any requests: not every restart can be seen."""
    times = st.lists(st.integers(NOON, END), max_size=30)
    requests = {"200": draw(times), "404": draw(times), "500": draw(times)}
    return Process("a:1", requests, sorted(draw(st.sets(WITHIN, max_size=4))), draw(scraped()))


@given(crash_loops())
def test_nothing_is_ever_counted_that_did_not_happen(process: Process) -> None:
    """Whatever restarts hide, the counts never exceed the requests that came."""
    inc = Fleet((process,)).read()
    codes = tuple(process.requests)

    assert (inc.total >= 0).all()
    assert (inc.part <= inc.total).all()
    assert inc.total.sum() <= process.happened(codes, NOON - 1, END)
    assert inc.part.sum() <= process.happened(("500",), NOON - 1, END)
