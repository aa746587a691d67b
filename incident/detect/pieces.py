"""The pieces of one row that are judged, with as much as its calm samples let one expect."""

from collections.abc import Iterator
from dataclasses import replace

from incident.detect.baseline.calm import LEAST_CALM
from incident.detect.baseline.reference import reference_of
from incident.detect.baseline.scale import Scaled
from incident.detect.baseline.smooth import spans, steady
from incident.detect.candidates import boxes
from incident.detect.candidates.bounds import Piece, calm_between, levels, refined
from incident.detect.candidates.gradual import slow_of
from incident.detect.candidates.stretches import ENTER, after_jumps, jumps_of, runs
from incident.detect.episode import Bools, Floats
from incident.detect.samples import Question, Samples
from incident.detect.verdict.judge import Calibration, Verdict, burst_samples, far_samples, judged

LOOK_SHARE = 0.8
"""Boxes are looked at from this share of three sigmas, and of the smallest change, on: their mean is
lower than the median of the piece that they lead to."""


def accepted(
    y: Floats, calm: Bools, scale: Scaled, samples: Samples, question: Question, least: int
) -> Iterator[tuple[float, Verdict]]:
    """Accepted pieces of `y` (n,), worse = up, with the squared error that each explains."""
    normal = y[calm]
    first = samples.head if samples.head >= LEAST_CALM else 0
    reference = reference_of(normal, scale.smallest)
    bumps = boxes.limits(normal, boxes.lengths(max(2, len(y) - first)))
    # A single sample is held against single ones.
    single = {} if samples.supported is None else boxes.limits(normal, [1])
    jumps = jumps_of(y, normal, least)
    falls = jumps_of(-y, -normal, least)
    slow = slow_of(scale, question.kind, question.step_s)
    far, burst = far_samples(question.step_s), burst_samples(question.kind, least)
    known = Calibration(reference, single | bumps, jumps, falls, slow, far, burst)
    for explained, piece in (*_pieces(y, first, known, least), *_peaks(y, known, samples, least)):
        for verdict in _parted(y, piece, known, samples.least(piece, least)):
            if verdict.stop > first:
                yield explained, verdict


def _parted(y: Floats, piece: Piece, known: Calibration, least: int) -> list[Verdict]:
    """The verdict on a piece, or on its two halves where the series was back between them and both stand."""
    between = calm_between(y, piece)
    if between is not None:
        first, second = (judged(y, half, known, least) for half in _halves(y, piece, between, known))
        if first is not None and second is not None and first.stop <= second.start:
            return [first, second]
    whole = judged(y, piece, known, least)
    return [] if whole is None else [whole]


def _halves(y: Floats, piece: Piece, between: tuple[int, int], known: Calibration) -> tuple[Piece, Piece]:
    """The two parts of a piece, each with the bounds that it has without the other."""
    (start, stop), centre, noise = between, known.reference.centre, known.reference.noise
    first = refined(y[:stop], piece.start, start, centre=centre, noise=noise)
    second = refined(y[start:], stop - start, piece.stop - start, centre=centre, noise=noise)
    return first, replace(second, start=second.start + start, stop=second.stop + start)


def _pieces(y: Floats, first: int, known: Calibration, least: int) -> Iterator[tuple[float, Piece]]:
    reference = known.reference
    centre, noise = reference.centre, reference.noise
    look = LOOK_SHARE * max(3.0 * reference.sigma, reference.smallest)
    several = {length: limit for length, limit in known.bumps.items() if length > 1}
    for box in boxes.standing_out(y, first, several, look):
        yield box.explained, refined(y, box.start, box.stop, centre=centre, noise=noise)
    stretches = list(runs(y, reference))
    stretches += after_jumps(y, steady(y, least), known.jumps, reference, least)
    for start, stop in stretches:
        if stop > first:
            piece = refined(y, start, stop, centre=centre, noise=noise)
            yield boxes.explained(piece.height, piece.stop - piece.start), piece


def _peaks(y: Floats, known: Calibration, samples: Samples, least: int) -> Iterator[tuple[float, Piece]]:
    """What stands out where something else speaks for it, as short as it is: bounds would go farther out."""
    if samples.supported is None:
        return
    reference = known.reference
    for start, stop in spans(y - reference.centre > ENTER * reference.band):
        if stop - start < least and samples.supported[start:stop].any():
            piece = levels(y, start, stop, reference.centre)
            yield boxes.explained(piece.height, stop - start), piece
