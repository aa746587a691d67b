"""Labelled incidents of other people's data, read from a folder outside this repository, and scored.

The folder holds `cases.npz` (`values`: all series end to end, NaN = no sample) and `cases.json` (a record a
series: name, dataset, offset, length, window = first index after the baseline, step_s, kind, worse, healthy,
truth [{onset, end or null, zone, tolerance}], ignore [[a, b]]; ends are exclusive).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from incident.detect import detect_episodes
from incident.detect.episode import Floats

Case = dict[str, Any]
Stretch = tuple[int, int]

REAL = ("NEZHA", "PETSHOP", "MSCLOUD", "NAB")
"""Data sets whose healthy days were recorded, not assumed or generated."""


@dataclass(frozen=True)
class Labelled:
    """All series of a folder with what is known about them."""

    cases: list[Case]
    rows: list[Floats]
    entities: list[str]
    """The machine, pod or service that each series is of."""


@dataclass(frozen=True)
class Matched:
    """What became of one series' truths and predictions."""

    hit: int
    missed: int
    false: int
    pairs: tuple[tuple[int, int], ...]
    """(truth, prediction) that match, by index."""
    nearest: tuple[tuple[int, int], ...]
    """For each truth that any prediction meets: (truth, the one with the nearest onset)."""


def read(folder: Path) -> Labelled:
    """The series of a folder. Raises OSError and ValueError where it is not one."""
    values = np.load(folder / "cases.npz")["values"]
    cases: list[Case] = json.loads((folder / "cases.json").read_text("utf-8"))
    rows = [values[c["offset"] : c["offset"] + c["length"]] for c in cases]
    return Labelled(cases, rows, [_entity(case) for case in cases])


def _entity(case: Case) -> str:
    name: str = case["name"]
    match case["dataset"].partition("-")[0]:
        case "SMD" | "ASD":
            return name.split("/")[0]
        case "MSCLOUD" | "NAB":
            return name.split("@")[0]
        case "NEZHA":
            return name.split("/")[1].split("-")[0]
        case _:
            return name


def found_in(case: Case, row: Floats) -> list[Stretch]:
    """The detector's stretches [onset, end) of one series."""
    episodes = detect_episodes(
        row[np.newaxis, :],
        step_s=case["step_s"],
        baseline=case["window"],
        kind=case["kind"],
        worse=case["worse"],
    )[0]
    return [(e.onset, case["length"] if e.end is None else e.end) for e in episodes]


def matched(case: Case, predicted: Sequence[Stretch]) -> Matched:
    """Found is what begins within the label's tolerance and has half of each stretch in common with it."""
    told = sorted((a, b) for a, b in predicted if b > a and b > case["window"])
    near: list[tuple[int, int, int]] = []
    close: dict[int, tuple[int, int]] = {}
    for i, truth in enumerate(case["truth"]):
        span = zone_of(truth)
        for j, one in enumerate(told):
            shared, error = _shared(span, one), abs(one[0] - truth["onset"])
            if not shared:
                continue
            close[i] = min(close.get(i, (error, j)), (error, j))
            enough = 2 * shared >= one[1] - one[0]
            enough &= truth["end"] is None or 2 * shared >= truth["end"] - truth["onset"]
            if enough and error <= truth["tolerance"]:
                near.append((error, i, j))
    pairs: dict[int, int] = {}
    for _, i, j in sorted(near):
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    spare = [one for j, one in enumerate(told) if j not in pairs.values()]
    unsaid = [one for one in spare if any(2 * _shared(one, z) >= one[1] - one[0] for z in case["ignore"])]
    return Matched(
        len(pairs),
        len(case["truth"]) - len(pairs),
        len(spare) - len(unsaid),
        tuple(sorted(pairs.items())),
        tuple((i, j) for i, (_, j) in sorted(close.items())),
    )


def zone_of(truth: dict[str, Any]) -> Stretch:
    """The label as a stretch; of one that knows the onset only, where it may lie."""
    a, b = (truth["onset"], truth["end"]) if truth["end"] is not None else truth["zone"]
    return int(a), int(b)


def _shared(a: Sequence[int], b: Sequence[int]) -> int:
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))
