"""Where a candidate begins and ends: levels before, inside and after it, and the likeliest bounds."""

from dataclasses import dataclass

import numpy as np

from incident.detect.baseline.smooth import bridged, spans
from incident.detect.candidates.boxes import flank_of
from incident.detect.episode import Bools, Floats

EDGE_SIGMAS = 1.5
EDGE_HEIGHT_SHARE = 0.25
"""A sample next to the incident still belongs to it while it is farther off the outer level than
this many noise sigmas and this share of the height."""

BACK_SAMPLES = 3
BACK_SHARE = 0.25
"""So many samples back inside this share of the height, and this share of the shorter part's length, part
two incidents: nearer ones are joined."""

LEAST_LEVEL = 3
"""Fewer samples than this beside a piece give no level."""

RAMP_SAMPLES = 4
"""A shorter rise is a step."""

RAMP_FIT = 0.6
"""A straight line must explain this share of the squares on the way up, or it is no ramp."""


STEP_MARGIN = 1.1
LEVEL_SHARE = 0.8
"""A way to the piece is no ramp but another level where one step explains more than a line by this margin,
and the far half of the step is as high as this share of its near half: of a straight ramp it is 0.6."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch [start, stop) with the levels before, inside and after it (None: too near the end)."""

    start: int
    stop: int
    before: float
    inside: float
    after: float | None

    @property
    def outer(self) -> float:
        """The higher of the levels beside it."""
        return self.before if self.after is None else max(self.before, self.after)

    @property
    def height(self) -> float:
        """How far it stands out from both neighbours."""
        return self.inside - self.outer


def levels(y: Floats, start: int, stop: int, centre: float) -> Piece:
    """The piece [start, stop) of `y` (n,) with medians around it; `centre` where nothing comes before."""
    flank = flank_of(stop - start)
    left, right = y[max(0, start - flank) : start], y[stop : stop + flank]
    return Piece(
        start,
        stop,
        float(np.median(left)) if len(left) >= LEAST_LEVEL else centre,
        float(np.median(y[start:stop])),
        float(np.median(right)) if len(right) >= LEAST_LEVEL else None,
    )


def refined(y: Floats, start: int, stop: int, *, centre: float, noise: float) -> Piece:
    """The piece with its bounds moved to where `y` (n,) really leaves the levels outside.

    Going out from the middle, a bound lies where the likelihood of the inside level against the
    outer one is largest; then outwards over the samples that are still off the outer level, at most
    one length of the piece.
    """
    piece = levels(y, start, stop, centre)
    length, middle = stop - start, (start + stop) // 2
    inward = y[max(0, start - length) : middle + 1][::-1]
    onset = middle + 1 - _likeliest(inward, piece.inside, piece.before)
    outward = y[max(0, onset - length) : onset][::-1]
    onset -= _still_off(outward, piece.before, piece.inside, noise)
    end = stop
    if stop < len(y):
        after = centre if piece.after is None else piece.after
        end = middle + _likeliest(y[middle : stop + length], piece.inside, after)
        end += _still_off(y[end : end + length], after, piece.inside, noise)
    return levels(y, onset, max(end, onset + 1), centre)


def with_ramps(y: Floats, piece: Piece) -> tuple[int, int]:
    """The bounds of the piece, moved out to the foot of a straight rise before it or fall after it."""
    length, middle = piece.stop - piece.start, (piece.start + piece.stop) // 2
    half = (piece.before + piece.inside) / 2.0
    start = piece.start + _below(y[piece.start : middle], half, piece.height)
    way = y[max(0, start - length) : start][::-1]
    onset = min(piece.start, start - _ramp(way, piece.before, half))
    if piece.after is None:
        return onset, piece.stop
    half = (piece.after + piece.inside) / 2.0
    stop = piece.stop - _below(y[middle + 1 : piece.stop][::-1], half, piece.height)
    end = max(piece.stop, stop + _ramp(y[stop : stop + length], piece.after, half))
    return onset, end


