"""What of the error of onsets and ends is the labels': `python -m tests.bench.bounds_bench FOLDER`.

For every labelled stretch that the detector meets, three oracles that know the label look for the visible
change near each of its bounds: up to a length of the stretch, at least ten and at most sixty samples, on
either side. They are told where to look and in which direction, and the last one the label's very bound.
FOLDER is described in `labelled`.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from incident.detect.baseline.scale import scaled
from incident.detect.episode import Floats
from tests.bench.labelled import Case, Labelled, found_in, matched, read

NEAREST, FARTHEST = 10, 60
SIDES = (2, 5)
"""So many samples on either side of a change are compared by their medians; the mean of both is
the size of the step: the longer ones alone know its place to two samples only."""

Oracle = Callable[[Floats, int, int, bool], int | None]
"""From a row (worse = up), a bound, how far to look and whether it is an onset, to the place of a change."""


def largest_step(y: Floats, bound: int, reach: int, entering: bool) -> int | None:
    """Where the levels on either side differ most."""
    places = _places(y, bound, reach)
    return max(places, key=lambda t: _step(y, t, entering), default=None)


def likeliest_split(y: Floats, bound: int, reach: int, entering: bool) -> int | None:
    """Where two levels, the inner one higher, explain the samples around the bound best."""
    around = y[max(0, bound - reach) : bound + reach]
    if len(around) < 2 * SIDES[-1]:
        return None
    cuts = range(2, len(around) - 1)

    def left(k: int) -> float:
        before, after = around[:k], around[k:]
        if (float(after.mean()) > float(before.mean())) is not entering:
            return float(around.var() * len(around))
        return float(before.var() * len(before) + after.var() * len(after))

    return max(0, bound - reach) + min(cuts, key=left)


def nearest_step(y: Floats, bound: int, reach: int, entering: bool) -> int | None:
    """Of all steps at least half as high as the largest, the nearest to the label."""
    places = _places(y, bound, reach)
    sizes = np.array([_step(y, t, entering) for t in places])
    if not len(sizes):
        return None
    beside = np.concatenate(([-np.inf], sizes, [-np.inf]))
    peaks = (sizes >= 0.5 * sizes.max()) & (sizes >= beside[:-2]) & (sizes >= beside[2:])
    tall = [places[k] for k in np.flatnonzero(peaks).tolist()]
    return min(tall, key=lambda t: (abs(t - bound), t))


ORACLES: dict[str, Oracle] = {
    "largest step": largest_step,
    "two levels": likeliest_split,
    "nearest of the large steps": nearest_step,
}


def _places(y: Floats, bound: int, reach: int) -> list[int]:
    return list(range(max(1, bound - reach), min(len(y) - 1, bound + reach) + 1))


def _step(y: Floats, at: int, entering: bool) -> float:
    steps = [float(np.median(y[at : at + n]) - np.median(y[max(0, at - n) : at])) for n in SIDES]
    mean = sum(steps) / len(steps)
    return mean if entering else -mean


def errors(data: Labelled) -> dict[tuple[str, str, str], list[float]]:
    """Distances to the label in samples, by (which bound, who, data set)."""
    found: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for case, row in zip(data.cases, data.rows, strict=True):
        if not case["truth"]:
            continue
        told = sorted(s for s in found_in(case, row) if s[1] > case["window"])
        fit = matched(case, told)
        y = _scaled(case, row)
        for i, j in fit.nearest:
            _compare(found, case, y, ("onset", case["truth"][i]["onset"], told[j][0]), case["truth"][i])
        for i, j in fit.pairs:
            if case["truth"][i]["end"] is not None:
                _compare(found, case, y, ("end", case["truth"][i]["end"], told[j][1]), case["truth"][i])
    return found


def _compare(
    found: dict[tuple[str, str, str], list[float]],
    case: Case,
    y: Floats,
    bound: tuple[str, int, int],
    truth: dict[str, int | None],
) -> None:
    which, label, told = bound
    found[which, "this detector", case["dataset"]].append(abs(told - label))
    onset, end = truth["onset"] or 0, truth["end"]
    length = FARTHEST if end is None else end - onset
    reach = int(np.clip(length, NEAREST, FARTHEST))
    before = y[max(0, onset - 2 * reach) : onset] if onset else y
    up = float(np.median(y[onset : onset + length])) >= float(np.median(before))
    for name, oracle in ORACLES.items():
        at = oracle(y if up else -y, label, reach, which == "onset")
        if at is not None:
            found[which, name, case["dataset"]].append(abs(at - label))


def _scaled(case: Case, row: Floats) -> Floats:
    filled = row.copy()
    missing = ~np.isfinite(filled)
    if missing.any():
        filled[missing] = np.interp(np.flatnonzero(missing), np.flatnonzero(~missing), filled[~missing])
    calm = filled[: case["window"]] if case["window"] >= 8 else filled
    return scaled(filled, calm, case["kind"]).y


def main() -> None:
    """Prints median / 90th percentile of the distances, per data set and their mean."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    found = errors(read(parser.parse_args().folder))
    sets = sorted({name for _, _, name in found})
    for which in ("onset", "end"):
        print(f"| {which} | {' | '.join(sets)} | mean |\n| --- |{' --- |' * (len(sets) + 1)}")
        for who in ("this detector", *ORACLES):
            rows = [found.get((which, who, name)) for name in sets]
            told = [np.percentile(row, [50, 90]) for row in rows if row]
            cells = [
                "" if not row else "{:.1f} / {:.1f}".format(*np.percentile(row, [50, 90])) for row in rows
            ]
            mean = "{:.1f} / {:.1f}".format(*np.mean(told, axis=0))
            print(f"| {who} | {' | '.join(cells)} | {mean} |")


if __name__ == "__main__":
    main()
