"""Replaying: evidence from a recording, with no network, checked before it is believed."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
import numpy as np

from collector.errors import ConfigError
from collector.kept.record import SCHEMA, Recorded
from incident.model.evidence import Evidence
from incident.model.signals import Samples
from incident.model.spans import Millis, frozen_times, frozen_values

# A recording of a day at its limits is some 60 MiB of JSON; more is a bomb or not ours.
MOST_BYTES = 256 * 1024 * 1024
_IDENTITY = re.compile(r"(?:[0-9a-f]{12})?")
_FAMILY, _, _VERSION = SCHEMA.partition("/")


def load(data: bytes, where: str) -> Evidence:
    """The evidence in a recording. `where` names the file in the message.

    Raises ConfigError for one that is damaged, too large, made by a newer version, or not a recording.
    """
    plain = _unpacked(data, where)
    try:
        outer = msgspec.json.decode(plain, type=Recorded)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(where, _foreign(plain) or f"not a recording: {error}") from error
    if outer.schema != SCHEMA:
        raise _unreadable(where, _other_schema(outer.schema))
    try:
        evidence = _decoded(outer)
        _check(evidence)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, OverflowError) as error:
        raise _unreadable(where, f"damaged: {error}") from error
    return evidence


def _unreadable(where: str, why: str) -> ConfigError:
    return ConfigError(f"{where}: {why}; give an evidence.json.gz that incident-timeline wrote")


def _unpacked(data: bytes, where: str) -> bytes:
    unpack = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        plain = unpack.decompress(data, MOST_BYTES)
    except zlib.error as error:
        raise _unreadable(where, f"not a gzip file, or damaged: {error}") from error
    if unpack.unconsumed_tail:
        raise _unreadable(where, f"holds more than {MOST_BYTES // 1024 // 1024} MiB")
    if not unpack.eof:
        raise _unreadable(where, "cut off in the middle")
    if unpack.unused_data:
        raise _unreadable(where, "something follows behind its end")
    return plain


def _foreign(plain: bytes) -> str:
    """What a JSON file that is no recording of this schema says of itself; empty if nothing."""
    try:
        content = json.loads(plain)
    except (ValueError, RecursionError):
        return ""
    schema = content.get("schema") if isinstance(content, dict) else None
    return _other_schema(schema) if isinstance(schema, str) and schema != SCHEMA else ""


def _other_schema(schema: str) -> str:
    family, _, version = schema.partition("/")
    if family == _FAMILY and re.fullmatch(r"\d{1,9}", version) and int(version) > int(_VERSION):
        return f"made by a newer incident-timeline (schema {version}, this one reads {_VERSION})"
    return f"not a recording: its schema is {json.dumps(schema[:80])}"


def _decoded(outer: Recorded) -> Evidence:
    table = [frozen_times(np.cumsum(np.array(one, dtype=np.int64))) for one in outer.times]

    def array(kind: type, value: object) -> object:
        if not _is_array(kind):
            raise NotImplementedError(f"no reading of {kind}")
        return _values(value) if isinstance(value, dict) else _times(value, table)

    return msgspec.json.decode(outer.evidence, type=Evidence, dec_hook=array)


def _is_array(kind: type) -> bool:
    return getattr(kind, "__origin__", kind) is np.ndarray


def _times(value: object, table: Sequence[Millis]) -> Millis:
    if not (isinstance(value, list) and len(value) == 3 and all(isinstance(n, int) for n in value)):
        raise ValueError("times: not [which, from, count]")
    which, first, count = value
    if not 0 <= which < len(table) or not 0 <= first <= first + count <= table[which].size:
        raise ValueError(f"times {value}: outside of the table")
    return table[which][first : first + count]


def _values(value: dict[str, object]) -> np.typing.NDArray[np.float64]:
    match value:
        case {"i": [*whole]} if all(type(n) is int for n in whole):
            return frozen_values(np.cumsum(np.array(whole, dtype=np.int64)).astype(np.float64))
        case {"f": [*listed]}:
            return frozen_values(np.array([np.nan if v is None else v for v in listed], dtype=np.float64))
    raise ValueError("values: neither whole numbers nor floats")


def _check(evidence: Evidence) -> None:
    """What the types do not say: arrays that fit each other, instants with a zone. Raises ValueError."""
    if evidence.grid.step_ms <= 0 or evidence.grid.count <= 0:
        raise ValueError("grid: its step and count are not above zero")
    if not _IDENTITY.fullmatch(evidence.presentation.identity):
        raise ValueError("identity: not 12 hex digits")
    if any(at is not None and at.tzinfo is None for at in _instants(evidence)):
        raise ValueError("an instant without a time zone")
    _check_signals(evidence)
    if evidence.counters and len(evidence.counters.is_failed) != len(evidence.counters.requests):
        raise ValueError("counters: not each is told failed or not")
    for samples in _raw(evidence):
        if samples.times.shape != samples.values.shape or (np.diff(samples.times) <= 0).any():
            raise ValueError("samples: times that do not rise, or another number of values")


def _check_signals(evidence: Evidence) -> None:
    for signal in evidence.signals:
        if signal.values.shape != (signal.grid.count,) or signal.grid != evidence.grid:
            raise ValueError(f"signal {signal.spec.name}: {signal.values.size} values on another grid")
    for period in evidence.earlier:
        if period.grid.step_ms <= 0 or any(s.values.shape != (period.grid.count,) for s in period.signals):
            raise ValueError(f"earlier: values on another grid than that of {period.ago} ago")


def _raw(evidence: Evidence) -> Iterator[Samples]:
    """Every raw series."""
    for targets in (evidence.targets, evidence.probes):
        yield from targets.samples if targets else ()
    if evidence.counters:
        yield from (*evidence.counters.requests, *evidence.counters.buckets)
    yield from (condition.samples for condition in evidence.conditions)


def _instants(evidence: Evidence) -> Iterator[datetime | None]:
    yield evidence.origin.collected_at
    for alert in evidence.alerts:
        yield from (alert.pending_at, alert.firing_at, alert.resolved_at)
    for change in evidence.changes:
        yield from (change.at, change.until)
    for silence in evidence.silences:
        yield from (silence.start, silence.end)
    for companion in evidence.companions:
        yield companion.start
    for unknown in evidence.unknowns:
        yield from (unknown.start, unknown.end)
