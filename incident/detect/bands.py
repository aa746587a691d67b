"""Candidates from the baseline's band: runs of samples outside it, however ragged their shape."""

from collections.abc import Iterator

import numpy as np

from incident.detect.episode import Bools, Floats
from incident.detect.reference import Reference

ENTER = 1.5
"""A run needs a sample farther than this many reaches from the centre."""

STAY = 0.5
"""It lasts while samples stay beyond this share of the entering distance."""


def spans(mask: Bools) -> list[tuple[int, int]]:
    """Half-open index ranges of the stretches of True in `mask` (n,)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def runs(y: Floats, reference: Reference) -> Iterator[tuple[int, int]]:
    """Runs [start, stop) of `y` (n,) beyond the reference's band, entered and left with hysteresis."""
    enter = ENTER * reference.band
    beyond = y - reference.centre > enter
    for start, stop in spans(_bridged(y - reference.centre > STAY * enter)):
        if beyond[start:stop].any():
            yield start, stop


def _bridged(mask: Bools) -> Bools:
    # One sample back inside the band does not end a run: scrapes fail and quantiles flicker.
    bridged = mask.copy()
    bridged[1:-1] |= mask[:-2] & mask[2:]
    return bridged
