"""Raw samples: read in pieces, joined without a seam, and what their spacing says."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from collector.errors import TooExpensive
from collector.signals.samples.measure import on_grid
from collector.signals.samples.presence import share_up
from collector.signals.samples.raw import read_raw, spacing_ms
from collector.signals.samples.silence import anything_scraped, silences
from collector.source import Answer
from incident.model.signals import Targets
from incident.model.spans import Span, ms
from tests.lab_fakes import FakeSource, at, grid_of, samples, span, ticks

SCRAPE = timedelta(seconds=15)


class Stingy(FakeSource):
    """A source that bears at most ten minutes of raw samples at once."""

    def raw(self, selector: str, span: Span) -> Answer:
        if span.length > timedelta(minutes=10):
            self.asked.append(("refused", selector))
            raise TooExpensive(
                "too many", status=422, error_type="execution", server_text="x", query=selector
            )
        return super().raw(selector, span)


def test_pieces_give_what_the_whole_gives() -> None:
    """A long read in small pieces has each sample once, in order."""
    whole = samples("up", ticks(0, 60), 1, job="a")
    source = FakeSource([whole])

    read = read_raw(source, "up", span(0, 60), series=20_000, interval=SCRAPE)

    assert len(source.asked) > 5
    assert np.array_equal(read.series[0].times, whole.times)


def test_what_is_too_expensive_is_halved() -> None:
    """A server that refuses the piece gets smaller ones, and nothing is lost."""
    whole = samples("up", ticks(0, 60), 1, job="a")
    source = Stingy([whole])

    read = read_raw(source, "up", span(0, 60))

    assert ("refused", "up") in source.asked
    assert np.array_equal(read.series[0].times, whole.times)


def test_what_stays_too_expensive_is_given_up() -> None:
    """Halving ends: a day in pieces of ten minutes is not forced on a server."""
    with pytest.raises(TooExpensive):
        read_raw(Stingy([samples("up", ticks(0, 60), 1)]), "up", span(0, 24 * 60))


def test_partial_answers_are_told() -> None:
    """A part that the server says is missing is not lost on the way."""
    read = read_raw(FakeSource([samples("up", ticks(0, 5), 1)], partial="up"), "up", span(0, 5))

    assert read.partial
    assert read.warnings == ("store-2 is down",)


@pytest.mark.parametrize(("every_s", "jitter", "expected"), [(15, 4, 15_000), (1, 3, 1000), (7, 0, 7000)])
def test_spacing_is_the_configured_interval(every_s: int, jitter: int, expected: int) -> None:
    """Jitter of milliseconds does not change the interval that is read from samples."""
    assert spacing_ms([samples("up", ticks(0, 30, every_s, jitter), 1)]) == expected


def test_spacing_survives_gaps_and_fast_scrapes() -> None:
    """A hole does not stretch the median, and half a second is not rounded away."""
    assert spacing_ms([samples("up", [*ticks(0, 10), *ticks(40, 50)], 1)]) == 15_000
    assert spacing_ms([samples("up", ticks(0, 1, 0.5), 1)]) == 500
    assert spacing_ms([samples("up", ticks(0, 0.25), 1)]) is None


def test_availability_is_the_share_of_targets_scraped() -> None:
    """One of two targets down is a half; both absent is unknown, not zero."""
    good = samples("up", ticks(0, 20), 1, instance="a")
    bad = samples("up", ticks(0, 20), [1.0] * 40 + [0.0] * 40, instance="b")
    grid = grid_of(0, 30)

    share = share_up(Targets("up", (good, bad), SCRAPE), grid)

    assert share[grid.index(ms(at(5)))] == 1.0
    assert share[grid.index(ms(at(15)))] == 0.5
    assert np.isnan(share[grid.index(ms(at(25)))])


def test_a_vanished_target_is_not_carried_on() -> None:
    """Availability ends with the last scrape, not five minutes later; one missed scrape is bridged."""
    times = [t for t in ticks(0, 10) if t != ms(at(5))]
    grid = grid_of(0, 12)

    share = share_up(Targets("up", (samples("up", times, 1),), SCRAPE), grid)

    assert share[grid.index(ms(at(5)))] == 1.0
    known = grid.times[np.isfinite(share)]
    assert known[-1] - times[-1] < 2.5 * 15_000


def test_values_are_placed_at_their_times_only() -> None:
    """What is missing in an answer stays missing on the grid, and what is off the grid is not used."""
    grid = grid_of(0, 2)
    times = grid.times.tolist()

    values = on_grid(samples("x", [times[0], times[3] + 1, times[5]], [1, 2, 3]), grid)

    assert values[0] == 1.0
    assert values[5] == 3.0
    assert np.isnan(values[[1, 2, 3, 4, 6, 7]]).all()


def test_silences_include_the_edges() -> None:
    """A hole in the middle and a missing end are silences; one missed scrape is none."""
    times = np.array(
        [t for t in ticks(0, 60) if not at(20) <= at(0) + timedelta(milliseconds=t - ms(at(0))) < at(40)]
    )

    found = silences(times, 15_000, span(0, 80))

    assert [(s.after_ms, s.by_ms) for s in found] == [
        (ms(at(19.75)), ms(at(40))),
        (ms(at(59.75)), ms(at(80)) + 15_000),
    ]


def test_blindness_is_told_from_a_quiet_service() -> None:
    """Whether anything was scraped is one small query."""
    source = FakeSource([samples("up", ticks(0, 10), 1, job="other")])

    assert anything_scraped(source, span(2, 8))
    assert not anything_scraped(source, span(20, 30))
