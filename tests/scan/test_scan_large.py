"""A fleet that is more than memory or one run bears is screened in parts, with the same result."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.http.limits import MIB, SAMPLE_BYTES, Budget, OverLimit
from collector.prometheus import connect
from collector.screening.parts import apart
from collector.server.rationed import RationedSource
from collector.source import Answer
from incident.fleet.model import Member, Screening, joined
from incident.model.signals import Measure, Samples
from incident.model.spans import Grid, Span, instant
from report.pipeline.asked.given import settings_of
from report.pipeline.scan.sought import looking
from report.pipeline.scan.sought.looking import look
from report.pipeline.scan.wanted import wanted
from tests.faults.proxy import FaultProxy
from tests.scan.scene import DRAFTED, END

GRID = Grid(0, 60_000, 100)


@given(st.lists(st.sampled_from("abcdefgh"), max_size=40).map(sorted), st.integers(1, 12))
def test_parts_hold_everybody_once_and_namesakes_together(names: list[str], most: int) -> None:
    """In order; no part is larger than asked, but for namesakes, and none is empty."""
    found = [names[part] for part in apart(names, most)]

    assert list(chain.from_iterable(found)) == names
    assert all(found)
    assert all(a[-1] != b[0] for a, b in pairwise(found))
    assert all(len(part) < most + names.count(part[-1]) for part in found)


def test_parts_are_even() -> None:
    """Ten by three are four parts of two and three, and no part of one at the end."""
    assert [part.stop - part.start for part in apart([str(k) for k in range(10)], 3)] == [3, 3, 2, 2]


@pytest.mark.server
def test_a_fleet_in_parts_comes_to_the_same_candidates(
    fleet_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three services at once: every question names them, and what stands out is the same in all digits."""
    given = {"prometheus": fleet_url, "output": str(tmp_path), "last": "6h"}
    settings = settings_of(given)
    asked = wanted(given, settings, END)
    with FaultProxy(lambda _: None, fleet_url) as proxy:
        live = connect(settings.http, url=proxy.url, deadline=settings.deadline, on_query=None)
        once = look(live, asked, lambda _: None, lambda *_: None)
        before = len(proxy.asked)
        monkeypatch.setattr(looking, "services_at_once", lambda _points: 3)
        in_parts = look(live, asked, lambda _: None, lambda *_: None)
        live.close()
    rates = {one.query for one in proxy.asked[before:] if "rate(" in one.query}

    assert len(once.close) + len(once.others) >= len(DRAFTED)
    assert (in_parts.members, in_parts.close, in_parts.others) == (once.members, once.close, once.others)
    assert in_parts.unknowns == once.unknowns == ()
    assert len(rates) == 4 * 3
    assert all('service=~"' in query for query in rates)
    assert in_parts.screening is not None
    assert once.screening is not None
    assert in_parts.screening.members == once.screening.members
    for measure, table in once.screening.values.items():
        assert np.array_equal(in_parts.screening.values[measure], table, equal_nan=True)


def test_a_run_may_read_what_its_screening_has_announced() -> None:
    """A hundred points of rows that nobody announced are as much as ever; announced, they are allowed for."""
    allowed: list[int] = []
    source = RationedSource(_Server(), 1_000_000, allowed.append)  # type: ignore[arg-type]
    source.expect("q", 5, 3)
    source.range("q", GRID)
    source.range("something else", GRID)

    assert sum(allowed) == 3 * GRID.count


def test_the_limit_of_a_run_moves_with_what_is_expected() -> None:
    """And holds there, as before."""
    budget = Budget(per_answer=MIB, per_run=MIB)
    budget.take(MIB, 0)
    budget.allow(10)
    budget.take(10 * SAMPLE_BYTES, 0)

    with pytest.raises(OverLimit):
        budget.take(1, 0)


@pytest.mark.parametrize("pick", [lambda m: m == "a", lambda _: True, lambda _: False])
def test_what_is_kept_of_a_part_is_that_of_its_members(pick: Callable[[str], bool]) -> None:
    """Rows stay with their members when the parts are put together again."""
    one, other = _screening("a", "b"), _screening("c", "a2")
    kept = joined([part.of({m for m in part.members if pick(m.service)}) for part in (one, other)])

    assert [m.service for m in kept.members] == [n for n in ("a", "b", "c", "a2") if pick(n)]
    for row, member in enumerate(kept.members):
        assert (kept.values[Measure.TRAFFIC][row] == float(ord(member.service[0]))).all()


class _Server:
    def range(self, _query: str, grid: Grid) -> Answer:
        return Answer((Samples((("service", "a"),), grid.times, grid.times / 1000.0),))


def _screening(*names: str) -> Screening:
    values = {Measure.TRAFFIC: np.array([[float(ord(name[0]))] * GRID.count for name in names])}
    window = Span(instant(GRID.start_ms), instant(GRID.end_ms))
    return Screening(tuple(Member(name) for name in names), GRID, window, values, 60_000)
