"""Recording: all evidence of a draft in one small file, the same bytes for the same evidence.

The file is gzip of JSON: `schema`, `times` (each distinct array of sample times once, as the first one
and the distances), and `evidence`, in which an array of times is `[which, from, count]` and an array of
values `{"i": [first, distances...]}` where all are whole numbers, else `{"f": [...]}`. Nothing is rounded.
An optional field that is empty is not written, so what later versions add leaves recordings as they are.
"""

from __future__ import annotations

import dataclasses
import struct
import zlib
from collections.abc import Callable
from functools import cache

import msgspec
import numpy as np

from incident.model.evidence import Evidence
from incident.model.spans import Millis, Values

SCHEMA = "incident-timeline-evidence/1"

# A header of our own: no time, no name, no operating system, whatever the Python version writes there.
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
# Nine takes four times as long for a twentieth of the size.
_LEVEL = 6
# Beyond this a float no longer tells neighbouring whole numbers apart.
_EXACT = 2.0**53


class Recorded(msgspec.Struct, frozen=True):
    """The file's outermost level; `evidence` is decoded once the times are known."""

    schema: str
    times: tuple[tuple[int, ...], ...]
    evidence: msgspec.Raw


def dump(evidence: Evidence) -> bytes:
    """The recording of this evidence; `replay.load` gives the same evidence back, bit for bit."""
    table, filled = _Times(), _filled(evidence)
    # Walked twice: times refer to the longest array that holds them, known only once all were seen.
    _encoded(filled, table.seen)
    table.settle()
    body = msgspec.Raw(_encoded(filled, table.encoded))
    times = tuple(tuple(_distances(array)) for array in table.arrays)
    return _gzip(msgspec.json.encode(Recorded(SCHEMA, times, body)))


def _filled(value: object) -> object:
    """The value with each dataclass as its fields, without those that are empty as their default is.

    Only emptiness is left out: a threshold or a number stays, so that another default in a later version
    does not judge old evidence anew. None is another emptiness than no rows: not known, and known to be none.
    """
    if isinstance(value, tuple):
        return tuple(_filled(one) for one in value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    found = ((name, getattr(value, name), default) for name, default in _fields(type(value)))
    return {name: _filled(one) for name, one, default in found if not _left_out(one, default)}


@cache
def _fields(kind: type) -> tuple[tuple[str, object], ...]:
    """The fields of a dataclass, each with its default."""
    return tuple((field.name, field.default) for field in dataclasses.fields(kind))


def _left_out(value: object, default: object) -> bool:
    """Whether reading makes the same emptiness of nothing."""
    return _is_empty(value) and type(value) is type(default) and value == default


def _is_empty(value: object) -> bool:
    return value is None or value is False or (isinstance(value, (tuple, str)) and not value)


def _encoded(evidence: object, array: Callable[[Millis | Values], object]) -> bytes:
    def plain(value: object) -> object:
        if not isinstance(value, np.ndarray):
            raise TypeError(f"evidence holds a {type(value).__name__}, which a recording cannot keep")
        return array(value)

    return msgspec.json.encode(evidence, enc_hook=plain, order="deterministic")


class _Times:
    """Distinct arrays of times: series of one target share theirs, one born late has the end of it."""

    def __init__(self) -> None:
        self.arrays: list[Millis] = []
        self._places: dict[bytes, tuple[int, int, int]] = {}
        self._seen: dict[bytes, Millis] = {}

    def seen(self, array: Millis | Values) -> None:
        """Take note of an array of times that will be referred to."""
        if array.dtype == np.int64:
            self._seen.setdefault(array.tobytes(), array.astype(np.int64, copy=False))

    def settle(self) -> None:
        """Give each array its place: the longest first, so that the others lie inside them."""
        for key in sorted(self._seen, key=lambda key: (-len(key), key)):
            times = self._seen[key]
            self._places[key] = self._inside(times) or self._added(times)

    def encoded(self, array: Millis | Values) -> object:
        """An array as it stands in the file: times as which array, from where, how many."""
        if array.dtype == np.int64:
            return self._places[array.tobytes()]
        return encoded_values(array.astype(np.float64, copy=False))

    def _inside(self, times: Millis) -> tuple[int, int, int] | None:
        for which, longer in enumerate(self.arrays):
            first = int(np.searchsorted(longer, times[0])) if times.size else 0
            if np.array_equal(longer[first : first + times.size], times):
                return which, first, times.size
        return None

    def _added(self, times: Millis) -> tuple[int, int, int]:
        self.arrays.append(times)
        return len(self.arrays) - 1, 0, times.size


def _distances(times: Millis) -> list[int]:
    return [int(times[0]), *np.diff(times).tolist()] if times.size else []


def encoded_values(values: Values) -> dict[str, list[object]]:
    """Whole numbers as distances, which is small for counters; others each as the shortest exact text."""
    finite = np.isfinite(values)
    if finite.all() and _whole(values):
        whole = values.astype(np.int64)
        return {"i": [int(whole[0]), *np.diff(whole).tolist()]}
    listed: list[object] = values.tolist()
    for index in np.flatnonzero(~finite):
        value = values[index]
        listed[index] = None if np.isnan(value) else "inf" if value > 0 else "-inf"
    return {"f": listed}


def _whole(values: Values) -> bool:
    """Whether all are whole numbers that int64 keeps; minus zero is not one of them."""
    if not values.size or (np.abs(values) >= _EXACT).any() or (values != np.floor(values)).any():
        return False
    return not np.signbit(values[values == 0]).any()


def _gzip(data: bytes) -> bytes:
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = deflate.compress(data) + deflate.flush()
    return _HEADER + packed + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
