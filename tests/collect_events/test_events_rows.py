"""Rows of no tool in particular, in CSV, JSON and YAML: times, kinds, links, and what is wrong with them."""

from __future__ import annotations

import csv
import io
import json
import zoneinfo
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.errors import ConfigError
from incident.model.facts import Nearness
from tests.collect_events.telling import START, WINDOW, at, changes, lines, problems, read, stamp, told

TABLE = """time,title,kind,end,link
2026-11-20T14:05:00Z,"deploy payments, 2.7.1",deploy,2026-11-20T14:07:00Z,https://ci.example/1
2026-11-20T14:14:00Z,Jane took the page,acknowledged,,
"""


def test_table(tmp_path: Path) -> None:
    """A deploy becomes a change with its end and link, an acknowledgement what people did."""
    imported = read(tmp_path, TABLE)
    (one,) = imported.changes

    assert (one.kind.value, one.at, one.until) == ("deploy", at(5), at(7))
    assert one.title == "deploy payments, 2.7.1 https://ci.example/1"
    assert (one.subject, one.nearness, one.query) == ("payments", Nearness.OWN, "file given-0 line 2")
    assert told(imported) == [("acknowledged", at(14), "Jane took the page")]
    assert str(imported.files[0]) == "given-0: 2 rows (2 CSV)"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_tables_as_spreadsheets_write_them(tmp_path: Path, delimiter: str, end: str, bom: str) -> None:
    """Comma, semicolon or tab; any line end; a byte order mark or none."""
    text = bom + delimiter.join(["Time", "Title"]) + end + delimiter.join([stamp(5), "hello"]) + end

    assert told(read(tmp_path, text)) == [("note", at(5), "hello")]


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-20T14:05:00Z", "2026-11-20 14:05:00Z", "2026-11-20T14:05:00.000000000Z", "2026-11-20T14:05Z",
        "2026-11-20T15:05:00+01:00", "2026-11-20T15:05:00+0100", "2026-11-20 15:05:00 +0100",
        "2026-11-20 14:05:00 UTC",
        "2026-11-20 14:05:00,000+00", "1795183500", "1795183500.000", "1795183500000", "1795183500000000",
    ],
)  # fmt: skip
def test_times_in_the_notations_of_tools(tmp_path: Path, written: str) -> None:
    """RFC 3339 and what is near it, unix seconds, milliseconds and microseconds are one instant."""
    assert told(read(tmp_path, f'time;title\n"{written}";x\n')) == [("note", at(5), "x")]


@pytest.mark.parametrize("number", [1795183500, 1795183500.0, 1795183500000])
def test_times_as_numbers_of_json(tmp_path: Path, number: float) -> None:
    """Seconds, float seconds and milliseconds are told apart by their size."""
    assert told(read(tmp_path, lines({"ts": number, "message": "x"}))) == [("note", at(5), "x")]


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-20 14:05",
        "14:05",
        "2026-11-20",
        "now",
        "now-2h",
        "17",
        "1e9",
        "99999999999999999999",
        "later",
    ],
)
def test_times_that_could_mean_two_things_are_bad_rows(tmp_path: Path, written: str) -> None:
    """Nothing is guessed: the row is named, its neighbour kept."""
    imported = read(tmp_path, f"time,title\n{written},x\n{stamp(6)},y\n")

    assert told(imported) == [("note", at(6), "y")]
    assert [text.split(":")[0] for text in problems(imported)] == ["events file given-0 line 2"]
    assert not imported.problems[0].failed


