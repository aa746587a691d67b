"""Files that are too large, of the wrong kind, in the wrong encoding, or written to do harm."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.errors import ConfigError
from collector.events import content
from collector.events.read import LARGEST_FILE, Imported, read_events
from tests.collect_events.telling import (
    HOME,
    NOW,
    WINDOW,
    at,
    body,
    epoch_ms,
    event,
    lines,
    problems,
    read,
    stamp,
    told,
)

HOSTILE = [
    "<script>alert(1)</script>",
    "| a | b |\n| --- |",
    "\x1b[31mred",
    "\u202eright to left",
    "$(rm -rf ~)",
    "{{ 7 * 7 }}",
    "=cmd|' /C calc'!A0",
    "\ud800",
    "\u2028",
    "]]>",
    "<!-- incident-timeline:x -->",
    "a\x00b",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_on_one_line(tmp_path: Path, text: str) -> None:
    """Whatever a text holds, it comes out as one line that any file can hold, with nothing unseen in it."""
    ((_, when, shown),) = told(read(tmp_path, lines({"time": stamp(5), "title": f"x {text} y"})))

    assert when == at(5)
    assert shown.startswith("x ")
    assert shown.endswith(" y")
    assert shown.isprintable()
    assert shown.encode("utf-8")


def test_long_text_is_cut_and_its_length_told(tmp_path: Path) -> None:
    """A text of a megabyte is cut with its length told and its file named, in CSV as in JSON."""
    long = "x" * 1_000_000
    cut = "x" * 274 + "... (1,000,000 characters)"
    found = lines({"time": stamp(5), "title": long}, body("A", 10, 20, service="payments", blob=long))

    assert told(read(tmp_path, found))[0][2] == cut
    assert told(read(tmp_path, f'time,title\n{stamp(5)},"{long}"\n'))[0][2] == cut
    assert read(tmp_path, found).entered[0].text == cut
    assert read(tmp_path, found).entered[0].source == "file given-0 line 1"
    assert dict(read(tmp_path, found).alerts[0].labels)["blob"] == cut


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_other_encodings_are_refused_in_words(tmp_path: Path, encoding: str) -> None:
    """UTF-16, with a mark or without, and Latin-1 are named with the place, not read as something else."""
    with pytest.raises(ConfigError, match=r"^events file given-0:\d+:\d+: "):
        read(tmp_path, f"time,title\n{stamp(5)},Störung\n".encode(encoding))


def test_empty_file_is_no_failure(tmp_path: Path) -> None:
    """A log in which nothing was written yet is told and costs nothing."""
    for text in ("", " \n\n", "\ufeff", "# only a comment\n"):
        assert problems(read(tmp_path, text)) == ["events file given-0 line 1: nothing in it"]


def test_only_regular_files_up_to_16_mib(tmp_path: Path) -> None:
    """A missing file, a directory, a pipe nobody writes to and a file too large are each refused."""
    pipe, large = tmp_path / "pipe", tmp_path / "large"
    os.mkfifo(pipe)
    with large.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)

    for path, why in (
        (tmp_path / "missing", "no such file"),
        (tmp_path, "not a regular file"),
        (pipe, "not a regular file"),
        (large, "larger than 16,777,216 bytes"),
    ):
        with pytest.raises(ConfigError, match=f"^events file .*{why}"):
            read_events([path], window=WINDOW, home=None, now=NOW, zone=None)


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the limit everything is read, one row beyond it nothing is."""
    monkeypatch.setattr("collector.events.read.MOST_ROWS", 3)
    row = lines({"time": stamp(5), "title": "x"})

    assert len(read(tmp_path, row * 3).entered) == 1
    with pytest.raises(ConfigError, match="more than 3 rows"):
        read(tmp_path, row * 4)
    assert content.MOST_ROWS == 200_000


def test_many_bad_rows_are_counted_after_the_first_twenty(tmp_path: Path) -> None:
    """A page of problems is no page anybody reads."""
    found = problems(read(tmp_path, lines({"time": stamp(5), "title": "x"}) + "broken\n" * 500))

    assert len(found) == 21
    assert found[-1] == "events file given-0: 480 more bad rows, to line 501"


def test_deep_nesting_ends(tmp_path: Path) -> None:
    """A hundred thousand brackets are a bad row, or a file of no format, and no crash."""
    deep = '{"a":' * 100_000

    assert len(read(tmp_path, lines({"time": stamp(5), "title": "x"}) + deep).problems) == 1
    for text in (deep, "- " * 100_000, "[" * 100_000, "{" * 100_000, "a: " * 10_000):
        with pytest.raises(ConfigError):
            read(tmp_path, text)


def _outcome(where: Path, text: bytes) -> Imported | ConfigError:
    try:
        return read(where, text)
    except ConfigError as error:
        return error


NAMES = """
time title alerts labels startsAt endsAt status receiver groupLabels alertname @timestamp data alertCreated
notification silenceCreated alert silence schema fields values name line text newState panelId tags items
involvedObject reason kind metadata count series type ts reactions incidents created_at incident_number
acknowledgements body received end
""".split()
TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        [stamp(5), stamp(-1), epoch_ms(5), "0001-01-01T00:00:00Z", "firing", "message", *HOSTILE]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=400)
@given(tree=TREES)
def test_any_json_is_imported_or_refused(tmp_path_factory: pytest.TempPathFactory, tree: object) -> None:
    """Fields of the known formats with values of any type and depth raise nothing but ConfigError."""
    _outcome(tmp_path_factory.mktemp("tree"), json.dumps(tree).encode())


SEEDS = [
    lines(body("A", 10, 20, received=11)).encode(),
    json.dumps(event("Killing", "x", "payments-1", count=3, lastTimestamp=stamp(3))).encode(),
    f'time,title,kind\n{stamp(5)},"a ""b"", c",deploy\n{stamp(6)},d,note\n'.encode(),
    f"- time: {stamp(5)}\n  title: x\n- {{time: 5, title: y}}\n".encode(),
    json.dumps({"schema": {"fields": [{"name": "time"}]}, "data": {"values": [[epoch_ms(1)]]}}).encode(),
]


@settings(max_examples=600)
@given(
    seed=st.sampled_from(SEEDS),
    cuts=st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=6), st.integers(0, 9)), max_size=4),
)
def test_any_bytes_are_imported_or_refused(
    tmp_path_factory: pytest.TempPathFactory, seed: bytes, cuts: list[tuple[int, bytes, int]]
) -> None:
    """Files with bytes taken out and put in anywhere raise nothing but ConfigError, in one line."""
    text = seed
    for place, put, taken in cuts:
        text = text[:place] + put + text[place + taken :]
    found = _outcome(tmp_path_factory.mktemp("bytes"), text)

    if isinstance(found, ConfigError):
        assert str(found).startswith("events file given-0")
        assert "\n" not in str(found)


@settings(max_examples=200)
@given(text=st.binary(max_size=200))
def test_noise_is_imported_or_refused(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    """Bytes of no meaning raise nothing but ConfigError."""
    _outcome(tmp_path_factory.mktemp("noise"), text)


def test_no_file_is_an_empty_import() -> None:
    """Without files there is nothing, and nothing is wrong."""
    found = read_events([], window=WINDOW, home=HOME, now=NOW, zone=None)

    assert (found.alerts, found.changes, found.entered, found.problems, found.files) == ((), (), (), (), ())
