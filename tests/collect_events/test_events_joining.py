"""One fact from several files is one row that names them all, in whatever order they were given."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.events.read import Imported, read_events
from tests.collect_events.telling import (
    HOME,
    NOW,
    OWN,
    WINDOW,
    at,
    body,
    body_of,
    changes,
    epoch_ms,
    lines,
    read,
    stamp,
    told,
)


def test_alert_of_two_sources_is_one_that_names_both(tmp_path: Path) -> None:
    """Starts within a minute and labels of which one set holds the other: one alert, the fuller labels."""
    text = "HighErrors {service=payments} - B=1"
    mark = {"time": epoch_ms(10.9), "newState": "Alerting", "prevState": "Pending", "text": text}
    imported = read(tmp_path, lines(body("HighErrors", 10, 30)), json.dumps([mark]))
    (one,) = imported.alerts

    assert (one.firing_at, one.resolved_at, dict(one.labels)) == (at(10), at(30), OWN)
    assert one.source == "file given-0 line 1 item 1 and given-1 line 1"
    assert imported.merged == 1


@pytest.mark.parametrize(
    "other",
    [
        body("HighErrors", 11.1, 30),
        body("HighLatency", 10, 30),
        body("HighErrors", 10, 30, service="payments", severity="ticket"),
    ],
)
def test_alerts_that_differ_stay_two(tmp_path: Path, other: dict[str, object]) -> None:
    """More than a minute apart, another name, or a label with another value."""
    assert len(read(tmp_path, lines(body("HighErrors", 10, 30)), lines(other)).alerts) == 2


def test_alerts_of_one_file_with_more_labels_stay_apart(tmp_path: Path) -> None:
    """In one notation fewer labels are another alert: the sum beside one of its parts."""
    part = body_of("HighErrors", {**OWN, "instance": "a:1"}, 10, 30)

    assert len(read(tmp_path, lines(body("HighErrors", 10, 30), part)).alerts) == 2
    assert len(read(tmp_path, lines(body("HighErrors", 10, 30)), lines(part)).alerts) == 1


def test_the_same_text_within_a_second_is_one_fact(tmp_path: Path) -> None:
    """The more telling kind is kept, both files are named, and the id is as if one file had told it."""
    table = f"time,title\n{stamp(5)},payments 2.7.1\n"
    mark = {"time": epoch_ms(5) + 900, "text": "payments 2.7.1", "tags": ["deploy"], "panelId": 1}
    imported = read(tmp_path, table, json.dumps([mark]))
    alone = read(tmp_path, f"time,title,kind\n{stamp(5)},payments 2.7.1,deploy\n")

    assert changes(imported) == changes(alone) == [("deploy", at(5), "payments 2.7.1")]
    assert imported.entered == ()
    assert imported.changes[0].query == "file given-0 line 2 and given-1 line 1"
    assert (imported.changes[0].value, imported.changes[0].subject) == (alone.changes[0].value, "payments")


def test_the_same_text_more_than_a_second_apart_is_two_facts(tmp_path: Path) -> None:
    """Who restarts twice says so twice."""
    rows = [{"time": epoch_ms(5) + ms, "title": "restarted"} for ms in (0, 1001)]

    assert len(read(tmp_path, lines(*rows)).entered) == 2


def test_the_same_text_about_two_services_is_two_facts(tmp_path: Path) -> None:
    """A deploy of the same version to two services at once is not one."""
    table = f"time,title,kind,service\n{stamp(5)},2.0,deploy,payments\n{stamp(5)},2.0,deploy,checkout\n"

    assert {c.subject for c in read(tmp_path, table).changes} == {"payments", "checkout"}


def test_ids_are_of_what_happened_not_of_the_file(tmp_path: Path) -> None:
    """A row keeps its id when rows are put above it and when a second file tells it too."""
    row = f"{stamp(5)},failed over,action\n"
    first = read(tmp_path, f"time,title,kind\n{row}").entered[0]
    moved = read(tmp_path, f"time,title,kind\n{stamp(1)},x,note\n{row}", f"time,title,kind\n{row}").entered[1]

    assert moved.id == first.id
    assert moved.source != first.source


def test_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    """The same path is one file; a copy of it tells nothing new."""
    path, copy = tmp_path / "a", tmp_path / "b"
    text = lines(body("A", 10, 20, received=11), {"time": stamp(5), "title": "x"})
    path.write_text(text)
    copy.write_text(text)

    def names(*paths: Path) -> list[object]:
        found = read_events(paths, window=WINDOW, home=HOME, now=NOW, zone=None)
        return [[a.name for a in found.alerts], told(found), len(found.files)]

    assert names(path, path) == names(path)
    assert names(path, copy)[:2] == names(path)[:2]


ALERTS = st.builds(
    body,
    st.sampled_from(["HighErrors", "HighLatency"]),
    st.sampled_from([10.0, 10.5, 11.0, 12.0, 40.0]),
    st.sampled_from([None, 10.75, 30.0, 50.0]).filter(lambda end: end is None or end > 10),
    received=st.sampled_from([None, 12.0, 13.0]),
    service=st.just("payments"),
    instance=st.sampled_from(["a:1", "b:1"]),
)
ROWS = st.builds(
    lambda minutes, title, kind: {"time": stamp(minutes), "title": title, "kind": kind},
    st.sampled_from([5.0, 5.01, 5.02, 6.0, 9000.0]),
    st.sampled_from(["deployed", "looked"]),
    st.sampled_from(["deploy", "note", "action", "strange"]),
)
FILES = st.lists(st.lists(ALERTS | ROWS, min_size=1, max_size=5), min_size=2, max_size=3)


@settings(max_examples=100)
@given(files=FILES)
def test_the_order_of_the_files_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[dict[str, object]]]
) -> None:
    """However the files are given, everything that is told of them is the same."""
    where = tmp_path_factory.mktemp("order")
    paths = []
    for number, values in enumerate(files):
        paths.append(where / f"file-{number}")
        paths[-1].write_text(lines(*values))
    found: list[Imported] = [
        read_events(order, window=WINDOW, home=HOME, now=NOW, zone=None)
        for order in itertools.permutations(paths)
    ]

    assert all(one == found[0] for one in found)


@settings(max_examples=100)
@given(good=st.lists(ALERTS | ROWS, min_size=1, max_size=5), bad=st.lists(st.integers(0, 5), max_size=4))
def test_a_bad_row_never_loses_a_good_one(
    tmp_path_factory: pytest.TempPathFactory, good: list[dict[str, object]], bad: list[int]
) -> None:
    """Broken lines anywhere among the good ones change nothing but the problems, one for each."""
    broken = [
        '{"time": "2026',
        "]}",
        '{"a": {"b": [1, 2}',
        '{"time": "soon", "title": "x"}',
        "nonsense",
        "{}",
    ]
    mixed = [json.dumps(one) for one in good]
    for place in bad:
        mixed.insert(place % (len(mixed) + 1), broken[place])
    where = tmp_path_factory.mktemp("bad")
    clean, found = read(where, lines(*good)), read(where, "\n".join(mixed))

    assert [(a.name, a.firing_at, a.resolved_at, a.labels) for a in found.alerts] == [
        (a.name, a.firing_at, a.resolved_at, a.labels) for a in clean.alerts
    ]
    assert told(found) == told(clean)
    assert changes(found) == changes(clean)
    assert len(found.problems) - len(clean.problems) >= sum(place != 1 for place in bad)
