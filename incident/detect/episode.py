"""What the detection kernel takes and gives: kinds of series, directions, episodes."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["latency", "ratio", "rate", "gauge"]
"""What a series measures; decides the scale on which its levels are compared."""

Worse = Literal["up", "down", "both"]
"""The direction in which a series gets worse."""

Direction = Literal["up", "down"]

Rule = Literal["beyond_range", "sharp_onset", "sharp_step", "largest_bump"]
"""Why an episode was accepted.

`beyond_range`: its level lies far outside the range that the baseline keeps.
`sharp_onset`: it begins with a jump such as the baseline never makes, and stands out afterwards.
`sharp_step`: it begins and ends with such jumps, and is larger than any bump of its length.
`largest_bump`: it stays near the range (a series with a strong rhythm) but is many times larger
than any bump of its length in the baseline.
"""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Episode:
    """One stretch of a series that is worse than its baseline; indices count points of the row."""

    onset: int
    """First bad sample."""

    end: int | None
    """First sample seen good again (exclusive end); None: not recovered by the last sample."""

    peak: int
    """The worst sample."""

    before: float
    """Level before the onset, in the unit of the series."""

    inside: float
    """Median of the bad samples, in the unit of the series."""

    direction: Direction
    """Where the episode lies, seen from the level before."""

    rule: Rule
    """The test that it passed."""

    reach_ratio: float
    """How far the inside level is from the baseline's centre, in reaches of the baseline.

    A reach goes from the baseline's median to its 99th percentile (1st where down is worse), on
    the scale of the kind, and is at least the smallest change that counts.
    """

    bump_ratio: float
    """Height above both neighbours, in multiples of the baseline's largest bump of this length."""

    jump_ratio: float
    """Size of the step at the onset, in multiples of the baseline's largest step."""

    samples: int
    """How many samples the episode holds; missing ones are not counted."""

    stretches: tuple[tuple[int, int | None], ...]
    """The bad stretches [onset, end) of an intermittent episode; of any other just the one."""

    onset_uncertain: bool
    """Samples are missing right before the onset, or the series begins there: it may be earlier."""

    end_uncertain: bool
    """Samples are missing between the last bad and the first good one: it may have ended earlier."""
