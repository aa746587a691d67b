"""Which candidates are incidents."""

from dataclasses import dataclass

import numpy as np

from incident.detect.bounds import Piece
from incident.detect.episode import Floats, Rule
from incident.detect.reference import Reference

BEYOND_RANGE = 1.75
"""Reaches from the centre that the inside level of an incident must have."""

LARGEST_BUMP = 10.0
BUMP_SIGMAS = 7.0
BUMP_SAMPLES = 3
"""Inside or near the baseline's range only a bump this many times the largest one counts."""

SHORT_STEP_S = 120.0
"""Below this step an incident needs three samples, from it on two."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An accepted piece and why."""

    piece: Piece
    rule: Rule
    reach_ratio: float
    bump_ratio: float


def judged(
    y: Floats, piece: Piece, reference: Reference, limit: float, *, step_s: float
) -> Verdict | None:
    """The verdict on a piece of `y` (n,), None where it is no incident; `limit` as of its length."""
    outer = piece.before if piece.after is None else max(piece.before, piece.after)
    height = piece.inside - outer
    reach_ratio = (piece.inside - reference.centre) / reference.reach
    bump_ratio = height / max(limit, reference.smallest)
    samples = piece.stop - piece.start
    if samples < (3 if step_s < SHORT_STEP_S else 2) or height < reference.smallest:
        return None
    if _ragged(y, piece, outer, height) or _return_to_normal(piece, reference):
        return None
    if reach_ratio >= BEYOND_RANGE:
        return Verdict(piece, "beyond_range", reach_ratio, bump_ratio)
    if piece.after is None and piece.inside <= reference.high:
        return None
    if (
        bump_ratio >= LARGEST_BUMP
        and height >= BUMP_SIGMAS * reference.sigma
        and samples >= BUMP_SAMPLES
    ):
        return Verdict(piece, "largest_bump", reach_ratio, bump_ratio)
    return None


def _ragged(y: Floats, piece: Piece, outer: float, height: float) -> bool:
    above = y[piece.start : piece.stop] > outer + 0.5 * height
    return bool(np.mean(above) < 0.5)


def _return_to_normal(piece: Piece, reference: Reference) -> bool:
    """The neighbour is what is odd: outside the range on the good side, and farther off than this."""
    sides = [piece.before] if piece.after is None else [piece.before, piece.after]
    return any(
        side < reference.low
        and reference.centre - side > abs(piece.inside - reference.centre)
        for side in sides
    )
