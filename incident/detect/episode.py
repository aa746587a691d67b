"""What the detection kernel takes and gives: kinds of series, directions, episodes."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["latency", "ratio", "rate", "gauge"]
"""What a series measures; decides the scale on which changes are compared."""

Worse = Literal["up", "down", "both"]
"""The direction in which a series gets worse."""

Direction = Literal["up", "down"]

Rule = Literal["beyond_range", "largest_bump"]
"""Why an episode was accepted.

`beyond_range`: its level lies far outside the range the baseline keeps.
`largest_bump`: it stays inside or near that range (a series with a strong rhythm) but is many times
larger than any bump of the same length in the baseline.
"""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Episode:
    """One stretch of a series that is worse than its baseline; indices count samples of the row."""

    onset: int
    """Index of the first bad sample."""

    end: int | None
    """Index of the first sample seen good again (exclusive end); None: not recovered by the last sample."""

    peak: int
    """Index of the worst sample."""

    before: float
    """Level the series had before the onset, in its own unit."""

    inside: float
    """Median of the episode's samples, in the series' own unit."""

    direction: Direction

    rule: Rule

    reach_ratio: float
    """Distance of the inside level from the baseline's centre, in reaches of the baseline.

    A reach is the distance from the baseline's median to its 99th (1st) percentile.
    """

    bump_ratio: float
    """Height over both neighbours, in multiples of the baseline's largest bump of this length."""

    samples: int
    """How many samples the episode holds; missing ones are not counted."""

    onset_uncertain: bool
    """The onset borders missing samples or the start of the series: it may have begun earlier."""

    end_uncertain: bool
    """Samples are missing between the last bad and the first good one: it may have ended earlier."""
