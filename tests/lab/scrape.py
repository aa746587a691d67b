"""When targets are scraped, and what a scrape of an application sees of its requests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tests.lab.counters import process_counters
from tests.lab.curves import FloatArray, IntArray
from tests.lab.series import Labels, Series, make_series
from tests.lab.spec import NAMESPACE, Service
from tests.lab.traffic import Life, Requests, lives_of, take

SCRAPE_MS = 15_000
TOLERANCE_MS = 2
"""Prometheus moves scrapes that are this little late onto the exact grid."""
JITTER_MS = 2.5
SCRAPE_TIME_S = 0.008
"""Typical time a scrape takes."""


_Parts = dict[tuple[str, Labels], list[tuple[IntArray, FloatArray]]]
"""Samples of each series, process by process."""


@dataclass(frozen=True, slots=True)
class Span:
    """What is recorded, epoch seconds, and where Prometheus itself was down in it."""

    start: float
    end: float
    blind: tuple[float, float] | None


def scrape_times(span: Span, offset_s: float, rng: np.random.Generator) -> IntArray:
    """Times of one target's scrapes in ms: its own offset on the grid, a few ms of jitter."""
    first = int(np.ceil((span.start - offset_s) * 1000 / SCRAPE_MS))
    last = int(np.ceil((span.end - offset_s) * 1000 / SCRAPE_MS))
    grid = np.arange(first, last, dtype=np.int64) * SCRAPE_MS + round(offset_s * 1000)
    jitter = np.rint(np.abs(rng.normal(0, JITTER_MS, len(grid)))).astype(np.int64)
    times = grid + np.where(jitter <= TOLERANCE_MS, 0, jitter)
    return times[seen(span, times)]


def seen(span: Span, times: IntArray) -> npt.NDArray[np.bool_]:
    """Whether Prometheus was there at each time (ms)."""
    if span.blind is None:
        return np.ones(len(times), dtype=np.bool_)
    begin, stop = (round(at * 1000) for at in span.blind)
    return (times < begin) | (times >= stop)


def target_series(
    labels: Labels, times: IntArray, up: npt.NDArray[np.bool_], rng: np.random.Generator
) -> list[Series]:
    """The series Prometheus adds to every target."""
    took = SCRAPE_TIME_S * rng.lognormal(0, 0.3, len(times))
    return [
        make_series("up", labels, times, up),
        make_series("scrape_duration_seconds", labels, times, took),
    ]


def application_series(
    service: Service, requests: Requests, span: Span, rng: np.random.Generator
) -> list[Series]:
    """Everything scraped from the instances of a service."""
    series: list[Series] = []
    for index in (0, 1):
        series += _instance_series(service, requests, index, span, rng)
    return series


def _instance_series(
    service: Service, requests: Requests, index: int, span: Span, rng: np.random.Generator
) -> list[Series]:
    times = scrape_times(span, service.scrape_offsets[index], rng)
    alive = np.zeros(len(times), dtype=np.bool_)
    parts: _Parts = {}
    for life in lives_of(service, index, span.start, span.end):
        inside = (times >= life.start * 1000) & (times < life.stop * 1000)
        alive |= inside
        mine = take(requests, _answered_by(requests, index, life))
        before = max(0.0, span.start - life.start)
        _add(parts, process_counters(service, mine, times[inside], before), times[inside])
        _add(parts, _process_gauges(service, life, int(inside.sum())), times[inside])
    known = alive if service.targets_vanish else np.ones(len(times), dtype=np.bool_)
    target = target_labels(service, index)
    return [
        *target_series(target, times[known], alive[known], rng),
        *(_joined(name, (*labels, *target), pieces) for (name, labels), pieces in parts.items()),
    ]


def target_labels(service: Service, index: int) -> Labels:
    """The labels every series of one instance carries."""
    return (
        ("instance", service.instances[index]),
        ("job", service.name),
        ("namespace", NAMESPACE),
        ("service", service.name),
    )


def _answered_by(requests: Requests, index: int, life: Life) -> npt.NDArray[np.bool_]:
    mine: npt.NDArray[np.bool_] = requests.instance == index
    done = requests.done
    return mine & (done >= life.start) & (done < life.stop)


def _process_gauges(service: Service, life: Life, count: int) -> dict[tuple[str, Labels], FloatArray]:
    build = f"{service.name.replace('-', '_')}_build_info"
    return {
        ("process_start_time_seconds", ()): np.full(count, life.start),
        (build, (("version", life.version),)): np.ones(count),
    }


def _add(parts: _Parts, values: dict[tuple[str, Labels], FloatArray], times: IntArray) -> None:
    """Append the samples; NaN means that the series has not been born yet."""
    for key, column in values.items():
        born = ~np.isnan(column)
        if born.any():
            parts.setdefault(key, []).append((times[born], column[born]))


def _joined(name: str, labels: Labels, pieces: list[tuple[IntArray, FloatArray]]) -> Series:
    times, values = zip(*pieces, strict=True)
    return make_series(name, labels, np.concatenate(times), np.concatenate(values))
