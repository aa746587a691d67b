"""Answers of the API become arrays: exact, in order, and nothing that is not a number becomes one."""

from __future__ import annotations

import contextlib
import json
import math
import struct
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collector.server import decode, decode_facts
from collector.server.decode import Malformed
from tests.collect_transport.fault_server import matrix, success

DOUBLES = st.integers(min_value=0, max_value=2**64 - 1).map(
    lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0]
)
TIMES = st.integers(min_value=0, max_value=4_102_444_800_000)


def as_prometheus(value: float) -> str:
    """A sample value as Go writes it."""
    if math.isnan(value):
        return "NaN"
    return repr(value) if math.isfinite(value) else f"{'+' if value > 0 else '-'}Inf"


def as_seconds(epoch_ms: int) -> str:
    """A time as the API writes it: whole, or with milliseconds."""
    whole, rest = divmod(epoch_ms, 1000)
    return f"{whole}.{rest:03d}" if rest else str(whole)


def body(columns: list[list[tuple[int, str]]]) -> bytes:
    """A matrix, compact as servers write it, one series a column."""
    series = []
    for number, column in enumerate(columns):
        values = ",".join(f'[{as_seconds(at)},"{text}"]' for at, text in column)
        series.append(f'{{"metric":{{"n":"{number}"}},"values":[{values}]}}')
    return in_matrix(",".join(series)).encode()


def in_matrix(series: str) -> str:
    """Series, as text, in the envelope of a matrix."""
    return f'{{"status":"success","data":{{"resultType":"matrix","result":[{series}]}}}}'


def read(content: bytes | str) -> decode.Matrix:
    return decode.matrix(decode.envelope(content.encode() if isinstance(content, str) else content))


@given(st.lists(st.dictionaries(TIMES, DOUBLES, min_size=1, max_size=8), max_size=4))
def test_values_and_times_are_exact(columns: list[dict[int, float]]) -> None:
    """Every double and every millisecond comes back bit for bit, in order of time."""
    given_columns = [[(at, as_prometheus(value)) for at, value in column.items()] for column in columns]

    found = {series.label("n"): series for series in read(body(given_columns)).answer.series}

    assert len(found) == len(columns)
    for number, column in enumerate(columns):
        series = found[str(number)]
        assert series.times.tolist() == sorted(column)
        expected = np.array([column[at] for at in sorted(column)])
        np.testing.assert_array_equal(series.values, expected)


@given(st.text(alphabet="0123456789+-.eEinfatyNI_xX \\u0660", max_size=8))
@example("1_000")
@example("0x10")
@example("")
@example("1 2")
@example("null")
@example("١")
def test_only_numbers_are_numbers(text: str) -> None:
    """What the fast table reads as a number, the strict grammar reads as the same; the rest is left out."""
    content = json.dumps(
        {
            "status": "success",
            "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[1, text]]}]},
        },
        separators=(",", ":"),
        ensure_ascii=False,
    )
    strict = decode._NUMBER.fullmatch(text) is not None

    found = read(content).answer

    assert len(found.series) == int(strict)
    assert found.partial is not strict
    if strict:
        np.testing.assert_array_equal(found.series[0].values, [float(text)])


def test_one_bad_series_costs_itself_only() -> None:
    """A series with a value that is no number is left out and told of; the others are whole."""
    found = read(body([[(1000, "1")], [(1000, "abc")], [(1000, "3")]])).answer

    assert [series.values.tolist() for series in found.series] == [[1.0], [3.0]]
    assert found.warnings == ("1 series left out: values that are not numbers",)
    assert found.partial


@given(st.lists(st.tuples(st.integers(1, 6), st.floats(allow_nan=False)), min_size=1, max_size=12))
def test_of_equal_times_the_last_one_wins(samples: list[tuple[int, float]]) -> None:
    """Unordered and doubled times come out strictly increasing, each with its last value."""
    series = read(body([[(at * 1000, as_prometheus(value)) for at, value in samples]])).answer.series[0]
    expected = {at * 1000: value for at, value in samples}

    assert series.times.tolist() == sorted(expected)
    assert series.values.tolist() == [expected[at] for at in sorted(expected)]


