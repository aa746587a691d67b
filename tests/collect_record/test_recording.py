"""Recording and replay: the same evidence, bit for bit, and nothing believed that is not whole."""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from enum import Enum

import numpy as np
import pytest
from hypothesis import given

from collector.errors import ConfigError
from collector.kept import replay
from collector.kept.record import SCHEMA, dump
from collector.kept.replay import load
from incident.model.evidence import Evidence, Origin, Scope
from incident.model.policy import Policy
from incident.model.signals import Counters, Kind, Measure, Role, SignalSeries, SignalSpec, Worse
from incident.model.spans import Grid, frozen_values
from tests.collect_record.evidences import evidences
from tests.lab_fakes import T0, samples, span, ticks


def same(a: object, b: object) -> bool:
    """Whether two values are equal to the last bit of every float; all NaN count as one."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and _bits(a) == _bits(b)
    if is_dataclass(a):
        return type(a) is type(b) and all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


def _bits(array: np.ndarray) -> tuple[str, bytes]:
    if array.dtype == np.float64:
        array = np.where(np.isnan(array), np.nan, array)
    return str(array.dtype), array.tobytes()


@given(evidences())
def test_what_is_recorded_comes_back(evidence: Evidence) -> None:
    """Every field of any evidence survives, floats to the last bit, and makes the same file."""
    data = dump(evidence)

    replayed = load(data, "evidence.json.gz")

    assert same(evidence, replayed)
    assert dump(replayed) == data


def usual(series: int = 8) -> Evidence:
    """A small evidence as a run makes it: counters that share their scrape times."""
    times = ticks(0, 60, 15, 3)
    rows = [samples("a", times[k:], list(range(len(times) - k)), code=str(k)) for k in range(series)]
    grid = Grid(0, 15_000, 100)
    spec = SignalSpec("errors", Measure.ERRORS, Kind.RATIO, Worse.UP, Role.IMPACT, "ratio", "q")
    noise = np.random.default_rng(7).random(100)
    return Evidence(
        origin=Origin("http://localhost:9090", "Prometheus 2.42.0", "", T0),
        scope=Scope("payments", ('namespace="prod"',), "service"),
        asked=span(0, 60),
        covered=span(-60, 60),
        scrape_interval=timedelta(seconds=15),
        grid=grid,
        signals=(SignalSeries(spec, grid, frozen_values(noise)),),
        targets=None,
        probes=None,
        counters=Counters((span(0, 60),), tuple(rows), (False,) * series, (), (), "q", "f", ""),
        alerts=(),
        alerts_elsewhere=0,
        alerts_readable=True,
        alert_rules=(),
        rules_seen=0,
        changes=(),
        unknowns=(),
        signals_explained=(),
    )


def content(data: bytes) -> dict[str, object]:
    plain: dict[str, object] = json.loads(gzip.decompress(data))
    return plain


def pack(value: object) -> bytes:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return gzip.compress(data, mtime=0)  # the ids of the tests that it is a parameter of hold still


def test_recording_says_nothing_of_when_and_where_it_was_made() -> None:
    """The gzip header carries no time, no name and no operating system."""
    assert dump(usual())[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


def test_scrape_times_are_kept_once() -> None:
    """Series of one target share their times, and one born later has the end of them."""
    assert len(content(dump(usual()))["times"]) == 1  # type: ignore[arg-type]


def test_counters_are_small() -> None:
    """Twenty times the series cost far less than twenty times the file."""
    assert len(dump(usual(160))) < 5 * len(dump(usual(8)))


def test_arrays_of_a_replay_cannot_be_changed() -> None:
    """What travels between the stages is frozen, recorded or not."""
    evidence = load(dump(usual()), "e")

    with pytest.raises(ValueError, match="read-only"):
        evidence.signals[0].values[0] = 1.0
    assert evidence.counters is not None
    with pytest.raises(ValueError, match="read-only"):
        evidence.counters.requests[1].times[0] = 1


@pytest.mark.parametrize("cut", [0, 5, 100, -1])
def test_cut_files_are_refused(cut: int) -> None:
    """A file of which the end is missing is never read in part."""
    with pytest.raises(ConfigError, match=r"^here/evidence\.json\.gz: .*; give an evidence\.json\.gz"):
        load(dump(usual())[:cut], "here/evidence.json.gz")


def test_changed_bytes_are_refused() -> None:
    """A flipped bit is found by the checksum."""
    data = bytearray(dump(usual()))
    data[-6] ^= 1

    with pytest.raises(ConfigError, match="damaged"):
        load(bytes(data), "e")


def test_something_behind_the_end_is_refused() -> None:
    """A file that goes on after its end is not what was written."""
    with pytest.raises(ConfigError, match="follows behind its end"):
        load(dump(usual()) + b"x", "e")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"# postmortem", "not a gzip file"),
        (pack(b"hello"), "not a recording"),
        (pack(b"\xff\xfe"), "not a recording"),
        (pack([1, 2]), "not a recording"),
        (pack({"schema": "incident-timeline/1", "times": [], "evidence": {}}), "its schema is"),
        (pack({"schema": "incident-timeline-evidence/2", "x": 1}), "made by a newer incident-timeline"),
        (pack({"schema": SCHEMA, "times": [], "evidence": {}}), r"damaged: .*`origin`"),
        (pack({"schema": SCHEMA, "times": "no", "evidence": {}}), r"not a recording: .*\$\.times"),
        (pack(b"[" * 100_000), "not a recording"),
    ],
)
def test_foreign_files_are_named_as_such(data: bytes, why: str) -> None:
    """What is no recording, or one of a newer version, is refused with what it is."""
    with pytest.raises(ConfigError, match=why):
        load(data, "e")


def _set(outer: dict[str, object], path: str, value: object) -> None:
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: object = outer["evidence"]
    for part in parents:
        place = place[part]  # type: ignore[index]
    place[last] = value  # type: ignore[index]


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("grid.step_ms", 0, "step and count are not above zero"),
        ("origin.collected_at", "2023-12-15T10:00:00", "without a time zone"),
        ("grid.step_ms", "15s", r"\$\.grid\.step_ms"),
        ("signals.0.values", {"f": [1.0]}, "1 values on another grid"),
        ("signals.0.values", {"f": [[]] * 100}, "damaged"),
        ("signals.0.values", {"x": []}, "neither whole numbers nor floats"),
        ("signals.0.values", {"i": [2**70]}, "damaged"),
        ("signals.0.spec.kind", "colour", r"\$\.signals\[0\]\.spec\.kind"),
        ("counters.requests.0.times", [0, 0, 999], "outside of the table"),
        ("counters.requests.0.times", [5, 0, 1], "outside of the table"),
        ("counters.requests.0.times", [0, 0, 1], "times that do not rise, or another number"),
        ("counters.is_failed", [True], "not each is told failed"),
        ("asked", {"start": "2023-12-15T10:00:00Z", "end": "2023-12-15T09:00:00Z"}, "not after start"),
        ("asked", {"start": "2023-12-15T10:00:00", "end": "2023-12-15T19:00:00Z"}, "damaged"),
    ],
)
def test_damage_inside_is_named_with_its_place(path: str, value: object, why: str) -> None:
    """Values of the wrong kind, length or order are refused, and the message says where."""
    outer = content(dump(usual()))
    _set(outer, path, value)

    with pytest.raises(ConfigError, match=why):
        load(pack(outer), "e")


def test_bombs_are_stopped_while_unpacking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file that unpacks to more than the limit is refused without unpacking it all."""
    monkeypatch.setattr(replay, "MOST_BYTES", 1024 * 1024)
    bomb = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = bomb.compress(b"0" * 8 * 1024 * 1024) + bomb.flush()
    data = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + body + struct.pack("<II", 0, 0)

    with pytest.raises(ConfigError, match="holds more than 1 MiB"):
        load(data, "e")


