"""OpenMetrics text, and what is needed to make blocks of it."""

from __future__ import annotations

import io

import numpy as np
import pytest

from tests.lab.prometheus import binary
from tests.lab.running import LabError
from tests.lab.series import clip, make_series, write_openmetrics


def test_samples_are_written_family_by_family_with_timestamps() -> None:
    """Counters and histograms are named without their suffix in the TYPE line, as the format asks."""
    times = np.array([1_000, 16_004])
    text = io.StringIO()
    write_openmetrics(
        [
            make_series("up", [("job", "a"), ("instance", "x")], times, [1, 0]),
            make_series("http_requests_total", [("code", "200")], times, [7, 9]),
            make_series("took_seconds_sum", [], times, [0.25, 0.5]),
        ],
        text,
    )
    assert text.getvalue() == (
        "# TYPE up gauge\n"
        'up{instance="x",job="a"} 1 1.000\n'
        'up{instance="x",job="a"} 0 16.004\n'
        "# TYPE http_requests counter\n"
        'http_requests_total{code="200"} 7 1.000\n'
        'http_requests_total{code="200"} 9 16.004\n'
        "# TYPE took_seconds histogram\n"
        "took_seconds_sum{} 0.250000 1.000\n"
        "took_seconds_sum{} 0.500000 16.004\n"
        "# EOF\n"
    )


def test_label_values_are_escaped() -> None:
    """Quotes, backslashes and line ends stay inside the value."""
    text = io.StringIO()
    write_openmetrics([make_series("up", [("a", 'x"\\\n')], np.array([0]), [1])], text)
    assert 'up{a="x\\"\\\\\\n"} 1 0.000\n' in text.getvalue()


def test_a_clip_is_half_open() -> None:
    """Blocks meet without sharing a sample."""
    one = make_series("up", [], np.array([0, 10, 20]), [1, 2, 3])
    assert clip(one, 0, 10).times.tolist() == [0]
    assert clip(one, 10, 30).values.tolist() == [2, 3]


def test_a_missing_program_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LabError, match="promtool is not installed: on Debian, apt-get install"):
        binary("promtool")