def test_naive_times_are_of_the_zone(tmp_path: Path) -> None:
    """With a zone a stamp without offset is a time of it; day and time of day may stand apart."""
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    together = read(tmp_path, "time,title\n2026-11-20 15:05,x\n", zone=berlin)
    apart = read(tmp_path, "date,time,title\n2026-11-20,15:05,x\n", zone=berlin)

    assert told(together) == told(apart) == [("note", at(5), "x")]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("ack", "acknowledged"), ("Acknowledged", "acknowledged"), ("incident declared", "note"),
        ("DECLARED", "declared"), ("escalation", "escalated"), ("mitigated", "mitigated"),
        ("resolved", "resolved"), ("paged", "notified"), ("reported", "reported"),
        ("change", "action"), ("", "note"), ("jenkins", "note"),
    ],
)  # fmt: skip
def test_kinds_of_people(tmp_path: Path, word: str, kind: str) -> None:
    """The usual words stand for the kinds of timeline.json; another word stays before the text."""
    known = word in ("", "incident declared", "jenkins")
    text = f"{word}: x" if word and known else "x"

    assert told(read(tmp_path, f"time,title,kind\n{stamp(5)},x,{word}\n")) == [(kind, at(5), text)]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("deployment", "deploy"), ("Release", "deploy"), ("rollback", "rollback"),
        ("rolled back", "rollback"), ("restart", "restart"), ("scaling", "scale"),
        ("config-change", "config_reload"), ("OOMKilled", "oom_kill"),
        ("failover", "failover"), ("job_failed", "job_failed"), ("node", "node"),
    ],
)  # fmt: skip
def test_kinds_of_changes(tmp_path: Path, word: str, kind: str) -> None:
    """A column or a tag names the kind of a change."""
    by_column = changes(read(tmp_path, f"time,title,type\n{stamp(5)},x,{word}\n"))
    by_tag = changes(read(tmp_path, lines({"time": stamp(5), "title": "x", "tags": ["prod", word]})))

    assert by_column == by_tag == [(kind, at(5), "x")]


def test_row_of_an_alert_is_an_alert(tmp_path: Path) -> None:
    """`kind: alert` with the alert's name as the title is an interval; columns named as labels are such."""
    text = f"time;end;kind;title;service\n{stamp(5)};{stamp(9)};alert;HighErrors;payments\n"
    (one,) = read(tmp_path, text).alerts

    assert (one.name, one.firing_at, one.resolved_at) == ("HighErrors", at(5), at(9))
    assert (one.labels, one.nearness) == ((("service", "payments"),), Nearness.OWN)


def test_deploy_of_another_service_is_near_by(tmp_path: Path) -> None:
    """What people wrote down stays, but as another's."""
    imported = read(tmp_path, f"time,title,kind,service\n{stamp(5)},2.0,deploy,checkout\n")

    assert [(c.subject, c.nearness) for c in imported.changes] == [("checkout", Nearness.NEARBY)]


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "//evil.example", "https://user:pw@ci.example/", "file:///etc/passwd", "data:,x"],
)
def test_only_addresses_fit_for_a_link_are_kept(tmp_path: Path, link: str) -> None:
    """No other scheme, nothing with a password: they are not kept at all."""
    assert told(read(tmp_path, lines({"time": stamp(5), "title": "x", "url": link}))) == [
        ("note", at(5), "x")
    ]


def test_secrets_in_texts_are_masked(tmp_path: Path) -> None:
    """What looks like a credential in a text does not come into a draft."""
    text = "see https://ci.example/?token=abc123 and https://jane:hunter2@ci.example/"
    ((_, _, shown),) = told(read(tmp_path, lines({"time": stamp(5), "title": text})))

    assert "abc123" not in shown
    assert "hunter2" not in shown


def test_bad_rows_are_named_by_line_and_lose_no_good_one(tmp_path: Path) -> None:
    """Too many cells, a quote left open, no time, no text, an end before its time: each costs itself only."""
    text = (
        "time,title,end\n"
        f"{stamp(1)},a,\n"
        f'{stamp(2)},"open\n'
        f'{stamp(3)},"fine, quoted",\n'
        f"{stamp(4)},too,many,cells,here\n"
        f'{stamp(5)},"two\nlines",\n'
        "\n"
        ",no time,\n"
        f"{stamp(6)},,\n"
        f"{stamp(7)},backwards,{stamp(6)}\n"
        f"{stamp(8)},z\n"
    )
    imported = read(tmp_path, text)

    assert [words for _, _, words in told(imported)] == ["a", "fine, quoted", "two lines", "z"]
    assert [text.split(": ")[0].removeprefix("events file given-0 line ") for text in problems(imported)] == [
        "3", "5", "9", "10", "11",
    ]  # fmt: skip
    assert str(imported.files[0]) == "given-0: 4 rows (4 CSV), 5 bad (lines 3, 5, 9 and more)"
    assert all(problem.aside for problem in imported.problems)