def test_blanks_between_tokens_change_nothing() -> None:
    """A server that indents its JSON is read as well."""
    content = json.loads(body([[(1500, "1"), (3000, "+Inf")]]))

    series = read(json.dumps(content, indent=2)).answer.series[0]

    assert series.times.tolist() == [1500, 3000]
    assert series.values.tolist() == [1.0, math.inf]


def test_series_are_sorted_by_labels() -> None:
    """The order of the series does not depend on the server's."""
    content = matrix(({"z": "1"}, [(1, "1")]), ({"a": "2"}, [(1, "1")]), ({"a": "1", "b": "0"}, [(1, "1")]))

    labels = [series.labels for series in read(content).answer.series]

    assert labels == [(("a", "1"), ("b", "0")), (("a", "2"),), (("z", "1"),)]


def test_arrays_cannot_be_changed() -> None:
    """Samples travel between stages, so nobody may write into them."""
    series = read(body([[(1000, "1")]])).answer.series[0]

    with pytest.raises(ValueError, match="read-only"):
        series.values[0] = 2.0
    with pytest.raises(ValueError, match="read-only"):
        series.times[0] = 2


def test_warnings_infos_and_partial_answers() -> None:
    """A store's warning and isPartial say that data is missing; PromQL's own remarks do not."""
    remarks = read(matrix(warnings=["PromQL warning: quantile"], infos=["PromQL info: not a counter"])).answer
    thanos = read(matrix(warnings=["receive series from Addr: store-1: connection refused"])).answer
    victoria = read(matrix(isPartial=True)).answer

    assert (remarks.warnings, remarks.infos) == (
        ("PromQL warning: quantile",),
        ("PromQL info: not a counter",),
    )
    assert [answer.partial for answer in (remarks, thanos, victoria)] == [False, True, True]


def test_native_histograms_are_told_of() -> None:
    """A series that has histograms in place of values is left out, and the answer says so."""
    histogram = {"metric": {"a": "h"}, "histograms": [[1, {"count": "1", "sum": "1", "buckets": []}]]}
    plain = {"metric": {"a": "p"}, "values": [[1, "1"]]}

    found = read(success({"resultType": "matrix", "result": [histogram, plain]})).answer

    assert [series.label("a") for series in found.series] == ["p"]
    assert found.warnings == ("1 series: native histogram samples left out (not supported)",)
    assert found.partial


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (r"\ud800", "\ufffd"),
        (r"a\udc00b", "a\ufffdb"),
        (r"\ud83d\ude00", "😀"),
        (r"\\ud800", "\\ud800"),
        (r"\u0000\u001b[31m\n", "\ufffd\ufffd[31m\ufffd"),
        (r"tab\there", "tab\ufffdhere"),
    ],
)
def test_hostile_text_is_replaced_at_the_door(raw: str, expected: str) -> None:
    """Lone surrogates and control characters of a label become U+FFFD; whole pairs and the rest stay."""
    content = in_matrix(f'{{"metric":{{"a":"{raw}"}},"values":[[1,"1"]]}}')

    assert read(content).answer.series[0].label("a") == expected


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ("[[1]]", "length 2"),
        ('[[1,"1","1"]]', "length 2"),
        ('[["1","1"]]', "Expected `float`"),
        ('[[1700000000000,"1"]]', "seconds of this era"),
        ("{}", "Expected `array`"),
        ('[[1,null],[2,"1"]]', "Expected `str`"),
    ],
)
def test_wrong_shapes_are_named(values: str, why: str) -> None:
    """A sample of another form is told of, with what was expected."""
    with pytest.raises(Malformed, match=why):
        read(in_matrix(f'{{"metric":{{}},"values":{values}}}'))


