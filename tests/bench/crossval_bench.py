"""How much of a score on labelled data is choice: `python -m tests.bench.crossval_bench FOLDER`.

Nine settings of the detector have three values each. As it is, and with values drawn at random, it judges
every series once; then, ten times, the machines, pods and services are split into five parts, and each part
is scored with the draw that is best on the other four. Beside it stand the settings as they are, on
everything, and how far the score moves with the half of the machines that one happens to look at. FOLDER is
described in `labelled`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from incident.detect import pieces, screen
from incident.detect.baseline import scale, season
from incident.detect.candidates import boxes
from incident.detect.episode import Bools, Floats
from incident.detect.verdict import judge
from tests.bench.labelled import REAL, Labelled, found_in, matched, read

SPLITS, PARTS, HALVES = 10, 5, 200
BUDGET_REAL, BUDGET_ALL, PRICE = 0.07, 0.10, 2.0
"""False stretches per healthy day, of real and of all days, that cost nothing in the choice; each further
one a day costs this much F1."""

Setting = tuple[tuple[ModuleType, ...], str, object]

SETTINGS: tuple[tuple[tuple[ModuleType, ...], str, tuple[object, ...]], ...] = (
    ((boxes,), "FLANKS", ((10, 20, 40, 60), (10, 20, 40, 60, 100), (10, 20, 40, 80, 160))),
    ((pieces,), "LOOK_SHARE", (0.5, 0.8, 1.0)),
    ((scale, screen), "SMALLEST_FACTOR", (0.10, 0.12, 0.15)),
    ((judge, screen), "BEYOND_REACH", (1.25, 1.4, 1.6)),
    ((judge,), "BEYOND_BUMP", (1.4, 1.6, 1.8)),
    ((judge,), "FAR_REACH", (1.75, 2.0, 2.5)),
    ((judge, screen), "SHARP_JUMP", (1.7, 2.0, 2.5)),
    ((judge, screen), "LARGEST_BUMP", (8.0, 10.0, 13.0)),
    ((season,), "NARROWER", (0.35, 0.5, 0.7)),
)
"""The modules that know a setting, its name, and the values it may have; the second is the detector's."""


def drawn(count: int) -> list[tuple[Setting, ...]]:
    """The detector as it is (nothing changed), and so many draws."""
    rng = np.random.default_rng(0)
    draws: list[tuple[Setting, ...]] = [()]
    for _ in range(count):
        places = rng.integers(0, 3, len(SETTINGS)).tolist()
        picked = zip(SETTINGS, places, strict=True)
        draws.append(tuple((modules, name, values[at]) for (modules, name, values), at in picked if at != 1))
    return draws


@contextmanager
def changed(settings: tuple[Setting, ...]) -> Iterator[None]:
    """The detector with these settings."""
    before = [(m, name, getattr(m, name)) for modules, name, _ in settings for m in modules]
    for modules, name, value in settings:
        for module in modules:
            setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def judged(data: Labelled) -> Floats:
    """Hits, misses, false stretches of labelled series and of healthy ones, shape (n_series, 4)."""
    out = np.zeros((len(data.cases), 4))
    for i, (case, row) in enumerate(zip(data.cases, data.rows, strict=True)):
        told = matched(case, found_in(case, row))
        out[i] = (0, 0, 0, told.false) if case["healthy"] else (told.hit, told.missed, told.false, 0)
    return out


class Scores:
    """Macro F1 and false stretches per healthy day of any part of the series."""

    def __init__(self, data: Labelled) -> None:
        self._sets = np.array([case["dataset"] for case in data.cases])
        self._real = np.isin(self._sets, REAL)
        self._days = np.array([_healthy_days(case) for case in data.cases])
        self.names = sorted({c["dataset"] for c in data.cases if c["truth"]})

    def of(self, out: Floats, part: Bools) -> Floats:
        """(F1, false per real healthy day, false per any healthy day) of the series in `part`."""
        f1 = [f for name in self.names if (f := self._f1(out[part & (self._sets == name)])) is not None]
        real = part & self._real
        return np.array([np.mean(f1), self._false(out, real), self._false(out, part)])

    def _f1(self, out: Floats) -> float | None:
        hit, missed, false, _ = out.sum(axis=0)
        return float(2 * hit / (2 * hit + false + missed)) if hit + missed else None

    def _false(self, out: Floats, part: Bools) -> float:
        days = float(self._days[part].sum())
        return float(out[part, 3].sum()) / days if days else 0.0


