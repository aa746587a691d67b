"""Where a candidate begins and ends: levels before, inside and after, and the likeliest boundaries."""

from dataclasses import dataclass

import numpy as np

from incident.detect.boxes import flank_of
from incident.detect.episode import Bools, Floats

EDGE_SIGMAS = 1.5
EDGE_HEIGHT_SHARE = 0.25
"""A sample next to the incident still belongs to it while it is farther off the outer level than this."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch [start, stop) with the levels before, inside and after it (after: None at the end)."""

    start: int
    stop: int
    before: float
    inside: float
    after: float | None


def levels(y: Floats, start: int, stop: int, centre: float) -> Piece:
    """The piece [start, stop) of `y` with medians around it; `centre` where nothing comes before."""
    flank = flank_of(stop - start)
    left = y[max(0, start - flank) : start]
    right = y[stop : stop + flank]
    return Piece(
        start,
        stop,
        float(np.median(left)) if left.size >= 3 else centre,
        float(np.median(y[start:stop])),
        float(np.median(right)) if right.size >= 3 else None,
    )


def refined(y: Floats, start: int, stop: int, *, centre: float, noise: float) -> Piece:
    """The piece with its bounds moved to where `y` really leaves the outer levels."""
    piece = levels(y, start, stop, centre)
    length = stop - start
    middle = (start + stop) // 2
    onset = middle - _likeliest(
        y[max(0, start - length) : middle + 1][::-1], piece.inside, piece.before
    )
    end = stop
    if piece.after is not None or stop < len(y):
        after = centre if piece.after is None else piece.after
        end = middle + _likeliest(y[middle : stop + length], piece.inside, after)
        end += _still_off(y[end : end + length], after, piece.inside - after, noise)
    onset += 1
    outside = y[max(0, onset - length) : onset][::-1]
    onset -= _still_off(outside, piece.before, piece.inside - piece.before, noise)
    return levels(y, onset, max(end, onset + 1), centre)


def _likeliest(outward: Floats, inside: float, outside: float) -> int:
    """How many samples, counted from the middle outwards, most likely belong to the inside level."""
    height = inside - outside
    gain = np.clip((outward - outside) ** 2 - (outward - inside) ** 2, -(height**2), height**2)
    return int(np.argmax(np.cumsum(gain))) + 1


def _still_off(outward: Floats, level: float, height: float, noise: float) -> int:
    """How many samples from a bound outwards are still off the outer level."""
    if height <= 0.0:
        return 0
    near: Bools = outward - level <= max(EDGE_SIGMAS * noise, EDGE_HEIGHT_SHARE * height)
    return int(np.argmax(near)) if near.any() else len(outward)
