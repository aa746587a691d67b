"""The sentences for those who cannot see the charts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from incident.model.timeline import State, Status
from report.charts.alt import single_alt, summary_alt
from report.charts.drawing import measured_signals
from report.charts.frame import frame
from report.charts.parts.titles import title
from tests.charts_builder import ERRORS, Case, at, departure, report, wave
from tests.charts_cases import CASES, healthy, ongoing, payments, store, unmeasured


def _summary(case: Case) -> str:
    timeline, evidence = case.built()
    return summary_alt(timeline, measured_signals(timeline, evidence), frame(timeline, evidence))


def _signals(case: Case) -> list[str]:
    timeline, evidence = case.built()
    shared = frame(timeline, evidence)
    return [single_alt(timeline, signal, shared) for signal in measured_signals(timeline, evidence)]


def test_the_summary_is_read_in_one_sentence() -> None:
    """Where it came from, how high it went, when it was back, who said so first, and which day it was."""
    assert _summary(payments()) == (
        "Failed share of payments rose from 0.1 % at 14:04 to a peak of 41.0 % at 15:48 and was back at "
        "16:29:30; HighErrorRate fired at 14:20:45 (2023-12-15, UTC)."
    )


def test_the_summary_has_the_times_of_the_timeline() -> None:
    """Boundaries refined on raw samples are read as in the rows, and not as the coarse signal has them."""
    case = payments()
    start = replace(case.episodes[0].start, at=at("14:05:10"), plus_minus=timedelta(minutes=3))
    refined = replace(case.episodes[0], start=start)

    words = _summary(replace(case, episodes=(refined,)))
    assert "from 0.1 % at 14:05 ±3 min to a peak of 41.0 % at 15:48 and was back at 16:29:30" in words


def test_a_start_that_was_not_seen_is_not_told() -> None:
    """Impact that was there at the first sample began before the data."""
    assert "had risen before the data begins, reached 100 % at 16:20 and was not back" in _summary(ongoing())


def test_impact_that_came_back_is_told_with_its_stretches() -> None:
    """Two outages are two stretches, in the zone of the draft."""
    assert _summary(store()) == (
        "Availability of store fell from 100 % to as low as 0 %; impact came in 2 stretches, 09:00 to 09:30 "
        "and 10:00 to 11:00; no alert fired (2023-12-15, America/Los_Angeles)."
    )


def test_many_stretches_are_counted() -> None:
    """Of ten outages three are told with their times."""
    case = store()
    outage = case.episodes[0]
    later = timedelta(minutes=12)
    outages = tuple(
        replace(
            outage,
            start=replace(outage.start, at=outage.start.at + k * later),
            end=replace(outage.start, at=outage.start.at + k * later + timedelta(minutes=1)),
            phases=(),
        )
        for k in range(10)
    )

    assert ("in 10 stretches, 09:00 to 09:01, 09:12 to 09:13, 09:24 to 09:25 and 7 more;") in _summary(
        replace(case, episodes=outages)
    )


def test_what_lasts_is_not_said_to_be_back() -> None:
    """An open end is an open end."""
    assert "was not back by the end of the data" in _summary(ongoing())


def test_a_return_that_was_not_held_is_told_as_one() -> None:
    """Ten minutes of normal are not there yet: back, and no recovery."""
    case = ongoing()
    (lasting,) = case.episodes
    *before, last = lasting.phases
    ended = replace(last, end=at("16:55"))
    back = replace(last, start=at("16:55"), state=State.DEGRADED, returned=True)
    case = replace(case, episodes=(replace(lasting, phases=(*before, ended, back)),))

    assert "and was back at 16:55, not held by the end of the data" in _summary(case)
    assert title(case.built()[0]).endswith(": down, back but not yet held")


def test_a_drop_to_the_bottom_at_once_is_told_at_one_time() -> None:
    """Start and lowest point in the same minute are not told as two."""
    assert "fell from 100 % to 0 % at 09:00 and was back at 09:30" in _signals(store())[3]


def test_nothing_measured_is_said_with_what_was_looked_at() -> None:
    """No impact is a finding about named signals and a named window."""
    assert _summary(healthy()) == (
        "No impact was measured on payments from 2023-12-15 00:00 to 2023-12-16 00:00, signals errors, p99, "
        "traffic; no alert fired (2023-12-15, Europe/London)."
    ).replace("from 2023-12-15 00:00", "from 00:00")


def test_not_known_is_not_no_impact() -> None:
    """Without impact signals the sentence claims nothing."""
    words = _summary(unmeasured())

    assert words.startswith("Impact is not known for payments")
    assert "no alert" not in words


def test_gaps_are_part_of_the_reading() -> None:
    """What was not seen is said with its times."""
    assert "no data 09:00 to 09:30 and in 1 more stretch" in _signals(store())[0]


def test_a_signal_without_samples_says_so() -> None:
    """An empty chart is read as empty, not as calm."""
    assert _signals(unmeasured())[2] == "No data for gone of payments from 12:30 to 17:00 (2023-12-15, UTC)."


def test_a_calm_signal_is_compared_with_normal() -> None:
    """No departure is said together with what normal is."""
    assert "showed no departure from 13:34 to 16:59, normal from 85 req/s" in _signals(payments())[2]


def test_without_a_baseline_nothing_is_called_normal() -> None:
    """No baseline, no claim."""
    case = Case(signals=((report(ERRORS, None), wave(1, 0.1, 0.01)),))

    assert "without a baseline" in _signals(case)[0]


def test_departures_beside_the_chart_are_not_read_from_it() -> None:
    """The sentence reads what is shown: yesterday's peak is not in the picture."""
    early = departure("05:00", "06:00", 0.001, 0.9, "05:30")
    case = replace(payments(), signals=((report(ERRORS, None, [early]), wave(1, 0.001, 0.0)),))

    assert "90" not in _signals(case)[0]


def test_impact_told_by_no_signal_is_still_told() -> None:
    """Where the carrying signal has no departure of its own, the impact is named with its window."""
    case = payments()
    bare = tuple((replace(found, episodes=()), values) for found, values in case.signals)

    assert _summary(replace(case, signals=bare)).startswith("Impact on payments from 13:34 to 16:59")


def test_no_signal_at_all_is_said() -> None:
    """A draft on alerts alone has no signal to name."""
    assert "no signal was found" in _summary(replace(unmeasured(), signals=(), status=Status.UNKNOWN))


def test_an_alert_that_fired_without_a_milestone_is_not_denied() -> None:
    """Alerts that fired but do not belong to the impact forbid saying that none did."""
    case = replace(healthy(), alerts=tuple(replace(a, firing_at=at("11:00")) for a in payments().alerts))

    assert "no alert fired" not in _summary(case)


@pytest.mark.parametrize("name", CASES)
def test_every_chart_is_read_in_exactly_one_sentence(name: str) -> None:
    """One sentence, closed by the day and the zone, short enough to be listened to."""
    for words in [_summary(CASES[name]()), *_signals(CASES[name]())]:
        assert words.endswith(").")
        assert "\n" not in words
        assert words[0] == words[0].upper()
        assert len(words) < 400
