"""Specification of placing a step: within a scrape interval, with a bracket that holds the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from incident.impact.ends.counts import Increments, increments
from incident.impact.ends.steps import Level, Placed, place_rate_step, place_share_step
from tests.impact.counting import stepping
from tests.reasoning_builders import SCRAPE_MS, at_ms, increments_at, scrapes, span

SEEDS = range(60)
LO, HI = at_ms("12:05"), at_ms("12:15")


@dataclass(frozen=True)
class Step:
    """A simulated step and where it was placed."""

    truth: int
    placed: Placed

    @property
    def off_ms(self) -> float:
        return abs(self.placed.at - self.truth)

    @property
    def held(self) -> bool:
        """Whether the bracket holds the truth."""
        return self.placed.after <= self.truth <= self.placed.by


def _simulated(seed: int, rates: tuple[float, float], shares: tuple[float, float]) -> tuple[int, Increments]:
    """Two targets, scraped at moments of their own, that step together at a random instant."""
    rng = np.random.default_rng(seed)
    truth = int(rng.integers(at_ms("12:08"), at_ms("12:12")))
    phases = rng.integers(0, SCRAPE_MS, 2).tolist()
    fleet = [
        stepping(f"{name}:1", rates, shares, truth, scrapes("12:00", "12:20", 15, phase), rng)
        for name, phase in zip("ab", phases, strict=True)
    ]
    counters = [c for p in fleet for c in p.counters()]
    failed = [c.label("code") == "500" for c in counters]
    return truth, increments(counters, failed, (span("11:00", "13:00"),), SCRAPE_MS)


def _shares(rate: float, shares: tuple[float, float]) -> Sequence[Step]:
    before, after = (_share(one) for one in shares)
    return _steps((rate, rate), shares, lambda inc: place_share_step(inc.near(LO, HI), before, after, LO, HI))


def _rates(rates: tuple[float, float]) -> Sequence[Step]:
    before, after = (Level(rate * 1e7, 0.0, 1e10) for rate in rates)
    return _steps(rates, (0.0, 0.0), lambda inc: place_rate_step(inc.near(LO, HI), before, after, LO, HI))


def _share(share: float) -> Level:
    """A share that is as good as known: a million requests."""
    return Level(1e6, share * 1e6)


def _beside(inc: Increments) -> tuple[Level, Level]:
    """Both levels as they were counted, in five minutes on either side of the search."""
    return Level(*inc.within(LO - 300_000, LO)), Level(*inc.within(HI, HI + 300_000))


def _steps(
    rates: tuple[float, float], shares: tuple[float, float], place: Callable[[Increments], Placed | None]
) -> Sequence[Step]:
    found = []
    for seed in SEEDS:
        truth, inc = _simulated(seed, rates, shares)
        placed = place(inc)
        assert placed is not None
        found.append(Step(truth, placed))
    return found


@pytest.mark.parametrize("shares", [(0.001, 0.6), (0.0, 1.0), (0.02, 0.4), (0.75, 0.0), (1.0, 0.01)])
def test_a_step_of_the_failing_share_is_placed_within_a_scrape(shares: tuple[float, float]) -> None:
    """At five requests a second and target, a step up or down is found to a scrape interval."""
    found = _shares(5.0, shares)

    assert np.quantile([s.off_ms for s in found], 0.9) <= SCRAPE_MS
    assert np.mean([s.held for s in found]) >= 0.9


@pytest.mark.parametrize("rate", [0.5, 2.0, 20.0])
def test_the_bracket_holds_the_truth_however_few_the_requests(rate: float) -> None:
    """Fewer requests make the bracket wider, never wrong."""
    found = _shares(rate, (0.01, 0.5))

    assert np.mean([s.held for s in found]) >= 0.9


@pytest.mark.parametrize("rate", [0.1, 0.3, 3.0])
@pytest.mark.parametrize("shares", [(0.0, 0.5), (0.02, 0.3)])
def test_levels_known_only_from_a_few_requests_leave_the_bracket_true(
    rate: float, shares: tuple[float, float]
) -> None:
    """Five minutes on either side say what the levels are: thirty requests, or three."""
    found = _steps(
        (rate, rate), shares, lambda inc: place_share_step(inc.near(LO, HI), *_beside(inc), LO, HI)
    )

    assert np.mean([s.held for s in found]) >= 0.95
    assert np.median([s.placed.by - s.placed.after for s in found]) < HI - LO


def test_a_level_of_which_nothing_is_known_is_tried_at_every_height() -> None:
    """A fault too short to say how many failed in it: one in ten is as possible as all of them."""
    before, unknown = Level(1e4, 20.0), Level(0.0)
    found = _steps(
        (0.5, 0.5), (0.002, 0.1), lambda inc: place_share_step(inc.near(LO, HI), before, unknown, LO, HI)
    )

    assert np.mean([s.held for s in found]) >= 0.8


def test_counts_that_scatter_widen_the_bracket() -> None:
    """Failures that come in bursts say less about when the share stepped than as many by chance."""
    _, inc = _simulated(1, (3.0, 3.0), (0.01, 0.5))
    near = inc.near(LO, HI)
    calm, wild = (
        place_share_step(near, _share(0.01), _share(0.5), LO, HI, scatter) for scatter in (1.0, 4.0)
    )

    assert calm is not None
    assert wild is not None
    assert wild.by - wild.after > 1.3 * (calm.by - calm.after)


def test_an_interval_in_which_the_process_began_anew_says_nothing_of_the_step() -> None:
    """Its requests before the restart are lost: read as a mixture it would put the step before it was."""
    inc = increments_at("12:00", "12:20", ("12:00", "12:10:10", 100, 0.0), ("12:10:10", "12:20", 100, 0.6))
    torn = (inc.start < at_ms("12:10:10")) & (inc.end > at_ms("12:10:10"))
    lost = replace(inc, part=np.where(torn, inc.total * 0.6, inc.part), restarted=torn)
    placed = place_share_step(lost, _share(0.0), _share(0.6), LO, HI)

    assert placed is not None
    assert placed.after <= at_ms("12:10:10") <= placed.by
    assert placed.by - placed.after >= int((inc.end - inc.start)[torn][0]) - 1_000


def test_more_requests_narrow_the_bracket() -> None:
    """What the counts can say is said: many requests tell the second."""
    few, many = _shares(1.0, (0.01, 0.5)), _shares(30.0, (0.01, 0.5))
    few_width, many_width = (np.median([s.placed.by - s.placed.after for s in f]) for f in (few, many))

    assert many_width < few_width / 3
    assert np.median([s.off_ms for s in many]) <= 2_000


@pytest.mark.parametrize("rates", [(5.0, 0.2), (10.0, 0.0), (0.3, 6.0)])
def test_a_step_of_the_rate_is_placed_within_a_scrape(rates: tuple[float, float]) -> None:
    """Traffic that goes or returns at once is found to a scrape interval."""
    found = _rates(rates)

    assert np.quantile([s.off_ms for s in found], 0.9) <= SCRAPE_MS
    assert np.mean([s.held for s in found]) >= 0.9


def test_the_estimate_lies_in_its_own_bracket() -> None:
    """The instant told is one of those that are credible."""
    for step in _shares(2.0, (0.05, 0.3)):
        assert step.placed.after <= step.placed.at <= step.placed.by


def test_the_mixture_inside_an_interval_says_where_the_step_fell() -> None:
    """A third of the failures expected in an interval puts the step a third before its end."""
    inc = increments_at("12:00", "12:20", ("12:00", "12:10:10", 100, 0.0), ("12:10:10", "12:20", 100, 0.6))
    placed = place_share_step(inc, _share(0.0), _share(0.6), LO, HI)

    assert placed is not None
    assert placed.at == pytest.approx(at_ms("12:10:10"), abs=500)


def test_targets_scraped_at_other_moments_narrow_the_step() -> None:
    """Two targets with different phases say more than one of them."""
    wide: list[float] = []
    narrow: list[float] = []
    for seed in SEEDS:
        _, inc = _simulated(seed, (3.0, 3.0), (0.01, 0.5))
        one = inc.near(LO, HI)
        half = Increments(
            *(getattr(one, n)[::2] for n in ("start", "end", "total", "part", "blind", "restarted"))
        )
        for found, counted in ((narrow, one), (wide, half)):
            placed = place_share_step(counted, _share(0.01), _share(0.5), LO, HI)
            assert placed is not None
            found.append(placed.by - placed.after)

    assert np.mean(narrow) < np.mean(wide)


def test_without_counts_nothing_is_placed() -> None:
    """No requests around the boundary place no step of the share."""
    nothing = increments_at("12:00", "12:20")

    assert place_share_step(nothing, _share(0.0), _share(0.5), LO, HI) is None
    assert place_share_step(nothing.near(0, 1), _share(0.0), _share(0.5), LO, HI) is None
    assert place_rate_step(nothing.near(0, 1), Level(5e6, 0.0, 1e9), Level(0.0, 0.0, 1e9), LO, HI) is None
