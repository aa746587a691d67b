"""How other methods do on the same generated series: `python -m tests.bench.compare_bench`.

Prints the table of docs/detection.md; with `--write` puts it there. The libraries of other people are
optional (`pip install -e '.[compare]'` in an environment of its own): a row says so where one is missing.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.bench.draws import days, faulty, healthy
from tests.bench.rivals import RIVALS, Rival, Stretches
from tests.detect.shapes import Drawn

DOCUMENT = Path(__file__).parents[2] / "docs" / "detection.md"
BEGINS = "<!-- compare_bench begins -->"
ENDS = "<!-- compare_bench ends -->"
HEADER = (
    "method",
    "F1",
    "faults found",
    "false per healthy signal-day",
    "onset error, median / 90 %",
    "end error, median / 90 %",
)
ROUNDS = 60
TUNING_SEEDS = range(10_000, 10_020)
"""Draws that no table is made of."""

NEAR_S = 300.0
"""A found stretch belongs to a fault when it begins no farther than this from it, or overlaps it."""

FALSE_COST = 0.05
"""What a false stretch per healthy signal-day takes from the F1 when a setting is chosen."""


@dataclass
class Score:
    """What one method made of the draws."""

    faults: int = 0
    found: int = 0
    matched: int = 0
    told: int = 0
    """Stretches found in series with a fault."""

    false: int = 0
    """Stretches found in healthy series."""

    days: float = 0.0
    onset_s: list[float] = field(default_factory=list)
    end_s: list[float] = field(default_factory=list)

    @property
    def f1(self) -> float:
        """Over the series with faults: a match needs good bounds, not only an overlap."""
        return 2.0 * self.matched / (self.told + self.faults)

    @property
    def false_per_day(self) -> float:
        """Over the healthy series."""
        return self.false / self.days


def matches(found: tuple[int, int], truth: tuple[int, int]) -> bool:
    """Onset within two samples or a tenth of the length, and half of each stretch in common."""
    (a, b), (start, stop) = found, truth
    shared = 2 * (min(b, stop) - max(a, start))
    return abs(a - start) <= max(2.0, 0.1 * (stop - start)) and shared >= max(b - a, stop - start)


def scored(rival: Rival, setting: float, seeds: Iterable[int]) -> Score:
    """One method over the same draws as every other."""
    score = Score()
    for seed in seeds:
        for drawn in healthy(seed):
            score.days += days(drawn)
            score.false += len(rival.find(drawn, setting))
        for drawn in faulty(seed):
            _count(score, drawn, rival.find(drawn, setting))
    return score


def _count(score: Score, drawn: Drawn, found: Stretches) -> None:
    ((start, stop),) = drawn.truth
    near = NEAR_S / drawn.step_s
    score.faults += 1
    score.told += len(found)
    score.matched += any(matches(one, (start, stop)) for one in found)
    hits = [(a, b) for a, b in found if a < stop + near and b > start - near]
    if hits:
        score.found += 1
        score.onset_s.append(abs(hits[0][0] - start) * drawn.step_s)
        score.end_s.append(abs(hits[-1][1] - stop) * drawn.step_s)


def row(rival: Rival, rounds: int) -> tuple[str, ...]:
    """One line of the table, in the order of HEADER."""
    version = rival.version
    if version is None:
        return (rival.name, *["not installed"] * (len(HEADER) - 1))
    name = f"{rival.name} ({rival.library} {version})" if rival.library else rival.name
    score = scored(rival, rival.setting, range(rounds))
    return (
        name,
        f"{score.f1:.2f}",
        f"{score.found / score.faults:.0%}".replace("%", " %"),
        f"{score.false_per_day:.3f}",
        _errors(score.onset_s),
        _errors(score.end_s),
    )


def _errors(seconds: list[float]) -> str:
    if not seconds:
        return "-"
    middle, high = np.percentile(seconds, [50, 90])
    return f"{middle:.0f} s / {high:.0f} s"


def table(rounds: int) -> str:
    """The table in Markdown."""
    lines = [HEADER, ("---",) * len(HEADER), *(row(rival, rounds) for rival in RIVALS)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def write(text: str) -> None:
    """Puts the table between the markers of the document."""
    before, rest = DOCUMENT.read_text(encoding="utf-8").split(BEGINS)
    after = rest.split(ENDS)[1]
    DOCUMENT.write_text(f"{before}{BEGINS}\n{text}\n{ENDS}{after}", encoding="utf-8")


def print_tuning() -> None:
    """What every setting of the grids gives, on draws of their own."""
    for rival in RIVALS:
        for setting in rival.grid if rival.version is not None else ():
            score = scored(rival, setting, TUNING_SEEDS)
            worth = score.f1 - FALSE_COST * score.false_per_day
            print(
                f"{rival.name:30} {setting:<8g} F1 {score.f1:.3f}, false per day"
                f" {score.false_per_day:.3f}, worth {worth:.3f}"
            )


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="service-days and fault rounds drawn")
    parser.add_argument("--write", action="store_true", help="into docs/detection.md as well")
    parser.add_argument("--tune", action="store_true", help="what other settings of the methods give")
    asked = parser.parse_args()
    # A t-test of two constant pieces warns; its answer is what counts.
    warnings.simplefilter("ignore", RuntimeWarning)
    if asked.tune:
        print_tuning()
        return
    text = table(asked.rounds)
    print(text)
    if asked.write:
        write(text)


if __name__ == "__main__":
    main()
