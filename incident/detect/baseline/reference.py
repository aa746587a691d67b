"""What the calm samples of a series say: its centre, its reach, its noise."""

from dataclasses import dataclass

import numpy as np

from incident.detect.episode import Floats

MAD_TO_SIGMA = 1.4826
"""Median absolute deviation to standard deviation, for normal noise."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The calm part of a series on its comparison scale, worse = up."""

    centre: float
    low: float
    """1st percentile."""

    high: float
    """99th percentile."""

    sigma: float
    """Robust standard deviation about the centre."""

    noise: float
    """Robust standard deviation about the local level, from one sample to the next."""

    smallest: float
    """The smallest change that counts."""

    @property
    def reach(self) -> float:
        """From the centre to the worse end of the range; at least the smallest change."""
        return max(self.high - self.centre, self.smallest)

    @property
    def band(self) -> float:
        """Reach that a run of single samples must leave: at least three sigmas too."""
        return max(self.reach, 3.0 * self.sigma)


def reference_of(calm: Floats, smallest: float) -> Reference:
    """The reference that the calm samples (m,), m >= 1, give."""
    low, centre, high = (float(q) for q in np.quantile(calm, [0.01, 0.5, 0.99]))
    return Reference(centre, low, high, spread(calm, centre), _noise(calm), smallest)


def spread(y: Floats, centre: float) -> float:
    """Robust standard deviation of `y` (n,) about `centre`."""
    return MAD_TO_SIGMA * float(np.median(np.abs(y - centre)))


def _noise(y: Floats) -> float:
    if len(y) < 2:
        return 0.0
    return spread(np.diff(y), 0.0) / float(np.sqrt(2.0))