@pytest.mark.parametrize("cells", ["too,many", "too,,many", "too,many,cells,by,far"])
def test_first_row_with_too_many_cells_is_a_bad_row(tmp_path: Path, cells: str) -> None:
    """The width of the table is that of its header, not of its first row; a delimiter at the end is none."""
    imported = read(tmp_path, f"time,title\n{stamp(1)},{cells}\n{stamp(2)},fine\n{stamp(3)},ended,\n")

    assert [words for _, _, words in told(imported)] == ["fine", "ended"]
    assert [text.split(": ")[0] for text in problems(imported)] == ["events file given-0 line 2"]


def test_broken_lines_of_json(tmp_path: Path) -> None:
    """A line cut short, a number and a row of unknown fields are named; those around them are read."""
    good = [json.dumps({"time": stamp(n), "title": f"row {n}"}) for n in range(3)]
    text = "\n".join([good[0], '{"time": "2026-11', good[1], "17", '{"colour": "red"}', good[2], '{"cut'])
    imported = read(tmp_path, text)

    assert [words for _, _, words in told(imported)] == ["row 0", "row 1", "row 2"]
    assert [text.split(": ")[0] for text in problems(imported)] == [
        f"events file given-0 line {n}" for n in (2, 4, 5, 7)
    ]
    assert "fields: colour" in problems(imported)[2]


def test_broken_entries_of_yaml(tmp_path: Path) -> None:
    """An entry that is no YAML costs itself; what is written stays as written."""
    text = f"- time: {stamp(1)}\n  title: 1.10\n- title: [open\n- time: {stamp(2)}\n  title: 'no'\n"
    imported = read(tmp_path, text)

    assert [words for _, _, words in told(imported)] == ["1.10", "no"]
    assert [text.split(": ")[0] for text in problems(imported)] == ["events file given-0 line 3"]


def test_yaml_with_a_name_above_the_list(tmp_path: Path) -> None:
    """`events:` above the list is as good as the list alone."""
    assert told(read(tmp_path, f"# ours\nevents:\n  - when: {stamp(1)}\n    what: x\n")) == [
        ("note", at(1), "x")
    ]


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=40
)
ROWS = st.lists(
    st.tuples(
        st.integers(0, 7_199_999),
        TEXTS.filter(lambda text: bool(text.strip())),
        st.sampled_from(["note", "deploy", "acknowledged", "action", "scale"]),
    ),
    min_size=1,
    max_size=12,
)


def _iso(milliseconds: int) -> str:
    moment: datetime = START + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@settings(max_examples=150)
@given(rows=ROWS)
def test_the_same_rows_in_any_notation_are_the_same_events(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, str, str]]
) -> None:
    """CSV, JSONL, a JSON list and YAML of the same rows tell the same facts, with the same ids."""
    held = [{"time": _iso(ms), "title": text, "kind": kind} for ms, text, kind in rows]
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, ["time", "title", "kind"], quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(held)
    yaml = "".join(f"- {json.dumps(row, ensure_ascii=False)}\n" for row in held)
    found = [
        read(tmp_path_factory.mktemp("rows"), text)
        for text in (sheet.getvalue(), lines(*held), json.dumps(held, indent=1), yaml)
    ]

    first = found[0]
    assert first.problems == ()
    assert len(first.entered) + len(first.changes) + first.merged == len(rows)
    for other in found[1:]:
        assert [one.id for one in other.entered] == [one.id for one in first.entered]
        assert told(other) == told(first)
        assert changes(other) == changes(first)


def test_rows_outside_the_day_are_counted(tmp_path: Path) -> None:
    """A day around the window is kept; what lies beyond is only counted."""
    day = 24 * 60
    rows = [{"time": stamp(n), "title": "x"} for n in (-day - 1, -day, 120 + day - 1, 120 + day)]
    imported = read(tmp_path, lines(*rows))

    assert [one.at for one in imported.entered] == [at(-day), at(120 + day - 1)]
    assert dict(imported.files[0].left_out) == {"outside the window by more than a day": 2}
    assert WINDOW.length == timedelta(minutes=120)


@pytest.mark.parametrize(
    "text", ["hello", "2026-11-20,hello\n", "a,b\n1,2\n", '{"a": ', "[]", "[1, 2]", "a: &x 1\n"]
)
def test_what_is_no_format_is_refused(tmp_path: Path, text: str) -> None:
    """Where no record can be told at all, the file is named and what would be understood."""
    with pytest.raises(ConfigError, match=r"^events file given-0"):
        read(tmp_path, text)
