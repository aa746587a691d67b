"""Changes as slow as a daily rhythm."""

from dataclasses import dataclass

import numpy as np

from incident.detect.baseline.scale import Scaled
from incident.detect.candidates.bounds import Piece
from incident.detect.episode import Floats, Kind

WINDOW_S = 1800.0
"""Half an hour on either side of a bound: long enough for a level, short against a day."""

LEAST_SAMPLES = 4
"""With fewer samples in half an hour nothing can be said: every change looks abrupt."""

SLOW_PER_HOUR: dict[Kind, float] = {"rate": 0.5, "latency": 0.25, "gauge": 0.25, "ratio": 0.0}
"""A slower change is the day's rhythm. In natural-log units; of a gauge, in shares of its level.

Traffic that falls to a tenth overnight does so by 0.3 an hour where it is steepest; latency and
load follow it more flatly. A leak that doubles in two hours is faster. A ratio of failures has no
rhythm of its own.
"""


@dataclass(frozen=True, slots=True)
class Slow:
    """Below which change over so many samples a bound is gradual."""

    samples: int
    change: float


def slow_of(scale: Scaled, kind: Kind, step_s: float) -> Slow:
    """What is slow for a series on its scale."""
    level = abs(float(np.median(scale.y))) if kind == "gauge" else 1.0
    return Slow(round(WINDOW_S / step_s), SLOW_PER_HOUR[kind] * level * WINDOW_S / 3600.0)


def gradual(y: Floats, piece: Piece, slow: Slow) -> bool:
    """Whether the way into the piece, and the way out where there is one, is slow."""
    if slow.samples < LEAST_SAMPLES:
        return False
    width = min(slow.samples, piece.stop - piece.start)
    rise = _change(y, piece.start, width)
    fall = 0.0 if piece.after is None else -_change(y, piece.stop, width)
    return max(rise, fall) < slow.change * width / slow.samples


def _change(y: Floats, at: int, width: int) -> float:
    """Change of the level over `width` samples at an index."""
    before, after = y[max(0, at - width) : at], y[at : at + width]
    return _middle(after) - _middle(before) if before.size and after.size else 0.0


def _middle(y: Floats) -> float:
    # Mean of the middle half: a median of few events a minute has too few values to take.
    ordered = np.sort(y)
    quarter = len(y) // 4
    return float(np.mean(ordered[quarter : len(y) - quarter]))
