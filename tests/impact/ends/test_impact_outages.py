"""Specification of outages read from targets and probes: what was not seen is not down."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.impact.departure import Departure
from incident.impact.ends.outages import outages
from incident.model.signals import Samples, SignalSpec
from tests.reasoning_builders import (
    PROBE,
    SCRAPE_MS,
    TARGETS,
    at_ms,
    grid,
    samples,
    scrapes,
    series,
    targets,
)

GRID = grid("12:00", "13:00")


def _target(
    instance: str, *down: tuple[str, str], offset_ms: int = 0, gone: tuple[str, str] | None = None
) -> Samples:
    """A target scraped every 15 s for an hour, failing in [from, to), without samples in `gone`."""
    times = scrapes("12:00", "13:00", 15, offset_ms)
    if gone is not None:
        times = times[(times < at_ms(gone[0])) | (times >= at_ms(gone[1]))]
    up = np.ones(times.size)
    for start, end in down:
        up[(times >= at_ms(start)) & (times < at_ms(end))] = 0.0
    return samples({"instance": instance}, times, up.tolist())


def _found(*ups: Samples, spec: SignalSpec = TARGETS) -> tuple[Departure, ...]:
    return outages(series(spec, GRID, 1.0), targets(*ups, spec=spec))


def test_all_targets_down_is_an_outage() -> None:
    """From the last good to the first bad scrape, and back, with nothing up inside."""
    (one,) = _found(_target("a", ("12:20", "12:40")), _target("b", ("12:20", "12:40"), offset_ms=7_000))

    assert (one.start_after, one.start_by) == (at_ms("12:19:52"), at_ms("12:20"))
    assert (one.end_after, one.end_by) == (at_ms("12:39:52"), at_ms("12:40"))
    assert (one.before, one.inside, one.direction) == (1.0, 0.0, "down")
    assert not one.began_before
    assert not one.end_uncertain


def test_one_of_two_targets_down_is_no_outage() -> None:
    """While another target serves, users are served."""
    assert _found(_target("a", ("12:20", "12:40")), _target("b")) == ()


def test_targets_that_take_turns_are_no_outage() -> None:
    """A rolling restart takes one target after the other."""
    assert (
        _found(_target("a", ("12:20", "12:22")), _target("b", ("12:22:15", "12:24"), offset_ms=4_000)) == ()
    )


def test_both_down_in_part_of_the_time_is_an_outage_of_that_part() -> None:
    """The outage is where the failures of all targets overlap."""
    (one,) = _found(_target("a", ("12:10", "12:40")), _target("b", ("12:20", "12:50"), offset_ms=7_000))

    assert one.start_by == at_ms("12:20:07")
    assert one.end_by == at_ms("12:40")


def test_two_failed_scrapes_are_an_outage_where_an_alert_fired_on_them() -> None:
    """What somebody was paged for is told; one scrape alone stays an accident, as does another hour."""
    series_, ups = series(TARGETS, GRID, 1.0), targets(_target("a", ("12:20", "12:20:30")))
    once = targets(_target("a", ("12:20", "12:20:15")))
    spoken = ((at_ms("12:19"), at_ms("12:22")),)

    (one,) = outages(series_, ups, spoken)
    assert (one.start_by, one.end_by) == (at_ms("12:20"), at_ms("12:20:30"))
    assert outages(series_, once, spoken) == ()
    assert outages(series_, ups, ((at_ms("12:40"), at_ms("12:50")),)) == ()


@pytest.mark.parametrize("end", ["12:20:15", "12:20:30"])
def test_one_or_two_failed_scrapes_are_no_outage(end: str) -> None:
    """A restart may cost two scrapes."""
    assert _found(_target("a", ("12:20", end))) == ()


def test_three_failed_scrapes_are_an_outage() -> None:
    """The third scrape in a row without any target is believed."""
    assert len(_found(_target("a", ("12:20", "12:20:45")))) == 1


def test_the_bracket_lies_between_two_scrapes() -> None:
    """A single target leaves one scrape interval of doubt at both ends."""
    (one,) = _found(_target("a", ("12:20", "12:40")))

    assert (one.start_after, one.start_by) == (at_ms("12:19:45"), at_ms("12:20"))
    assert one.end_by is not None
    assert one.end_after is not None
    assert one.end_by - one.end_after == SCRAPE_MS


def test_targets_that_fail_in_one_scrape_round_narrow_the_bracket() -> None:
    """Simultaneous failures are placed between the neighbouring scrapes of different targets."""
    offsets = (0, 4_000, 9_000)
    ups = [_target(f"t{o}", ("12:20:05", "12:40"), offset_ms=o) for o in offsets]
    (one,) = _found(*ups)

    assert (one.start_after, one.start_by) == (at_ms("12:20:04"), at_ms("12:20:09"))


def test_targets_that_vanish_are_unknown_not_down() -> None:
    """No samples of `up` say nothing about the service."""
    assert _found(_target("a", gone=("12:20", "12:40")), _target("b", gone=("12:20", "12:40"))) == ()


def test_no_targets_are_no_outage() -> None:
    """Without any series of `up` nothing is known."""
    assert _found() == ()


def test_a_vanished_target_does_not_keep_the_service_up() -> None:
    """A target not seen for three scrapes does not speak any more for the ones that are down."""
    (one,) = _found(_target("a", gone=("12:20", "13:00")), _target("b", ("12:20:45", "12:50")))

    assert one.start_by == at_ms("12:20:45")
    assert one.end_by == at_ms("12:50")


def test_a_late_scrape_does_not_make_its_target_down() -> None:
    """A single missed scrape of the target that serves is no end of its service."""
    serving = _target("a", gone=("12:25", "12:25:15"))

    assert _found(serving, _target("b", ("12:20", "12:40"), offset_ms=5_000)) == ()


def test_an_outage_at_the_first_sample_began_before() -> None:
    """Down from the first scrape on: the start is not known."""
    (one,) = _found(_target("a", ("12:00", "12:30")))

    assert one.began_before
    assert one.onset == 0


def test_an_outage_at_the_last_sample_has_no_end() -> None:
    """Down until the last scrape: there is no end."""
    (one,) = _found(_target("a", ("12:30", "13:00")))

    assert one.end is None
    assert one.end_by is None
    assert one.end_after is None


def test_samples_missing_before_the_return_make_the_end_uncertain() -> None:
    """Down, then unseen, then up: the service came back somewhere in the hole, and the bracket says so."""
    (one,) = _found(_target("a", ("12:20", "12:30"), gone=("12:30", "12:40")))

    assert one.end_uncertain
    assert one.end_after == at_ms("12:29:45")
    assert one.end_by == at_ms("12:40")


def test_two_outages_are_two_departures() -> None:
    """The service was up in between."""
    found = _found(_target("a", ("12:10", "12:20"), ("12:40", "12:50")))

    assert [(d.start_by, d.end_by) for d in found] == [
        (at_ms("12:10"), at_ms("12:20")),
        (at_ms("12:40"), at_ms("12:50")),
    ]


def test_a_failing_probe_is_an_outage() -> None:
    """Probes are read as targets are."""
    (one,) = _found(_target("https://shop", ("12:20", "12:40")), spec=PROBE)

    assert one.spec is PROBE
    assert one.start_by == at_ms("12:20")


@given(
    st.integers(60, 1_800),
    st.integers(60, 1_200),
    st.lists(st.integers(0, SCRAPE_MS - 1), min_size=1, max_size=4, unique=True),
)
def test_the_brackets_hold_the_truth(start_s: int, length_s: int, offsets: list[int]) -> None:
    """Targets that fail at one instant and return at another: both lie in their brackets, no wider than a
    scrape interval."""
    began, ended = at_ms("12:00") + start_s * 1000, at_ms("12:00") + (start_s + length_s) * 1000
    ups = []
    for offset in offsets:
        times = scrapes("12:00", "13:00", 15, offset)
        up = ~((times >= began) & (times < ended))
        ups.append(samples({"instance": f"{offset}"}, times, up.astype(float).tolist()))
    (one,) = _found(*ups)

    assert one.end_after is not None
    assert one.end_by is not None
    assert one.start_after < began <= one.start_by <= one.start_after + SCRAPE_MS
    assert one.end_after < ended <= one.end_by <= one.end_after + SCRAPE_MS
