"""One row as the kernel sees it: what is asked about it, and its samples without the missing ones."""

from dataclasses import dataclass

import numpy as np

from incident.detect.candidates.bounds import Piece
from incident.detect.episode import Bools, Direction, Floats, Ints, Kind, Worse


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about each row."""

    step_s: float
    baseline: int
    kind: Kind
    worse: Worse

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The directions in which an episode may lie."""
        return ("up", "down") if self.worse == "both" else (self.worse,)


@dataclass(frozen=True, slots=True)
class Samples:
    """The samples of a row, without the missing ones."""

    where: Ints
    """Place in the row, shape (n,)."""

    raw: Floats
    """Value in the unit of the row, shape (n,), finite."""

    counts: Floats | None
    """Requests behind each, shape (n,)."""

    head: int
    """How many lie before the window."""

    earlier: Floats | None = None
    """The same time of earlier days, the most alike first, shape (n_days, n); NaN where not known."""

    supported: Bools | None = None
    """Where something else says that something is wrong, shape (n,); None: nowhere."""

    def only(self, kept: Bools) -> "Samples":
        """Those of the mask (n,)."""
        head = int(np.count_nonzero(kept[: self.head]))
        counts = None if self.counts is None else self.counts[kept]
        earlier = None if self.earlier is None else self.earlier[:, kept]
        supported = None if self.supported is None else self.supported[kept]
        return Samples(self.where[kept], self.raw[kept], counts, head, earlier, supported)

    def least(self, piece: Piece, usual: int) -> int:
        """How many samples the piece must have: one is enough where something else speaks for it."""
        return 1 if self.supported is not None and self.supported[piece.start : piece.stop].any() else usual


def samples_of(
    row: Floats,
    counts: Floats | None,
    baseline: int,
    earlier: Floats | None = None,
    supported: Bools | None = None,
) -> Samples:
    """The samples of `row` (n_points,); a ratio of no requests is missing, as NaN and infinities are.

    `earlier` (n_days, n_points) are the values one or several days before; `supported` (n_points,) says
    where something else speaks for an episode.
    """
    present = np.isfinite(row)
    if counts is not None:
        present &= ~(counts <= 0.0)
    where: Ints = np.flatnonzero(present).astype(np.int64)
    kept = None if counts is None else counts[where]
    days = None if earlier is None else earlier[:, where]
    spoken = None if supported is None else supported[where]
    return Samples(where, row[where], kept, int(np.searchsorted(where, baseline)), days, spoken)