def test_newer_fields_do_not_hinder_reading() -> None:
    """A field that a later version adds to the same schema is passed over."""
    outer = content(dump(usual()))
    _set(outer, "scope.region", "eu")

    assert load(pack(outer), "e").scope.service == "payments"


def test_what_is_empty_unless_given_stands_nowhere() -> None:
    """So a field that a later version adds leaves the recordings of today as they are, byte for byte."""
    kept = content(dump(usual()))["evidence"]

    assert not {"conditions", "silences", "requested", "alert", "companions"} & kept.keys()  # type: ignore[attr-defined]
    assert load(dump(usual()), "e").silences == ()


def test_known_to_be_none_is_not_unknown_after_a_replay() -> None:
    """No rule watches the signals, and nobody knows whether one does, stay two things."""
    none, unknown = (replace(usual(), watching=rules) for rules in ((), None))

    assert load(dump(none), "evidence.json.gz").watching == ()
    assert load(dump(unknown), "evidence.json.gz").watching is None


def test_a_threshold_is_recorded_also_where_it_is_the_usual_one() -> None:
    """Another default in a later version must not judge old evidence anew."""
    policy = content(dump(usual()))["evidence"]["presentation"]["policy"]  # type: ignore[index]

    assert policy.keys() == {field.name for field in fields(Policy)}


def test_every_enum_is_recorded_by_its_word() -> None:
    """Kinds stand in the file as the words people read, not as positions."""
    spec = content(dump(usual()))["evidence"]["signals"][0]["spec"]  # type: ignore[index]

    assert [spec[name] for name in ("measure", "kind", "worse", "role")] == [
        one.value for one in (Measure.ERRORS, Kind.RATIO, Worse.UP, Role.IMPACT)
    ]
    assert issubclass(Measure, Enum)
