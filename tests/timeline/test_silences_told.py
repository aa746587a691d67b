"""Which alerts a silence hid, and how the draft says it: surely, probably, or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from incident.model.facts import AlertInterval, Nearness
from incident.model.silences import AlertSilence, Silenced, SilenceMatcher
from incident.timeline.rows.silences import hides, silence_events, silenced
from tests.reasoning_builders import at, evidence, labelled, span


def matcher(name: str, value: str, *, regex: bool = False, equal: bool = True) -> SilenceMatcher:
    return SilenceMatcher(name, value, regex, equal)


def silence(*matchers: SilenceMatcher, start: str = "12:00", end: str = "14:00") -> AlertSilence:
    return AlertSilence("s1", at(start), at(end), "oncall", "known, INC-1", matchers)


def alert(fired: str = "13:00", resolved: str | None = "13:30", **labels: str) -> AlertInterval:
    return AlertInterval(
        name="HighErrorRate",
        labels=labelled(service="shop", **labels),
        pending_at=None,
        firing_at=at(fired),
        resolved_at=at(resolved) if resolved else None,
        plus_minus=timedelta(seconds=15),
        nearness=Nearness.OWN,
        source="ALERTS",
    )


NAMED = matcher("alertname", "HighErrorRate")


@pytest.mark.parametrize(
    ("matchers", "expected"),
    [
        ((NAMED,), True),
        ((matcher("alertname", "High.*", regex=True),), True),
        ((matcher("alertname", "High", regex=True),), None),
        ((NAMED, matcher("service", "search", equal=False)), True),
        ((NAMED, matcher("service", "shop", equal=False)), None),
        ((matcher("alertname", "Other"),), None),
        ((NAMED, matcher("cluster", "lab")), False),
        ((matcher("cluster", "lab"),), None),
        ((NAMED, matcher("service", "(a+)+$", regex=True)), False),
        ((NAMED, matcher("service", "(", regex=True)), False),
        ((), None),
    ],
)
def test_a_silence_hides_what_its_matchers_accept(
    matchers: tuple[SilenceMatcher, ...], expected: bool | None
) -> None:
    """Surely; as far as can be told, where it asks for labels only the Alertmanager knows; or not."""
    assert hides(silence(*matchers), alert()) is expected


def found(one: AlertSilence, *alerts: AlertInterval) -> tuple[Silenced, ...]:
    kept = replace(evidence((), span("10:00", "18:00")), silences=(one,))
    return silenced(kept, alerts, span("10:00", "18:00"))


def test_a_firing_outside_the_silence_is_not_hidden() -> None:
    """Before it and after it alerts are sent."""
    assert found(silence(NAMED), alert("10:30", "11:00"), alert("15:00", "15:30")) == ()


@pytest.mark.parametrize(
    ("fired", "resolved", "from_the_start", "sent_after", "hidden"),
    [
        ("13:00", "13:30", True, None, 30),
        ("13:00", "15:00", True, "14:00", 60),
        ("13:00", None, True, "14:00", None),
        ("11:00", "13:00", False, None, 60),
    ],
)
def test_what_was_hidden_is_measured(
    fired: str, resolved: str | None, from_the_start: bool, sent_after: str | None, hidden: int | None
) -> None:
    """From the firing or the silence's start to the alert's or the silence's end."""
    (one,) = found(silence(NAMED), alert(fired, resolved))

    assert one.from_the_start is from_the_start
    assert one.sent_after == (at(sent_after) if sent_after else None)
    assert one.hidden == (timedelta(minutes=hidden) if hidden else None)


def test_a_silence_is_one_row_with_who_why_and_what() -> None:
    """However many firings it hid; on the first page where it hid an own alert as it fired."""
    (row,) = silence_events(found(silence(NAMED), alert("12:30", "12:40"), alert("13:00", "13:10")))

    assert (row.kind, row.at, row.until, row.main) == ("silence", at("12:00"), at("14:00"), True)
    assert row.title == (
        'Silence by oncall ("known, INC-1"), until 2024-03-05T14:00:00Z: hides HighErrorRate'
    )


def test_a_silence_is_the_same_row_when_it_is_ended_early() -> None:
    """Its identity is the Alertmanager's, not its times."""
    shorter = replace(silence(NAMED), end=at("13:20"))
    rows = [next(silence_events(found(one, alert()))) for one in (silence(NAMED), shorter)]

    assert rows[0].id == rows[1].id
    assert rows[0].until != rows[1].until
