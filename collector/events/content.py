"""From the bytes of a file to its records, each with its line: JSON in any arrangement, YAML or CSV."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from collector.errors import ConfigError
from collector.events.items import Bad, Place, Record
from collector.events.sheet import header_of, sheet_records
from collector.strict_yaml import LARGEST_FILE, Document, KeyPath, load_text
from incident.text.errors import excerpt

MOST_ROWS = 200_000
"""Records of one file; an incident's hours of the busiest log have fewer."""
_PATIENCE = 200
"""Broken values after which one has to stand on a line of its own, so that a ruin is read in time."""
_BETWEEN = re.compile(r"[\s,\[\]]*")
_NOT_DATA = re.compile(r"\s*(?:#.*|---.*)?")
_YAML = re.compile(r"\s*(?:-(?:\s|$)|[\w@\"'-]+\s*:(?:\s|$))")
_KNOWN = "give JSON, JSONL, a YAML list or CSV with a header that has `time` and `title`"


def text_of(content: bytes, name: str) -> str:
    """The file's text, all line ends `\\n`. Raises ConfigError with the place of what is not UTF-8 text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError(f"{name}:1:1: UTF-16; save the file as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name}:{_at(content, error.start)}: not UTF-8; save the file as UTF-8") from None
    if (nul := content.find(0)) >= 0:
        raise ConfigError(f"{name}:{_at(content, nul)}: a NUL byte, so not text; is it the right file?")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _at(content: bytes, offset: int) -> str:
    return f"{content.count(10, 0, offset) + 1}:{offset - content.rfind(10, 0, offset)}"


def records(text: str, file: str, number: int) -> Iterator[Record | Bad]:
    """The objects of a file in their order, and what between them could not be read.

    Raises ConfigError for a text in which no object can be told at all.
    """
    place = Place(file, number, 1)
    first = next((line for line in text.split("\n", 1000) if not _NOT_DATA.fullmatch(line)), "")
    if not first:
        return iter((Bad(place, "nothing in it"),))
    if first.lstrip().startswith(("{", "[")):
        return _json(text, place)
    if (header := header_of(text)) is not None:
        return sheet_records(text, header, place)
    if _YAML.match(first):
        return _yaml(text, place)
    raise ConfigError(f"{file}: {excerpt(first.strip(), 40)} is not a known format; {_KNOWN}")


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is not a JSON number")


_DECODER = json.JSONDecoder(parse_constant=_no_number)


def _json(text: str, place: Place) -> Iterator[Record | Bad]:
    """Values one after the other, in a list or not; after a broken one the next line is tried."""
    at = counted = broken = 0
    line, good = 1, False
    while (at := _end_of(_BETWEEN, text, at)) < len(text):
        line, counted = line + text.count("\n", counted, at), at
        here = Place(place.file, place.number, line)
        try:
            value, at = _decoded(text, at, broken)
        except (ValueError, RecursionError) as error:
            broken += 1
            why = error.msg if isinstance(error, json.JSONDecodeError) else "not JSON"
            yield Bad(here, f"not JSON ({why})")
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
            continue
        good = good or isinstance(value, dict)
        yield _record(here, value, "JSON")
    if not good:
        raise ConfigError(f"{place.file}: no JSON object in it; {_KNOWN}")


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _decoded(text: str, at: int, broken: int) -> tuple[object, int]:
    if broken < _PATIENCE:
        return _DECODER.raw_decode(text, at)
    end = text.find("\n", at)
    value, length = _DECODER.raw_decode(text[at : end if end >= 0 else len(text)])
    return value, at + length


def _record(place: Place, value: object, container: str) -> Record | Bad:
    if isinstance(value, dict):
        return Record(place, value, container)
    return Bad(place, f"{excerpt(str(value), 40)} is not an object with fields")


def _yaml(text: str, place: Place) -> Iterator[Record | Bad]:
    """The entries of a list, or one object. Where the whole cannot be read, each entry is read alone."""
    if len(text) > LARGEST_FILE:
        raise ConfigError(f"{place.file}: larger than {LARGEST_FILE:,} bytes, too large for YAML; use JSONL")
    try:
        yield from _entries(load_text(text, name=place.file), place, 0)
    except ConfigError as error:
        starts = [match.start() for match in re.finditer(r"^-(?=[ \n])", text, re.MULTILINE)]
        if len(starts) < 2:
            raise
        yield from _one_by_one(text, starts, place, error)


def _one_by_one(text: str, starts: list[int], place: Place, error: ConfigError) -> Iterator[Record | Bad]:
    good = False
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        above = text.count("\n", 0, start)
        try:
            entries = list(_entries(load_text(text[start:end], name=place.file), place, above))
        except ConfigError as why:
            line = Place(place.file, place.number, above + 1)
            yield Bad(line, re.sub(r"^.*?:\d+:\d+: ", "", str(why), flags=re.DOTALL))
            continue
        good = True
        yield from entries
    if not good:
        raise error


def _entries(document: Document, place: Place, above: int) -> list[Record | Bad]:
    value = document.value
    if not isinstance(value, list):
        return [_record(place, _written(document, value, ()), "YAML")]
    found = []
    for index, one in enumerate(value):
        line = Place(place.file, place.number, document.places[(index,)].line + above)
        found.append(_record(line, _written(document, one, (index,)), "YAML"))
    return found


def _written(document: Document, value: object, path: KeyPath) -> object:
    """The value with its scalars as they are written: 1.10 is a version as likely as a number."""
    if isinstance(value, dict):
        return {key: _written(document, inner, (*path, key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [_written(document, inner, (*path, index)) for index, inner in enumerate(value)]
    return None if value is None else document.places[path].text
