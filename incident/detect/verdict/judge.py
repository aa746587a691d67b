"""Which candidates are incidents, and by which rule."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from incident.detect.baseline.reference import Reference
from incident.detect.candidates.bounds import Piece, with_ramps
from incident.detect.candidates.boxes import limit_of
from incident.detect.candidates.gradual import Slow, gradual
from incident.detect.candidates.stretches import Jumps
from incident.detect.episode import Floats, Kind, Rule

BEYOND_REACH = 1.4
BEYOND_BUMP = 1.6
"""`beyond_range`: this many reaches from the centre, and higher than the baseline's bumps by this
factor. Both, because noise on a level that drifts away leaves the range without an incident."""

FAR_REACH = 2.0
FAR_SAMPLES = 11
FAR_S = 900.0
"""... or so far out, for so many samples and so long, that the bumps do not matter."""

SHARP_JUMP = 2.0
SHARP_BUMP = 2.0
SHARP_REACH = 0.5
"""`sharp_onset`: a jump twice the baseline's largest, that leads to twice its largest bump, and not
from a trough back to the middle."""

STEP_JUMP = 1.5
STEP_BUMP = 0.8
STEP_REACH = 0.8
STEP_SAMPLES = 10
"""`sharp_step`: begins and ends with jumps such as the baseline never makes, as what wanders does not, and
is no short burst, both of whose ends are sharp."""

LARGEST_BUMP = 10.0
LARGEST_SIGMAS = 7.0
LARGEST_SAMPLES = 3
"""`largest_bump`: near the baseline's range only a bump so many times the largest counts."""

BURST_TIMES = 4
BURST_AROUND = 60
BURST_QUANTILE = 0.95
BURST_HEIGHT = 1.3
"""A latency's piece of up to so many times the least samples must stand out by this factor from what the
samples around it do anyway: a percentile that has crossed into a wider bucket is noisier there."""

SOLID_SHARE = 0.5
"""At least this share of the samples lies above half of the height."""

SHORT_STEP_S = 120.0
"""Below this step an incident needs three samples, from it on two ..."""

LEAST_S = 60.0
"""... and it must be seen for so long: a rate over a minute shows an instant for a minute."""

EXTREME_REACH = 6.0
EXTREME_BUMP = 4.0
"""What stands out like this (reaches, bumps) may be one sample shorter."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the calm samples of a series let one expect."""

    reference: Reference

    bumps: dict[int, float]
    """Largest contrast of each box length."""

    jumps: Jumps

    falls: Jumps
    """The jumps back."""

    slow: Slow

    far_samples: int
    """From so many samples on the distance alone decides."""

    burst_samples: int
    """Up to so many samples a piece must stand out from the bursts around it; 0: never."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An accepted stretch [start, stop) and why."""

    start: int
    stop: int
    height: float
    rule: Rule
    reach_ratio: float
    bump_ratio: float
    jump_ratio: float
    stretches: tuple[tuple[int, int], ...]
    core: tuple[int, int]
    """The stretch without the ramps that lead to it: what lies between two cores was back, or nearly."""


def least_samples(step_s: float) -> int:
    """How many samples an incident needs at least."""
    return max(3, ceil(LEAST_S / step_s)) if step_s < SHORT_STEP_S else 2


def far_samples(step_s: float) -> int:
    """How many samples a piece needs so that its distance alone decides."""
    return max(FAR_SAMPLES, ceil(FAR_S / step_s))


def burst_samples(kind: Kind, samples: int) -> int:
    """How long a burst may be that is looked at beside those around it."""
    return BURST_TIMES * samples if kind == "latency" else 0


