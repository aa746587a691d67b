"""Samples of one time series, and OpenMetrics text made from many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO

import numpy as np
import numpy.typing as npt

from tests.lab.curves import FloatArray, IntArray

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Series:
    """Samples of one series: `times` int64 epoch ms, ascending; `values` float64."""

    name: str
    labels: Labels
    times: IntArray
    values: FloatArray


def make_series(
    name: str, labels: Iterable[tuple[str, str]], times: IntArray, values: npt.ArrayLike
) -> Series:
    """A series with its labels in order."""
    return Series(name, tuple(sorted(labels)), times, np.asarray(values, dtype=np.float64))


def clip(series: Series, start_ms: int, end_ms: int) -> Series:
    """The samples in `[start, end)`."""
    first, last = np.searchsorted(series.times, [start_ms, end_ms])
    return Series(series.name, series.labels, series.times[first:last], series.values[first:last])


def write_openmetrics(series: Iterable[Series], out: TextIO) -> None:
    """Write the exposition with timestamps, family by family, ended by `# EOF`."""
    families: dict[tuple[str, str], list[Series]] = {}
    for one in series:
        families.setdefault(_family(one.name), []).append(one)
    for (family, kind), members in families.items():
        out.write(f"# TYPE {family} {kind}\n")
        for member in members:
            out.writelines(_lines(member))
    out.write("# EOF\n")


def _family(name: str) -> tuple[str, str]:
    if name.endswith("_total"):
        return name.removesuffix("_total"), "counter"
    for suffix in ("_bucket", "_sum", "_count"):
        if name.endswith(suffix):
            return name.removesuffix(suffix), "histogram"
    return name, "gauge"


def _lines(series: Series) -> Iterator[str]:
    labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in series.labels)
    head = f"{series.name}{{{labels}}}"
    for at, value in zip(series.times.tolist(), series.values.tolist(), strict=True):
        text = int(value) if value.is_integer() else f"{value:.6f}"
        yield f"{head} {text} {at // 1000}.{at % 1000:03d}\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
