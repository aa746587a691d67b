"""YAML without surprises: the core of YAML 1.2, every key once, and a place for every value.

What other loaders read silently as something else is refused here or stays text: `12:30` is no
number, `no` is no boolean, `0755` is no octal, 2023-12-15 is no date. Anchors, aliases and tags,
which can expand a small file without end or name code, are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import yaml

from collector.config.files import read_regular
from collector.errors import ConfigError

KeyPath: TypeAlias = tuple[str | int, ...]
"""The way from the top to a value: keys of mappings and indexes of lists."""

LARGEST_FILE = 1024 * 1024
"""A configuration is written by people; a larger file is a mistake."""

DEEPEST = 20
"""Levels of nesting; the configuration needs five."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
# Decimal only; numbers with leading zeros are identifiers or octal, and stay text. 18 digits fit 64 bits.
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?=[.eE])(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands, counted from 1, and a scalar's text as written."""

    line: int
    column: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a file, and where each value of it stands."""

    name: str
    """The file as it was named, for messages."""
    value: object
    """None, or dicts with text keys, lists, text, numbers and booleans."""
    places: dict[KeyPath, Place] = field(default_factory=dict)

    def at(self, path: KeyPath) -> str:
        """`name:line:column` of the value, or of the nearest one above it."""
        while path and path not in self.places:
            path = path[:-1]
        place = self.places.get(path)
        return f"{self.name}:{place.line}:{place.column}" if place else self.name


def load_file(path: Path, *, what: str) -> Document:
    """The document in a file; `what` names its purpose. Raises ConfigError as "file:line:column: why"."""
    content = read_regular(path, limit=LARGEST_FILE, what=what)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}:1: not UTF-8; save the file as UTF-8") from None
    return load_text(text, name=str(path))


def load_text(text: str, *, name: str) -> Document:
    """The document in a text; `name` stands in messages. An empty text is None. Raises ConfigError."""
    reader = _Reader(name, yaml.parse(text, Loader=yaml.SafeLoader))
    try:
        return reader.document()
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        code = f"U+{ord(text[error.position]):04X}"
        raise ConfigError(f"{name}:{line}:{column}: a character that YAML does not allow ({code})") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise ConfigError(f"{where}: not YAML ({error.problem or 'cannot be read'})") from None


class _Reader:
    """Builds the document from the parser's events, one value at a time."""

    def __init__(self, name: str, events: Iterator[yaml.Event]) -> None:
        self._name = name
        self._events = events
        self._places: dict[KeyPath, Place] = {}

    def document(self) -> Document:
        value: object = None
        seen = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                seen += 1
                if seen > 1:
                    raise self._refused(event, "a second document; one file holds one")
                value = self._value(next(self._events), ())
        return Document(self._name, value, self._places)

    def _value(self, event: yaml.Event, path: KeyPath) -> object:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._refused(event, "anchors and aliases (& and *) are not supported; write the value out")
        if getattr(event, "tag", None):
            raise self._refused(event, "tags (!) are not supported; write the plain value")
        if len(path) > DEEPEST:
            raise self._refused(event, f"nested deeper than {DEEPEST} levels")
        if isinstance(event, yaml.ScalarEvent):
            self._note(event, path, event.value)
            return event.value if event.style is not None else _plain(event.value)
        self._note(event, path, "")
        return self._list(path) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(path)

    def _list(self, path: KeyPath) -> list[object]:
        values: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            values.append(self._value(event, (*path, len(values))))
        return values

    def _mapping(self, path: KeyPath) -> dict[str, object]:
        values: dict[str, object] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event)
            if key in values:
                first = self._places[(*path, key)].line
                raise self._refused(event, f"the key {key!a} is given twice (first in line {first})")
            values[key] = self._value(next(self._events), (*path, key))
        return values

    def _key(self, event: yaml.Event) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag:
            raise self._refused(event, "a key must be plain text")
        return event.value

    def _note(self, event: yaml.Event, path: KeyPath, text: str) -> None:
        line, column = _start(event)
        self._places[path] = Place(line, column, text)

    def _refused(self, event: yaml.Event, why: str) -> ConfigError:
        line, column = _start(event)
        return ConfigError(f"{self._name}:{line}:{column}: {why}")


def _start(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _plain(text: str) -> object:
    """An unquoted scalar in YAML 1.2's core schema, decimal numbers only."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
