"""What stretch of time the charts show, and which alerts have a row."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from incident.model.spans import Span
from incident.model.timeline import EventOrigin, State
from report.charts.frame import frame
from report.charts.parts.lanes import alert_rows
from report.charts.style import PLOT
from tests.charts_builder import DAY, Case, alert, at, episode, event
from tests.charts_cases import healthy, ongoing, payments


def _span(case: Case) -> Span:
    return frame(*case.built()).axis.span


def test_the_chart_shows_a_fifth_of_the_impact_before_and_after_it() -> None:
    """Enough of normal to see what departed, little enough to see the impact."""
    span = _span(payments())

    impact = timedelta(hours=2, minutes=25, seconds=30)
    assert at("14:04") - span.start >= 0.2 * impact
    assert span.end - at("16:29:30") >= 0.2 * impact
    assert span.length < 1.5 * impact


def test_a_short_impact_has_twenty_minutes_on_either_side() -> None:
    """Four minutes of errors would be nothing to look at with 48 seconds around them."""
    case = replace(payments(), events=(), episodes=(episode("14:00", "14:04", State.DEGRADED),))

    assert _span(case) == Span(at("13:40"), at("14:24"))


def test_the_tail_shows_the_hold() -> None:
    """The proof of recovery is in the picture, however long it was asked to be."""
    timeline, evidence = payments().built()
    patient = replace(timeline.policy, recovery_hold=timedelta(minutes=30))

    span = frame(replace(timeline, policy=patient), evidence).axis.span
    assert span.end >= at("16:59:30")


def test_without_impact_the_whole_window_is_shown() -> None:
    """The finding that there was nothing is about the window."""
    assert _span(healthy()) == Span(DAY, DAY + timedelta(days=1))


def test_the_chart_ends_with_the_data_while_impact_lasts() -> None:
    """Time of which nothing can be known yet is not shown."""
    assert _span(ongoing()).end == at("17:00")


def test_a_row_near_the_window_widens_it() -> None:
    """A deploy half an hour before the onset is in the picture."""
    case = payments()
    deploy = event("13:10", "Deployed", EventOrigin.CHANGE)

    span = _span(replace(case, events=(deploy, *case.events)))
    assert span.start < at("13:10")


def test_a_row_far_away_is_left_at_the_edge() -> None:
    """One row of the night before does not squeeze the impact into a corner."""
    case = payments()
    far = event("09:00", "Deployed", EventOrigin.CHANGE)

    shared = frame(*replace(case, events=(far, *case.events)).built())
    assert shared.axis.span == _span(case)
    assert shared.marks[0].x < 0


def test_marks_stand_at_their_times_along_the_lane() -> None:
    """A row in the middle of the axis is in the middle of the lane."""
    case = healthy()

    (mark,) = frame(*replace(case, events=(event("12:00", "noon"),)).built()).marks
    assert mark.x == PLOT / 2


def test_episodes_of_one_instant_are_shown() -> None:
    """Impact without length does not break the arithmetic."""
    case = replace(payments(), events=(), episodes=(episode("14:00", "14:00", State.DEGRADED),))

    assert _span(case).holds(at("14:00"))


def test_alerts_of_one_name_share_a_row() -> None:
    """Ten thousand firings of one alert are one row with as many bars as can be told apart."""
    flaps = tuple(
        replace(
            alert("Flap", None, "14:00", "14:01"),
            firing_at=at("14:00") + k * timedelta(seconds=1),
            resolved_at=at("14:00") + k * timedelta(seconds=1, milliseconds=1),
        )
        for k in range(10_000)
    )
    case = replace(payments(), alerts=flaps)

    (row,) = alert_rows(case.alerts, frame(*case.built()))
    assert row.name == "Flap ×10,000"
    assert 1 <= len(row.firing) <= 2 * PLOT


def test_an_alert_without_an_end_lasts_to_the_end_of_the_data() -> None:
    """Still firing is drawn to where reading ended, and said."""
    case = replace(payments(), alerts=(alert("Open", None, "14:20", None),))

    (row,) = alert_rows(case.alerts, frame(*case.built()))
    assert row.still_firing
    assert row.firing[0].end == at("17:00")


def test_an_alert_that_was_only_pending_has_no_firing_bar() -> None:
    """Pending is not firing."""
    case = replace(payments(), alerts=(alert("Almost", "14:20", None, "14:25"),))

    (row,) = alert_rows(case.alerts, frame(*case.built()))
    assert row.firing == ()
    assert row.pending == (Span(at("14:20"), at("14:25")),)
