"""The parts of a scan that need no server: joining, grouping, windows, index, metrics."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.fleet.candidates import candidates, worth_a_look
from incident.fleet.model import Firing, Member, Standout
from incident.fleet.together import TOGETHER, Onset, together
from incident.model.policy import Policy
from incident.model.signals import Measure
from report.exits import Exit
from report.pipeline.scan.told.index import write_index
from report.pipeline.scan.told.monitoring import metrics, write_textfile
from report.render import Index, IndexOnset, IndexRow, index_html, index_markdown
from report.render.pages.parser import parser

ROOT = Path(__file__).resolve().parents[2]
T0 = datetime(2024, 3, 4, tzinfo=UTC)
_API = Member("api")
_HOSTILE = "<script>alert(1)</script> | [x](javascript:y) `z` *b*"


def _at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def _out(
    start: float, end: float | None, measure: Measure = Measure.ERRORS, inside: float = 0.05
) -> Standout:
    return Standout(_API, measure, _at(start), None if end is None else _at(end), 0.001, inside)


def test_what_is_quiet_for_an_hour_is_two_incidents() -> None:
    """Sixty minutes between end and start still join, a minute more parts."""
    assert len(candidates((_out(0, 10), _out(70, 80)), (), Policy())) == 1
    assert len(candidates((_out(0, 10), _out(71, 80)), (), Policy())) == 2


def test_what_has_not_ended_takes_all_that_follows() -> None:
    """An open stretch has no quiet gap behind it, and its candidate is open."""
    (one,) = candidates((_out(0, None), _out(300, 310, Measure.LATENCY)), (), Policy())

    assert one.end is None
    assert one.measures == (Measure.ERRORS, Measure.LATENCY)


def test_a_single_small_signal_is_not_worth_a_look() -> None:
    """With an alert, a second signal, or where a quarter may have failed, it is."""
    policy = Policy()
    alone, large = candidates((_out(0, 10), _out(200, 210, inside=0.2)), (), policy)
    (alerted,) = candidates((_out(0, 10),), (Firing(_API, "High", _at(3), _at(12)),), policy)
    (two,) = candidates((_out(0, 10), _out(2, 8, Measure.TRAFFIC)), (), policy)

    assert [worth_a_look(one, policy) for one in (alone, large, alerted, two)] == [False, True, True, True]


@pytest.mark.parametrize(
    ("minutes", "times", "worth"), [(9, 1.4, False), (9, 1.6, True), (12, 1.2, True), (None, 1.2, True)]
)
def test_a_mean_latency_that_rose_a_little_for_a_few_minutes_is_not_worth_a_look(
    minutes: float | None, times: float, worth: bool
) -> None:
    """Every burst does that; one that lasts, is large, or has not ended may be more."""
    out = replace(_out(0, minutes, Measure.LATENCY), before=0.1, inside=0.1 * times)
    (one,) = candidates((out,), (), Policy())

    assert worth_a_look(one, Policy()) is worth


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(1, 200)), max_size=12))
def test_groups_hold_each_incident_once_in_order_of_onset(rows: list[tuple[int, int]]) -> None:
    """No chain: every member began within a quarter of an hour of the first of its group."""
    onsets = {f"d{k}": Onset(f"d{k}", _at(a), _at(a + b)) for k, (a, b) in enumerate(rows)}
    groups = together(list(onsets.values()))

    assert sorted(key for group in groups for key in group) == sorted(onsets)
    for group in groups:
        starts = [onsets[key].start for key in group]
        assert starts == sorted(starts)
        assert starts[-1] - starts[0] <= TOGETHER


def test_a_service_named_like_markup_stays_text_in_the_index() -> None:
    """Neither page gains a link of its own, a cell, a tag or a script from a label value."""
    row = IndexRow("2024-03-04-x-0000", "2024-03-04 00:00", _HOSTILE, "down", "5m", "none", 3)
    group = tuple(IndexOnset("2024-03-04-x-0000", _HOSTILE, at) for at in ("00:00", "+2m"))
    index = Index((row,), (group,), (("a", _HOSTILE, "b", _HOSTILE),), "UTC")
    text, page = index_markdown(index), index_html(index).decode()

    assert all(line.count(" | ") == 5 for line in text.splitlines() if line.startswith("| [2024"))
    inline = [child.type for token in parser().parse(text) for child in token.children or ()]
    assert inline.count("link_open") == 3
    assert {"html_inline", "em_open", "code_inline"}.isdisjoint(inline)
    assert "<script" not in page
    assert page.count("<a ") == 3


def test_the_index_leads_to_drafts_that_people_renamed_or_moved(tmp_path: Path) -> None:
    """Any name of a directory makes a link of Markdown that opens it."""
    drafts = ["2022/store", "The big one (Friday) | 50%"]
    for name in drafts:
        (tmp_path / name).mkdir(parents=True)
        shutil.copy(ROOT / "fixtures/webstore/expected/timeline.json", tmp_path / name)
    write_index(tmp_path, (), (), UTC)
    tokens = parser().parse((tmp_path / "index.md").read_text("utf-8"))
    links = {
        str(child.attrs["href"])
        for token in tokens
        for child in token.children or ()
        if "href" in child.attrs
    }

    assert sorted(unquote(link) for link in links) == [f"{name}/postmortem.md" for name in drafts]


def _told(code: Exit) -> dict[str, object]:
    empty: dict[str, object] = {"drafts": [{"change": "new"}], "stood_out": [], "put_off": []}
    return (
        empty
        | {"exit_code": int(code), "duration_s": 1.5}
        | dict.fromkeys(("services", "sources", "sources_failed", "queries", "samples"), 1)
    )


def test_counters_go_on_and_a_failed_run_keeps_the_last_success(tmp_path: Path) -> None:
    """Three runs are counted, two drafts a success; what failed does not look like success."""
    path = tmp_path / "scan.prom"
    write_textfile(path, _told(Exit.DONE), T0)
    write_textfile(path, _told(Exit.UNAVAILABLE), _at(5))
    write_textfile(path, _told(Exit.PARTIAL), _at(10))
    lines = path.read_text("ascii").splitlines()

    assert "incident_timeline_runs_total 3" in lines
    assert "incident_timeline_drafts_written_total 3" in lines
    assert f"incident_timeline_last_success_timestamp_seconds {int(T0.timestamp())}" in lines
    assert f"incident_timeline_last_run_timestamp_seconds {int(_at(10).timestamp())}" in lines


@pytest.mark.parametrize(
    "before", [b"", b"\xff\xfe", b"incident_timeline_runs_total 1.2.3\n", b"x" * 2_000_000]
)
def test_a_textfile_that_cannot_be_read_begins_anew(tmp_path: Path, before: bytes) -> None:
    """Whatever lies there is replaced whole."""
    path = tmp_path / "scan.prom"
    path.write_bytes(before)
    write_textfile(path, _told(Exit.DONE), T0)

    assert path.read_text("ascii") == metrics(_told(Exit.DONE), T0, {})