def calm_between(y: Floats, piece: Piece) -> tuple[int, int] | None:
    """The one stretch [start, stop) inside the piece where `y` (n,) was back at the outer level.

    None where none is long enough, or where there are several: that is one intermittent incident.
    """
    calm = bridged(y[piece.start : piece.stop] - piece.outer <= BACK_SHARE * piece.height)
    inner = [
        (piece.start + a, piece.start + b)
        for a, b in spans(calm)
        if a > 0 and b < len(calm) and b - a >= max(BACK_SAMPLES, BACK_SHARE * min(a, len(calm) - b))
    ]
    return inner[0] if len(inner) == 1 else None


def _likeliest(outward: Floats, inside: float, outside: float) -> int:
    """How many samples, counted from the middle outwards, most likely belong to the inside level."""
    height = inside - outside
    # Winsorised: one wild sample must not move a bound.
    gain = np.clip((outward - outside) ** 2 - (outward - inside) ** 2, -(height**2), height**2)
    return int(np.argmax(np.cumsum(gain))) + 1


def _still_off(outward: Floats, level: float, inside: float, noise: float) -> int:
    """How many samples from a bound outwards are still off the outer level."""
    if inside <= level:
        return 0
    off: Bools = outward - level > max(EDGE_SIGMAS * noise, EDGE_HEIGHT_SHARE * (inside - level))
    return _leading(off)


def _leading(mask: Bools) -> int:
    """How many True the mask (n,) begins with."""
    return len(mask) if mask.all() else int(np.argmin(mask))


def _below(inward: Floats, half: float, height: float) -> int:
    """How many samples, counted from a bound inwards, lie below half the height, but for single ones."""
    under = np.cumsum(np.clip(half - inward, -height, height))
    return int(np.argmax(under)) + 1 if under.size and under.max() > 0.0 else 0


def _ramp(outward: Floats, level: float, half: float) -> int:
    """How many samples below half height, counted outwards, lie on a straight line down to `level`.

    The line's length is the one with the least squared error; 0 where a line explains too little, or where
    the way is another level, and then a step.
    """
    height = half - level
    if len(outward) < RAMP_SAMPLES or height <= 0.0:
        return 0
    x = outward - level
    back = _until_back(x, BACK_SHARE * height)
    # The last quarter of a line lies that low: a longer one would lead through another incident.
    x = x[: round(back / (1.0 - BACK_SHARE)) + BACK_SAMPLES]
    lengths = np.arange(1, len(x) + 1)
    squares, total = np.cumsum(x * x), np.cumsum(x)
    moment = np.cumsum(x * (np.arange(len(x)) + 0.5))
    # Sum over the line of (x - height (1 - (i + 1/2) / length))^2, less that of x^2.
    change = height**2 * lengths / 3.0 - 2.0 * height * (total - moment / lengths)
    best = int(np.argmin(change))
    explained = (np.maximum(total, 0.0) ** 2 / lengths)[:back]
    step = int(np.argmax(explained)) + 1
    if -float(change[best]) * STEP_MARGIN < float(explained[step - 1]) and _flat(x[:step]):
        return 0
    left = float(squares[best] + change[best])
    fits = left <= (1.0 - RAMP_FIT) * float(squares[best])
    return best + 1 if fits and best + 1 >= RAMP_SAMPLES else 0


def _until_back(outward: Floats, limit: float) -> int:
    """How many samples until several in a row are back: what lies beyond them is another incident's."""
    back: Bools = np.convolve(outward <= limit, np.ones(BACK_SAMPLES), "valid") >= BACK_SAMPLES
    return max(1, int(np.argmax(back))) if back.any() else len(outward)


def _flat(y: Floats) -> bool:
    half = len(y) // 2
    return half > 0 and float(np.mean(y[half:])) >= LEVEL_SHARE * float(np.mean(y[:half]))
