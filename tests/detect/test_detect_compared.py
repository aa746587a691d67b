"""The comparison with other methods, and the table of it in the documentation."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from tests.bench import compare_bench, rivals
from tests.bench.compare_bench import BEGINS, DOCUMENT, ENDS, HEADER
from tests.detect.shapes import Drawn


@pytest.fixture(scope="module")
def rows() -> dict[str, list[str]]:
    """The cells of the documented table, by method."""
    text = DOCUMENT.read_text(encoding="utf-8").split(BEGINS)[1].split(ENDS)[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.strip().splitlines()]
    assert tuple(lines[0]) == HEADER
    return {cells[0]: cells for cells in lines[2:]}


def numbers(cells: list[str]) -> list[float]:
    return [float(n) for n in re.findall(r"[\d.]+", " ".join(cells[1:]))]


def test_the_documented_table_names_every_method_in_the_order_of_the_command(
    rows: dict[str, list[str]],
) -> None:
    """A library's version stands behind its name."""
    for named, rival in zip(rows, rivals.RIVALS, strict=True):
        assert named.split(" (")[0] == rival.name
        assert (rival.library is not None) == (" (" in named)


def test_every_documented_row_was_measured(rows: dict[str, list[str]]) -> None:
    """The table is committed from a run that had all libraries."""
    assert not any("not installed" in cell for cells in rows.values() for cell in cells)


def test_our_documented_row_is_what_the_command_gives(rows: dict[str, list[str]]) -> None:
    """Fewer draws than the table's, hence not to the last digit."""
    here = numbers(list(compare_bench.row(rivals.OURS, 6)))
    there = numbers(rows[rivals.OURS.name])
    assert len(here) == len(there) == 7
    f1, found, false, onset, onset_high, end, end_high = (
        abs(a - b) for a, b in zip(here, there, strict=True)
    )
    assert f1 <= 0.06
    assert found <= 4
    assert false <= 0.05
    assert onset <= 15
    assert end <= 30
    assert max(onset_high, end_high) <= 75


def test_a_missing_library_gives_no_number() -> None:
    """The row says so instead."""
    absent = rivals.Rival("of nobody", rivals.kernel, (1.0,), 1.0, library="no-such-distribution")
    assert set(compare_bench.row(absent, 1)[1:]) == {"not installed"}


@pytest.mark.parametrize(
    ("found", "good"), [((20, 30), True), ((22, 30), True), ((23, 30), False), ((20, 41), False)]
)
def test_a_match_needs_a_good_onset_and_half_of_both_stretches(found: tuple[int, int], good: bool) -> None:
    """As the scoring of the outside data does it."""
    assert compare_bench.matches(found, (20, 30)) is good


@pytest.mark.parametrize(
    ("rival", "setting"),
    [(rivals.static_for_5m, 3.0), (rivals.rolling_z, 4.0)],
    ids=["static threshold", "rolling z-score"],
)
def test_the_simple_methods_find_a_plain_step(
    rival: Callable[[Drawn, float], rivals.Stretches], setting: float
) -> None:
    """Otherwise the comparison would be with nothing."""
    values = np.random.default_rng(1).normal(1.0, 0.05, 600)
    values[500:520] += 9.0
    drawn = Drawn(values, 60.0, 400, "latency", "up")
    assert [start for start, _ in rival(drawn, setting)] == [500]
