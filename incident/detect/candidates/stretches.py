"""Where in a series an incident may be: runs outside the band, and stretches after a jump."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from incident.detect.baseline.reference import Reference
from incident.detect.baseline.smooth import bridged, spans, windows
from incident.detect.episode import Bools, Floats, Ints

ENTER = 1.5
"""A run needs a sample farther than this many reaches from the centre ..."""

STAY = 0.5
"""... and lasts while samples stay beyond this share of that distance."""

JUMP = 1.5
"""A jump must be this many times the largest of the calm samples, ..."""

JUMP_NOISE = 3.0
JUMP_CHANGE = 0.5
"""... this many noise sigmas, and this share of the smallest change that counts."""

NEAR = 5
"""Samples on either side of a jump whose medians are the levels it leads from and to."""


@dataclass(frozen=True, slots=True)
class Jumps:
    """How far the next samples lie above the last ones, at each index of a series."""

    sizes: Floats
    """Shape (n,): lowest of the next few samples minus highest of the last few; -inf at the ends."""

    largest: float
    """The largest in the calm samples, >= 0."""


def runs(y: Floats, reference: Reference) -> Iterator[tuple[int, int]]:
    """Runs [start, stop) of `y` (n,) beyond the reference's band, entered and left with hysteresis."""
    enter = ENTER * reference.band
    beyond = y - reference.centre > enter
    for start, stop in spans(bridged(y - reference.centre > STAY * enter)):
        if beyond[start:stop].any():
            yield start, stop


def jump_sizes(y: Floats, samples: int) -> Floats:
    """The jump at each index of `y` (n,), between `samples` samples on either side; -inf at the ends."""
    sizes = np.full(len(y), -np.inf)
    if len(y) >= 2 * samples:
        view = windows(y, samples)
        lowest, highest = view.min(axis=1), view.max(axis=1)
        sizes[samples : len(y) - samples + 1] = lowest[samples:] - highest[:-samples]
    return sizes


def jumps_of(y: Floats, calm: Floats, samples: int) -> Jumps:
    """The jumps of `y` (n,) beside the largest that the `calm` samples make."""
    largest = float(np.max(jump_sizes(calm, samples), initial=0.0))
    return Jumps(jump_sizes(y, samples), largest)


def after_jumps(
    y: Floats, quiet: Floats, jumps: Jumps, reference: Reference, samples: int
) -> Iterator[tuple[int, int]]:
    """Stretches [start, stop) from a jump of `y` (n,) to the return below half of its height.

    `quiet` is `y` without its single spikes. A jump without a return yields nothing: it may be a
    new level.
    """
    limit = max(JUMP * jumps.largest, JUMP_CHANGE * reference.smallest, JUMP_NOISE * reference.noise)
    above: Ints = np.flatnonzero(jumps.sizes > limit)
    for start in (int(i) for i in above):
        around = jumps.sizes[max(0, start - samples) : start + samples + 1]
        before = float(np.median(y[max(0, start - NEAR) : start]))
        height = float(np.median(y[start : start + NEAR])) - before
        if jumps.sizes[start] < around.max() or height < reference.smallest:
            continue
        back: Bools = quiet[start + samples :] < before + 0.5 * height
        if back.any():
            yield start, start + samples + int(np.argmax(back))
