"""YAML is read in its plainest form; what could be read in two ways is refused or stays text."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import ConfigError
from collector.strict_yaml import DEEPEST, LARGEST_FILE, load_file, load_text


def value(text: str) -> object:
    return load_text(text, name="c.yaml").value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12:30", "12:30"),
        ("12:30:00", "12:30:00"),
        ("no", "no"),
        ("On", "On"),
        ("0755", "0755"),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("2023-12-15", "2023-12-15"),
        ("2023-12-15T14:00:00Z", "2023-12-15T14:00:00Z"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("9" * 30, "9" * 30),
        ("5m", "5m"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-17", -17),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
    ],
)
def test_plain_values(text: str, expected: object) -> None:
    """Decimal numbers, true, false and null are such; everything else is text as written."""
    found = value(f"key: {text}\n")

    assert isinstance(found, dict)
    assert found["key"] == expected
    assert type(found["key"]) is type(expected)


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        ("a: 1\nb: 2\na: 3\n", "c.yaml:3:1", "'a' is given twice (first in line 1)"),
        ("a: {x: 1, x: 2}\n", "c.yaml:1:11", "'x' is given twice"),
        ("a: &x 1\n", "c.yaml:1:4", "anchors and aliases"),
        ("a: 1\nb: *a\n", "c.yaml:2:4", "anchors and aliases"),
        ("a: !!python/object/apply:os.system [x]\n", "c.yaml:1:4", "tags"),
        ("a: !!str 1\n", "c.yaml:1:4", "tags"),
        ("? [a]\n: b\n", "c.yaml:1:3", "key must be plain text"),
        ("a: 1\n---\nb: 2\n", "c.yaml:2:1", "second document"),
        ("a: [1, 2\nb: 3\n", "c.yaml:", "not YAML"),
        ("a: b: c\n", "c.yaml:1:5", "not YAML"),
        ("a:\n\t- 1\n", "c.yaml:2:1", "not YAML"),
        ("a: 'x\n", "c.yaml:", "not YAML"),
        ("a: 1\nb: \x00\n", "c.yaml:2:4", "U+0000"),
        ("a: " + "[" * 5000, "c.yaml:1:", f"deeper than {DEEPEST}"),
        ("a: " + "{a: " * 5000, "c.yaml:1:", f"deeper than {DEEPEST}"),
    ],
)
def test_what_is_refused_is_told_with_its_place(text: str, where: str, why: str) -> None:
    """Every refusal is one line that begins with file, line and column."""
    with pytest.raises(ConfigError) as caught:
        value(text)

    assert str(caught.value).startswith(where)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_each_value_knows_its_place() -> None:
    """A key path leads to line and column, a missing one to the nearest value above it."""
    document = load_text("a:\n  - b: 1\n    c: 007\n", name="c.yaml")

    assert document.at(("a", 0, "c")) == "c.yaml:3:8"
    assert document.at(("a", 0, "missing")) == "c.yaml:2:5"
    assert document.at(("missing",)) == "c.yaml:1:1"
    assert document.places[("a", 0, "c")].text == "007"


def test_an_empty_file_has_no_place() -> None:
    """A file of comments is empty, and its name stands for every place in it."""
    document = load_text("# nothing\n", name="c.yaml")

    assert document.value is None
    assert document.at(("a",)) == "c.yaml"


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes it fail in another way."""
    with contextlib.suppress(ConfigError):
        assert not isinstance(value(text), bytes)


@given(content=st.binary(max_size=200))
def test_any_file_is_read_or_refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No file does either."""
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)
    with contextlib.suppress(ConfigError):
        assert load_file(path, what="configuration").name == str(path)


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    """Editors that put a mark before the first key do no harm, nor do CR LF line ends."""
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: x\r\n")

    assert load_file(path, what="configuration").value == {"a": 1, "b": "x"}


def test_other_encodings_are_named(tmp_path: Path) -> None:
    """Latin-1 is refused with the line it shows in."""
    path = tmp_path / "c.yaml"
    path.write_bytes(b"a: 1\nb: \xe9\n")

    with pytest.raises(ConfigError, match=r"c\.yaml:2:1: not UTF-8"):
        load_file(path, what="configuration")


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    """The purpose and the path are in the message."""
    with pytest.raises(ConfigError, match=r"configuration .*nothing\.yaml: no such file"):
        load_file(tmp_path / "nothing.yaml", what="configuration")


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    """A directory, a device and a pipe nobody writes to are refused at once."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    for path in (tmp_path, Path("/dev/zero"), pipe):
        with pytest.raises(ConfigError, match="not a regular file"):
            load_file(path, what="configuration")


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    """A configuration of more than a megabyte is another file."""
    path = tmp_path / "c.yaml"
    path.write_bytes(b"#" * (LARGEST_FILE + 1))

    with pytest.raises(ConfigError, match="larger than"):
        load_file(path, what="configuration")


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    """Configurations mounted into a container are links."""
    (tmp_path / "real.yaml").write_text("a: 1\n")
    (tmp_path / "link.yaml").symlink_to("real.yaml")

    assert load_file(tmp_path / "link.yaml", what="configuration").value == {"a": 1}