def _healthy_days(case: dict[str, float]) -> float:
    return (case["length"] - case["window"]) * case["step_s"] / 86_400 if case["healthy"] else 0.0


def worth(score: Floats) -> float:
    """What a choice is made by: F1 less what false stretches beyond the budget cost."""
    f1, real, every = score
    return float(f1 - PRICE * max(0.0, real - BUDGET_REAL) - PRICE * max(0.0, every - BUDGET_ALL))


def crossvalidated(scores: Scores, outs: list[Floats], entities: list[str]) -> tuple[Floats, list[int]]:
    """The scores of each split, shape (SPLITS, 3), and which draws were chosen."""
    told, picks = [], []
    for seed in range(SPLITS):
        part = _parts(entities, seed)
        total = np.zeros_like(outs[0])
        for k in range(PARTS):
            best = max(range(len(outs)), key=lambda i: worth(scores.of(outs[i], part != k)))
            total[part == k] = outs[best][part == k]
            picks.append(best)
        told.append(scores.of(total, np.ones(len(part), bool)))
    return np.array(told), picks


def _parts(entities: list[str], seed: int, parts: int = PARTS) -> NDArray[np.int64]:
    names = sorted(set(entities))
    place = np.random.default_rng(seed).permutation(len(names)) % parts
    part = dict(zip(names, place.tolist(), strict=True))
    return np.array([part[name] for name in entities])


def half_spread(scores: Scores, out: Floats, entities: list[str]) -> float:
    """Standard deviation of F1 over the halves of the machines."""
    return float(np.std([scores.of(out, _parts(entities, s, 2) == 0)[0] for s in range(HALVES)]))


def main() -> None:
    """Prints the plain and the cross-validated score."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--draws", type=int, default=96)
    asked = parser.parse_args()
    data = read(asked.folder)
    scores, everything = Scores(data), np.ones(len(data.cases), bool)
    outs, names = [], []
    for chosen in drawn(asked.draws):
        with changed(chosen):
            outs.append(judged(data))
        names.append(", ".join(f"{name} {value}" for _, name, value in chosen) or "as it is")
        sys.stderr.write(f"{len(outs)} {names[-1]}: {_told(scores.of(outs[-1], everything))}\n")
    _print(scores, outs, names, data.entities, everything)


def _print(
    scores: Scores, outs: list[Floats], names: list[str], entities: list[str], everything: Bools
) -> None:
    best = max(range(len(outs)), key=lambda i: worth(scores.of(outs[i], everything)))
    for title, i in (("as it is", 0), (f"best of {len(outs)} on everything ({names[best]})", best)):
        print(f"{title}: F1 {_told(scores.of(outs[i], everything))}")
    told, picks = crossvalidated(scores, outs, entities)
    print(
        f"cross-validated: F1 {_told(told.mean(axis=0))}, F1 +- {told[:, 0].std():.3f} over {SPLITS} splits"
    )
    without, _ = crossvalidated(scores, outs[1:], entities)
    print(f"the same without the settings as they are: F1 {_told(without.mean(axis=0))}")
    for i in sorted(set(picks), key=lambda i: -picks.count(i))[:4]:
        print(f"  chosen {picks.count(i)} of {len(picks)} times: {names[i]}")
    print(f"half of the machines: F1 +- {half_spread(scores, outs[0], entities):.3f}")


def _told(score: Floats) -> str:
    return "{:.3f}; false per real healthy day {:.3f}, any {:.3f}".format(*score.tolist())


if __name__ == "__main__":
    main()
