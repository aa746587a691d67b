"""Specification of ids: made from what an event is, not from when it was seen or how it is worded."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.model.facts import ChangeKind, Entered
from incident.model.timeline import Timeline
from incident.timeline.rows.ids import event_id
from tests.reasoning_builders import alert, at, change
from tests.timeline.scenes import BLIND, CALM, DOWN, RELAPSE, STEP, Scene, box


def _ids(timeline: Timeline) -> list[tuple[str, str]]:
    return [(e.kind, e.id) for e in timeline.events]


def _told(scene: Scene) -> set[tuple[str, str]]:
    return set(_ids(scene.timeline()))


def test_an_id_is_short_and_plain() -> None:
    """`ev-` and twelve hex digits: safe in anchors, links and tables."""
    assert re.fullmatch(r"ev-[0-9a-f]{12}", event_id("measured", "onset", "0"))


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_different_events_have_different_ids(one: list[str], other: list[str]) -> None:
    """Also where words run into each other: ("a", "bc") is not ("ab", "c")."""
    joined = ("\x1f".join(one), "\x1f".join(other))

    assert (event_id(*one) == event_id(*other)) == (joined[0] == joined[1])


def test_a_name_that_is_no_valid_text_has_an_id() -> None:
    """Labels of any bytes that were decoded leniently are named as well."""
    assert event_id("change", "\udcff").startswith("ev-")


def test_an_incident_that_is_timed_anew_keeps_its_ids() -> None:
    """The same story ten minutes later: the same rows."""
    later = Scene(failing=box(CALM, ("13:10:20", "13:50:10", 0.4)))

    assert _told(later) == _told(STEP)


def test_an_incident_that_is_worded_anew_keeps_its_ids() -> None:
    """Other numbers, another state: the onset is still the onset."""
    milder = Scene(failing=box(CALM, ("13:00:20", "13:40:10", 0.1)))

    assert _told(milder) == _told(STEP)
    assert [e.title for e in milder.timeline().events] != [e.title for e in STEP.timeline().events]


def test_richer_evidence_keeps_the_ids() -> None:
    """With or without the raw counters the rows are the same ones."""
    assert _told(replace(STEP, zoomed=False)) == _told(STEP)


def test_another_episode_has_ids_of_its_own() -> None:
    """The second onset is not the first one."""
    found = [i for _, i in _ids(RELAPSE.timeline())]

    assert len(set(found)) == len(found)


def test_a_change_is_known_by_its_value() -> None:
    """A deploy of 1.1 read a minute later is the same deploy; one of 1.2 is another."""
    deploys = [
        _told(replace(STEP, changes=(change(ChangeKind.DEPLOY, when, value=value),)))
        for when, value in (("12:50", "1.0 -> 1.1"), ("12:51", "1.0 -> 1.1"), ("12:50", "1.0 -> 1.2"))
    ]

    assert deploys[0] == deploys[1]
    assert deploys[0] != deploys[2]


def test_two_changes_to_the_same_value_are_two_rows() -> None:
    """Scaled to twelve, back, and to twelve again."""
    twice = tuple(change(ChangeKind.SCALE, clock, value="4 -> 12") for clock in ("12:40", "12:50"))
    found = [i for k, i in _ids(replace(STEP, changes=twice).timeline()) if k == "scale"]

    assert len(set(found)) == 2


def test_an_alert_is_known_by_when_its_condition_became_true() -> None:
    """ActiveAt names the alert: resolved at another time it is the same, begun at another it is not."""
    pages = [
        alert("HighErrors", "13:02", "13:41", pending="13:01"),
        alert("HighErrors", "13:02", "13:45", pending="13:01"),
        alert("HighErrors", "13:04", "13:41", pending="13:03"),
    ]
    rows = [
        {(k, i) for k, i in _ids(replace(STEP, alerts=(a,)).timeline()) if k.startswith("alert")}
        for a in pages
    ]

    assert rows[0] == rows[1]
    assert not rows[0] & rows[2]


def test_an_entered_row_keeps_the_id_it_was_given() -> None:
    """People's rows are named when they are entered."""
    note = Entered("note", at("13:15"), "looked at the logs", "note-abc")

    assert ("note", "note-abc") in _ids(STEP.timeline(note))


@pytest.mark.parametrize("scene", [STEP, RELAPSE, DOWN, BLIND])
def test_no_two_rows_share_an_id(scene: Scene) -> None:
    """An id names one row."""
    pages = (alert("A", "13:02", "13:41"), alert("A", "13:02", "13:41", service="shop", pod="b"))
    changes = (
        change(ChangeKind.RESTART, "13:01", value="1"),
        change(ChangeKind.RESTART, "13:01", value="2"),
        change(ChangeKind.TARGET_DOWN, "13:00"),
    )
    found = [i for _, i in _ids(replace(scene, alerts=pages, changes=changes).timeline())]

    assert len(set(found)) == len(found)
