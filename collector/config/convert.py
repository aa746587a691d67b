"""From a YAML document to typed values, with every problem at once, each with its place and key path.

msgspec stops at the first problem and knows no lines; so this walks the document itself and leaves
only the single values to it.
"""

from __future__ import annotations

import difflib
import types
import typing
from datetime import timedelta
from enum import Enum
from typing import Any, TypeVar

import msgspec

from collector.strict_yaml import Document, KeyPath
from incident.text.durations import parse_duration
from incident.text.errors import TextError
from incident.text.secret import Secret

S = TypeVar("S", bound=msgspec.Struct)

_TYPE_WORDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


class _Bad:
    """Stands for a value that could not be read; its problem is noted."""


_BAD = _Bad()


class Reader:
    """Reads one document; collects what is wrong with it in `problems`.

    A value that cannot be read is left out, so that everything else is still looked at.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[str] = []

    def struct(self, kind: type[S]) -> S:
        """The whole document as `kind`, its defaults where the document is empty or wrong."""
        value = self._value(self.document.value, kind, ())
        return value if isinstance(value, kind) else kind()

    def wrong(self, path: KeyPath, why: str) -> None:
        """Note a problem of the value at the path."""
        key = dotted(path)
        self.problems.append(f"{self.document.at(path)}: {key + ': ' if key else ''}{why}")

    def _value(self, value: object, kind: Any, path: KeyPath) -> object:  # noqa: ANN401 - any annotation
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin in (types.UnionType, typing.Union):
            (kind,) = [part for part in arguments if part is not type(None)]
            return self._value(value, kind, path)
        if origin is tuple:
            return self._list(value, arguments[0], path)
        if origin is dict:
            return self._mapping(value, arguments[1], path)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self._struct({} if value is None else value, kind, path)
        return self._single(value, kind, path)

    def _struct(self, value: object, kind: type[msgspec.Struct], path: KeyPath) -> object:
        if not isinstance(value, dict):
            first = msgspec.structs.fields(kind)[0].encode_name
            return self._bad(
                path, f"expected keys and values, such as `{first}: ...` on a line below, indented"
            )
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        for key in value:
            if key not in fields:
                self.wrong((*path, key), "unknown key" + did_you_mean(key, list(fields)))
        read: dict[str, object] = {}
        for key, field in fields.items():
            if value.get(key) is not None:
                read[field.name] = self._value(value[key], field.type, (*path, key))
            elif field.required:
                self.wrong((*path, key), "missing")
        good = {name: part for name, part in read.items() if part is not _BAD}
        lacks = any(field.required and field.name not in good for field in fields.values())
        return _BAD if lacks else kind(**good)

    def _list(self, value: object, kind: Any, path: KeyPath) -> object:  # noqa: ANN401 - any annotation
        if not isinstance(value, list):
            return self._bad(path, "expected a list")
        read = [self._value(part, kind, (*path, index)) for index, part in enumerate(value)]
        return tuple(part for part in read if part is not _BAD)

    def _mapping(self, value: object, kind: Any, path: KeyPath) -> object:  # noqa: ANN401 - any annotation
        if not isinstance(value, dict):
            return self._bad(path, "expected keys and values here")
        read = {key: self._value(part, kind, (*path, key)) for key, part in value.items()}
        return {key: part for key, part in read.items() if part is not _BAD}

    def _single(self, value: object, kind: type, path: KeyPath) -> object:
        if kind in (str, Secret):
            return self._text(value, kind, path)
        if kind is timedelta:
            return self._duration(value, path)
        if issubclass(kind, Enum):
            return self._choice(value, kind, path)
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError:
            return self._bad(path, f"expected {_TYPE_WORDS.get(kind, kind.__name__)}")

    def _text(self, value: object, kind: type, path: KeyPath) -> object:
        """Text as written: a password of digits is the text it was, leading zeros included."""
        if isinstance(value, (dict, list)) or value is None:
            return self._bad(path, "expected text")
        text = value if isinstance(value, str) else self.document.places[path].text
        return Secret(text) if kind is Secret else text

    def _duration(self, value: object, path: KeyPath) -> object:
        if isinstance(value, (dict, list, bool)) or value is None:
            return self._bad(path, "expected a duration such as 10m")
        try:
            return parse_duration(str(value))
        except TextError as error:
            return self._bad(path, str(error))

    def _choice(self, value: object, kind: type[Enum], path: KeyPath) -> object:
        choices = [str(member.value) for member in kind]
        if value in choices:
            return kind(value)
        near = did_you_mean(value, choices) if isinstance(value, str) else ""
        return self._bad(path, f"expected one of {', '.join(choices)}{near}")

    def _bad(self, path: KeyPath, why: str) -> _Bad:
        self.wrong(path, why)
        return _BAD


def dotted(path: KeyPath) -> str:
    """`signals[1].kind`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).removeprefix(".")


def did_you_mean(given: str, known: list[str]) -> str:
    """A suggestion to put behind a message, empty where nothing is near."""
    folded = {name.lower().replace("-", "_"): name for name in known}
    near = difflib.get_close_matches(given.lower().replace("-", "_"), folded, n=1, cutoff=0.6)
    return f"; did you mean {folded[near[0]]}?" if near else ""
