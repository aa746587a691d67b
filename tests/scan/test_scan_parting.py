"""Incidents that later runs see apart or together otherwise than the first: their drafts stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from incident.fleet.candidates import candidates
from incident.fleet.model import Candidate, Firing, Member
from incident.model.policy import Policy
from incident.model.spans import Span
from report.pipeline.scan.sought.known import Known, draft_of
from report.pipeline.scan.sought.parting import as_drafted

NOON = datetime(2024, 3, 4, 12, tzinfo=UTC)
PERIOD = Span(NOON - timedelta(hours=6), NOON + timedelta(hours=6))
SHOP = Member("shop", ())
_BESIDE = timedelta(minutes=30)


def _minute(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def _firing(start: float, end: float | None) -> Firing:
    return Firing(SHOP, "Errors", _minute(start), None if end is None else _minute(end))


def _candidate(*spans: tuple[float, float | None]) -> Candidate:
    firings = tuple(_firing(*span) for span in spans)
    ends = [one.end for one in firings if one.end is not None]
    last = max(ends) if len(ends) == len(firings) else None
    return Candidate(SHOP, firings[0].start, last, (), firings)


def _draft(name: str, start: float, end: float) -> Known:
    first, last = _minute(start), _minute(end)
    window = Span(first - _BESIDE, last + _BESIDE)
    return Known(Path(name), {}, "shop", (), window, first, last, ongoing=False)


def _seen(found: tuple[Candidate, ...]) -> list[tuple[datetime, datetime | None, int]]:
    return [(one.start, one.end, len(one.firings)) for one in found]


def test_what_was_drafted_apart_stays_apart() -> None:
    """The same two, seen as one this time: each keeps its draft, its bounds and its alert."""
    known = (_draft("a", 0, 20), _draft("b", 85, 100))
    one = _candidate((1, 20), (86, 100))

    parts = as_drafted([one], known, PERIOD)

    assert _seen(parts) == [(_minute(1), _minute(20), 1), (_minute(86), _minute(100), 1)]
    assert [str(draft_of(part, known, PERIOD).directory) for part in parts] == ["a", "b"]  # type: ignore[union-attr]


def test_what_was_drafted_together_stays_together() -> None:
    """Two of one draft are looked at once, and its text is written once."""
    known = (_draft("a", 0, 100),)

    assert _seen(as_drafted([_candidate((1, 20)), _candidate((86, 100))], known, PERIOD)) == [
        (_minute(1), _minute(100), 2)
    ]


def test_one_that_goes_on_into_the_next_is_the_first_ones() -> None:
    """Late samples have filled the gap: the first draft grows, and the other is left as it is."""
    known = (_draft("a", 0, 20), _draft("b", 85, 100))

    (grown,) = as_drafted([_candidate((1, 99))], known, PERIOD)

    assert (grown.start, grown.end) == (_minute(1), _minute(99))
    assert draft_of(grown, known, PERIOD) == known[0]


def test_what_is_within_another_draft_is_looked_for_in_the_one_that_tells_its_beginning() -> None:
    """So it was after the first had grown; the second is asked for no more."""
    known = (_draft("a", 0, 100), _draft("b", 85, 100))

    (same,) = as_drafted([_candidate((1, 99))], known, PERIOD)

    assert draft_of(same, known, PERIOD) == known[0]


def test_one_that_lasts_keeps_lasting() -> None:
    """Of the parts only the last; the one before it is over."""
    known = (_draft("a", 0, 20), _draft("b", 85, 100))

    assert [one.end for one in as_drafted([_candidate((1, 20), (86, None))], known, PERIOD)] == [
        _minute(20),
        None,
    ]


def test_what_has_no_draft_is_left_alone() -> None:
    """The usual case, and a copy of a draft is no second incident."""
    one = _candidate((1, 20), (86, 100))

    assert as_drafted([one], (), PERIOD) == (one,)
    assert as_drafted([one], (_draft("a", 0, 100), _draft("copy", 0, 100)), PERIOD) == (one,)


def test_two_that_are_nearer_than_an_hour_are_one_whatever_is_asked_for() -> None:
    """Each draft shows the calm beside its impact: two would tell of each other's, in the same directory."""
    policy = Policy(quiet_gap=timedelta(minutes=20))

    found = candidates((), (_firing(0, 20), _firing(60, 80), _firing(145, 150)), policy)

    assert _seen(found) == [(_minute(0), _minute(80), 2), (_minute(145), _minute(150), 1)]
