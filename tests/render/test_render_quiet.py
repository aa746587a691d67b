"""The words of a window without measured impact: what was checked, and what nobody saw."""

from __future__ import annotations

from dataclasses import replace

from incident.model.facts import Unknown
from incident.model.signals import Gap, Measure, Role
from incident.model.spans import Span
from incident.model.timeline import EventOrigin
from report.render import found, markdown
from tests import render_builder as build


def test_no_impact_says_what_was_checked_and_asks_little() -> None:
    """A short draft: nothing was measured, this is what was looked at."""
    text = markdown(build.healthy(), [], generation=1)
    assert (
        "**12:30 to 17:00: no impact measured.** Checked: errors, p99 and traffic (3 signals) "
        "over 4 h 30 min in steps of 30 s. No alert of the service fired."
    ) in text
    assert "## Root cause" not in text
    assert "> DRAFT, not reviewed. 1 question open." in text


def test_what_people_asked_for_is_told_although_it_is_no_impact() -> None:
    """Somebody named the orders, and they stopped: the first paragraph says so."""
    other = replace(build.traffic().spec, name="orders", measure=Measure.OTHER, unit="1/s", role=Role.CONTEXT)
    orders = replace(build.errors(), spec=other)
    page = build.healthy()
    text = markdown(replace(page, signals=(*page.signals, orders)), [], generation=1)

    assert "no impact measured.** orders " in text
    assert " 1/s, 14:04 to 16:29:30. Checked: " in text


def test_a_signal_without_data_was_not_checked() -> None:
    """What could not be judged is not among the signals that showed nothing."""
    blind = replace(build.traffic(), baseline=None)
    calm = replace(build.errors(), episodes=())
    text = markdown(replace(build.healthy(), signals=(calm, blind)), [], generation=1)
    assert "Checked: errors (1 signal) over 4 h 30 min in steps of 30 s." in text
    assert "Not judged for lack of data: traffic." in text


def test_calm_traffic_is_no_word_on_failures() -> None:
    """Where requests are counted but not by how they ended, a quiet draft says what nobody measured."""
    text = markdown(replace(build.healthy(), signals=(build.traffic(),)), [], generation=1)
    told = "Whether requests failed was not measured"

    assert told in text
    assert told not in markdown(build.healthy(), [], generation=1)


def test_a_bad_row_of_a_file_hides_nothing_of_the_service() -> None:
    """It stands in the evidence, and not between the reader and the summary."""
    bad = Unknown("events file notes.csv line 3", "time 'soon': not understood", aside=True)
    text = markdown(replace(build.payments(), unknowns=(bad,)), [], generation=1)
    assert "notes.csv" not in text.partition("## Timeline")[0]
    assert "notes.csv" in text.partition("## Evidence")[2]


def test_that_targets_were_up_is_not_told_as_more_than_it_is() -> None:
    """A service without request metrics: nothing was found, and little was looked at."""
    spec = replace(build.errors().spec, name="availability", measure=Measure.AVAILABILITY)
    up = replace(build.errors(), spec=spec, episodes=())
    text = markdown(replace(build.healthy(), signals=(up,)), [], generation=1)
    assert "All that is known is that targets were up: no errors, traffic or latency of the service" in text


def test_a_calm_window_says_how_much_of_it_nobody_saw() -> None:
    """Ten minutes in which no signal has a sample; what one signal alone lacks is not unseen."""
    page = build.healthy()
    hole = Gap(Span(build.at("15:00:00"), build.at("15:20:00")), "no samples")
    other = Gap(Span(build.at("15:10:00"), build.at("15:30:00")), "no samples")
    first, *rest = page.signals
    blind = replace(
        page, signals=(replace(first, gaps=(hole,)), *(replace(one, gaps=(other,)) for one in rest))
    )
    partly = replace(page, signals=(replace(first, gaps=(hole,)), *rest))

    assert rest
    assert found(blind) == "no impact measured, 10 min of it not seen"
    assert "no impact measured, 10 min of it not seen.**" in markdown(blind, [], generation=1)
    assert found(partly) == "no impact measured"


def test_the_log_says_where_little_was_looked_at() -> None:
    """A cron mail with "no impact measured" alone would be read as more than it is."""
    spec = replace(build.errors().spec, name="availability", measure=Measure.AVAILABILITY)
    up = replace(build.errors(), spec=spec, episodes=())

    assert found(replace(build.healthy(), signals=(up,))) == (
        "no impact measured (all that is known: targets were up)"
    )


def test_unknown_impact_times_the_conditions_that_were_seen() -> None:
    """Without a user-facing signal the alerts and departures are told, and impact is not guessed."""
    text = markdown(build.unmeasured(), [], generation=1)
    assert "# payments: HighErrorRate fired, impact unknown, 2023-12-15" in text
    assert "Checked:" not in text
    assert "HighErrorRate firing, 14:20:45 to 16:27:15." in text
    assert "consumer lag 10 -> 12,000 messages, 14:04 to 16:29:30." in text


def test_what_a_file_told_names_the_file_as_its_source_and_asks_no_server() -> None:
    """The words stay the people's; the place to look them up is beside them, and is no query."""
    noted = replace(build.payments().events[0], origin=EventOrigin.ENTERED, query="file log.csv line 2")
    timeline = replace(build.payments(), events=(noted, *build.payments().events[1:]))
    text = markdown(timeline, [], generation=1)

    assert " | entered, log.csv line 2 " in text
    assert "file log.csv" not in text


def test_where_an_alert_fired_without_measured_impact_people_are_asked_all_the_same() -> None:
    """A queue or a disk is an incident too: cause, lessons and actions are for people to fill."""
    told = markdown(build.unmeasured(), [], generation=1)
    silent = markdown(replace(build.unmeasured(), alerts=()), [], generation=1)
    for heading in ("## Detection", "## Root cause", "## Lessons", "## Action items"):
        assert heading in told
        assert heading not in silent
