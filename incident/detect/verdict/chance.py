"""Whether a ratio of few requests, or a rate of few events, may be chance."""

from dataclasses import dataclass

import numpy as np

from incident.detect.baseline.scale import arc
from incident.detect.candidates.boxes import LEAST_FLANK, flank_of
from incident.detect.episode import Bools, Floats

CHANCE_SIGMAS = 4.0
"""So far must the pooled ratio lie from the calm one: 1 failure of 3 requests is 2 sigmas, 3 of 3 are 5.
A window holds thousands of stretches to look at, hence not 2."""


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests behind a ratio, sample by sample."""

    ratio: Floats
    """Shape (n,), 0..1."""

    counts: Floats
    """Shape (n,), >= 0; NaN where not known."""

    calm: Floats
    """The calm ones of the requests' (failed, total), shape (2,)."""


def requests_of(ratio: Floats, counts: Floats, calm: Bools) -> Requests:
    """The requests of the samples `ratio` (n,), of which the mask `calm` (n,) says what is normal."""
    return Requests(ratio, counts, _pooled(ratio[calm], counts[calm]))


def few_requests(requests: Requests, start: int, stop: int) -> bool:
    """Whether the stretch [start, stop) holds too few requests to differ from the calm ones.

    The difference of the arcsine roots of two ratios of n and m requests has the variance
    1/4n + 1/4m (M. Freeman, J. Tukey, 1950). False where no counts are known.
    """
    failed, total = _pooled(requests.ratio[start:stop], requests.counts[start:stop])
    calm_failed, calm_total = requests.calm
    if total <= 0.0:
        return False
    usual = calm_failed / calm_total if calm_total > 0.0 else 0.0
    inside, outside = arc(np.array([failed / total, usual]))
    variance = 1.0 / (4.0 * total) + (1.0 / (4.0 * calm_total) if calm_total > 0.0 else 0.0)
    return bool(abs(inside - outside) < CHANCE_SIGMAS * np.sqrt(variance))


def few_events(per_second: Floats, step_s: float, start: int, stop: int) -> bool:
    """Whether the rate in [start, stop) rests on too few events to differ from its neighbours.

    The square root of a number of events has the standard deviation 1/2. Rates of other things
    (bytes, or requests per minute) have so many that this never says yes.
    """
    inside = per_second[start:stop]
    flank = flank_of(len(inside))
    sides = (per_second[max(0, start - flank) : start], per_second[stop : stop + flank])
    levels = [float(np.mean(side)) for side in sides if len(side) >= LEAST_FLANK]
    seen = float(np.mean(inside))
    if not levels:
        return False
    usual = min(levels, key=lambda level: abs(level - seen))
    roots = np.sqrt(np.maximum(np.array([seen, usual]), 0.0) * step_s * len(inside))
    return bool(2.0 * abs(roots[0] - roots[1]) < CHANCE_SIGMAS)


def _pooled(ratio: Floats, counts: Floats) -> Floats:
    known = np.isfinite(counts)
    return np.array([np.sum(ratio[known] * counts[known]), np.sum(counts[known])])
