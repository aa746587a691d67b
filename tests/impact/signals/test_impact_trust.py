"""Specification of trust: a rate that runs empty after the last scrape is not falling traffic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from incident.impact.signals.trust import trusted
from incident.model.evidence import Evidence
from incident.model.signals import SignalSeries
from incident.model.spans import Millis
from tests.reasoning_builders import (
    MEMORY,
    TARGETS,
    TRAFFIC,
    at_ms,
    evidence,
    grid,
    samples,
    scrapes,
    series,
    span,
    targets,
)

GRID = grid("12:00", "14:00", 15)


def _scraped(*holes: tuple[str, str], offset_ms: int = 3_000) -> Millis:
    times = scrapes("11:55", "14:00", 15, offset_ms)
    for start, end in holes:
        times = times[(times < at_ms(start)) | (times >= at_ms(end))]
    return times


def _evidence(one: SignalSeries, *scraped: Millis) -> Evidence:
    ups = [samples({"instance": f"{i}"}, t, [1.0] * t.size) for i, t in enumerate(scraped)]
    return replace(evidence([one], span("12:00", "14:00")), targets=targets(*ups) if ups else None)


def _unseen(one: SignalSeries) -> list[int]:
    """Grid times without a value, seconds after noon."""
    return [int(t - at_ms("12:00")) // 1000 for t in one.grid.times[~np.isfinite(one.values)]]


def test_a_rate_running_empty_after_the_last_scrape_is_unknown() -> None:
    """The scrapes stop at 13:00; the rate still has smaller and smaller values for a minute."""
    falling = np.interp(GRID.times, [at_ms("13:00"), at_ms("13:01")], [20.0, 0.0])
    told = trusted(
        series(TRAFFIC, GRID, falling), _evidence(series(TRAFFIC, GRID, 1), _scraped(("13:00", "14:00")))
    )
    late = told.values[GRID.times >= at_ms("13:00:30")]

    assert not np.isfinite(late).any()
    assert (told.values[GRID.times < at_ms("13:00")] == 20.0).all()


def test_the_first_half_of_the_range_after_a_hole_is_unknown() -> None:
    """A range that lies mostly in the hole holds too few samples to be read."""
    one = series(TRAFFIC, GRID, 20.0)
    unseen = _unseen(trusted(one, _evidence(one, _scraped(("13:00", "13:20")))))

    assert min(unseen) in range(3600, 3631)
    assert max(unseen) in range(4800 + 15, 4800 + 45)
    assert unseen == list(range(min(unseen), max(unseen) + 1, 15))


def test_values_behind_every_scrape_are_kept_as_they_are() -> None:
    """Without holes the very same signal comes back."""
    one = series(TRAFFIC, GRID, 20.0)

    assert trusted(one, _evidence(one, _scraped())) is one


def test_one_late_scrape_is_jitter() -> None:
    """A single missed scrape takes nothing away but the moment in which it was late."""
    one = series(TRAFFIC, GRID, 20.0)

    assert len(_unseen(trusted(one, _evidence(one, _scraped(("13:00", "13:00:15")))))) <= 1


def test_a_target_that_is_still_scraped_keeps_the_signal_alive() -> None:
    """One of two targets gone: what the other says is known."""
    one = series(TRAFFIC, GRID, 20.0)

    assert trusted(one, _evidence(one, _scraped(("13:00", "14:00")), _scraped(offset_ms=9_000))) is one


@pytest.mark.parametrize("spec", [TARGETS, MEMORY])
def test_signals_without_a_range_are_kept(spec: object) -> None:
    """Targets speak for themselves, and a plain value has no range that could run empty."""
    chosen = TARGETS if spec is TARGETS else MEMORY
    one = series(chosen, GRID, 1.0)

    assert trusted(one, _evidence(one, _scraped(("13:00", "14:00")))) is one


def test_without_known_targets_every_value_is_believed() -> None:
    """Where no scrape is known, nothing speaks against the value."""
    one = series(TRAFFIC, GRID, 20.0)

    assert trusted(one, _evidence(one)) is one


def test_values_before_the_first_scrape_are_unknown() -> None:
    """Nothing was scraped yet, so nothing can have been measured."""
    one = series(TRAFFIC, GRID, 20.0)
    unseen = _unseen(trusted(one, _evidence(one, _scraped(("11:00", "12:10")))))

    assert unseen[0] == 0
    assert max(unseen) <= 10 * 60 + 15


def test_trusted_values_cannot_be_changed() -> None:
    """The signal that was cut is as frozen as the one before."""
    one = series(TRAFFIC, GRID, 20.0)
    told = trusted(one, _evidence(one, _scraped(("13:00", "13:20"))))

    assert not told.values.flags.writeable
    assert np.isfinite(one.values).all()