def test_bytes_that_are_no_text_are_refused() -> None:
    """A sample that is not UTF-8 is told of, although nothing around it was looked into."""
    with pytest.raises(Malformed, match="not UTF-8"):
        read(in_matrix('{"metric":{},"values":[[1,"?"]]}').encode().replace(b"?", b"\xff"))


@given(st.binary(max_size=60))
@example(b"{}")
@example(b'{"status":"success","data":{"resultType":"matrix","result":[]}}')
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """Whatever arrives, the decoder answers or says Malformed, and nothing else."""
    with contextlib.suppress(Malformed):
        assert read(content).samples == 0


def test_what_the_server_loaded() -> None:
    """The samples the server loaded are told where it says so."""
    stats = {"samples": {"totalQueryableSamples": 42, "peakSamples": 7}}
    told = read(success({"resultType": "matrix", "result": [], "stats": stats}))

    assert told.loaded == 42
    assert read(matrix()).loaded is None


def test_rules_are_those_that_alert() -> None:
    """Alerting rules come with hold, interval and templates as text; recording rules are left out."""
    groups = {
        "groups": [
            {
                "name": "g",
                "interval": 2,
                "rules": [
                    {"type": "recording", "name": "job:up:sum", "query": "sum(up)"},
                    {
                        "type": "alerting",
                        "name": "HighErrorRate",
                        "query": "ratio > 0.05",
                        "duration": 60.5,
                        "labels": {"severity": "page", "value": "{{ $value }}"},
                        "annotations": {
                            "summary": "errors at {{ $value }}",
                            "runbook_url": "https://run.example/x",
                        },
                        "alerts": [],
                        "health": "ok",
                    },
                ],
            },
            {"name": "empty", "rules": None},
        ]
    }

    (rule,) = decode_facts.alert_rules(decode.envelope(success(groups).encode()))

    assert (rule.name, rule.query) == ("HighErrorRate", "ratio > 0.05")
    assert (rule.hold, rule.interval) == (timedelta(seconds=60.5), timedelta(seconds=2))
    assert rule.labels == (("severity", "page"), ("value", "{{ $value }}"))
    assert (rule.summary, rule.runbook_url) == ("errors at {{ $value }}", "https://run.example/x")


@pytest.mark.parametrize(
    ("build", "product", "version"),
    [
        ({"version": "2.42.0", "revision": "abc"}, "Prometheus", "2.42.0"),
        ({"version": "0.36.1", "revision": "abc"}, "Thanos", "0.36.1"),
        ({"application": "Grafana Mimir", "version": "2.14"}, "Grafana Mimir", "2.14"),
        ({"version": "2.24.0"}, "", ""),
        ({}, "", ""),
    ],
)
def test_the_product_is_what_the_server_shows(build: decode_facts.Facts, product: str, version: str) -> None:
    """A server that only claims a version of Prometheus for compatibility is not called Prometheus."""
    info = decode_facts.server_info(build)

    assert (info.product, info.version) == (product, version)


@pytest.mark.parametrize(
    ("runtime", "flags", "told"),
    [
        ({"storageRetention": "15d or 10GiB"}, {}, "15d or 10GiB"),
        ({}, {"storage.tsdb.retention.time": "15d"}, "15d"),
        ({}, {}, ""),
    ],
)
def test_the_retention_is_what_the_server_says(
    runtime: decode_facts.Facts, flags: decode_facts.Facts, told: str
) -> None:
    """On one of two pages, in its own words."""
    assert decode_facts.retention(runtime, flags) == told


def test_names_and_label_sets() -> None:
    """Names and label sets come sorted, each once, and null is an empty list."""
    names = decode.envelope(success(["b", "a", "a", "bad\nname"]).encode())
    sets = decode.envelope(
        success([{"b": "1", "a": "2"}, {"a": "2", "b": "1"}, {"a": "1", "empty": ""}]).encode()
    )

    assert decode.strings(names) == ("a", "b")
    assert decode.strings(decode.envelope(success(None).encode())) == ()
    assert decode.label_sets(sets) == ((("a", "1"),), (("a", "2"), ("b", "1")))