def judged(y: Floats, piece: Piece, known: Calibration, samples: int) -> Verdict | None:
    """The verdict on a piece of `y` (n,); None where it is no incident.

    `samples` is how many an incident needs, unless it is extreme.
    """
    reference = known.reference
    length = piece.stop - piece.start
    if length < samples - 1 or piece.height < reference.smallest:
        return None
    if _ragged(y, piece) or gradual(y, piece, known.slow) or _return_to_normal(piece, reference):
        return None
    reach_ratio = (piece.inside - reference.centre) / reference.reach
    bump_ratio = piece.height / max(limit_of(known.bumps, length), reference.smallest)
    if length < samples and not (reach_ratio >= EXTREME_REACH and bump_ratio >= EXTREME_BUMP):
        return None
    jump_ratio = _jump(piece, known)
    rule = _rule(piece, known, reach_ratio, bump_ratio, jump_ratio) or _step_rule(
        piece, known, reach_ratio, bump_ratio, jump_ratio
    )
    if rule is None:
        return None
    if length <= known.burst_samples and _usual_around(y, piece):
        return None
    start, stop = with_ramps(y, piece)
    stretch = ((start, stop),)
    return Verdict(
        start,
        stop,
        piece.height,
        rule,
        reach_ratio,
        bump_ratio,
        jump_ratio,
        stretch,
        (piece.start, piece.stop),
    )


def _rule(piece: Piece, known: Calibration, reach: float, bump: float, jump: float) -> Rule | None:
    length = piece.stop - piece.start
    far = reach >= FAR_REACH and length >= known.far_samples
    if reach >= BEYOND_REACH and (bump >= BEYOND_BUMP or far):
        return "beyond_range"
    if piece.after is None and piece.inside <= known.reference.high:
        # Not over, and not even outside the range: the series may simply go on like this.
        return None
    if piece.after is not None and (jump >= SHARP_JUMP and bump >= SHARP_BUMP and reach >= SHARP_REACH):
        return "sharp_onset"
    tall = bump >= LARGEST_BUMP and piece.height >= LARGEST_SIGMAS * known.reference.sigma
    return "largest_bump" if tall and length >= LARGEST_SAMPLES else None


def _step_rule(piece: Piece, known: Calibration, reach: float, bump: float, jump: float) -> Rule | None:
    if (
        piece.stop - piece.start < STEP_SAMPLES
        or piece.after is None
        or jump < STEP_JUMP
        or bump < STEP_BUMP
        or reach < STEP_REACH
    ):
        return None
    # What is off still when the step down is over draws the end out: the step lies before it.
    falls = (
        _largest_near(known.falls, at, known) for at in range((piece.start + piece.stop) // 2, piece.stop + 1)
    )
    return "sharp_step" if max(falls) >= STEP_JUMP else None


def _jump(piece: Piece, known: Calibration) -> float:
    """The jump at the onset, one sample earlier or later, against the largest of the baseline."""
    return _largest_near(known.jumps, piece.start, known)


def _largest_near(jumps: Jumps, at: int, known: Calibration) -> float:
    near = jumps.sizes[max(0, at - 1) : at + 2]
    least = max(0.5 * known.reference.smallest, known.reference.noise)
    return max(float(near.max()), 0.0) / max(jumps.largest, least)


def _usual_around(y: Floats, piece: Piece) -> bool:
    """Whether the samples before and after reach nearly as high now and then."""
    left, right = y[max(0, piece.start - BURST_AROUND) : piece.start], y[piece.stop :][:BURST_AROUND]
    around = np.concatenate((left, right))
    if len(around) < BURST_AROUND // 3:
        return False
    usual = float(np.quantile(around, BURST_QUANTILE)) - piece.outer
    return piece.height < BURST_HEIGHT * usual


def _ragged(y: Floats, piece: Piece) -> bool:
    above = y[piece.start : piece.stop] > piece.outer + 0.5 * piece.height
    return bool(np.mean(above) < SOLID_SHARE)


def _return_to_normal(piece: Piece, reference: Reference) -> bool:
    """The neighbour is what is odd: outside the range on the good side, and farther off than this."""
    sides = [piece.before] if piece.after is None else [piece.before, piece.after]
    off = abs(piece.inside - reference.centre)
    return any(side < reference.low and reference.centre - side > off for side in sides)
