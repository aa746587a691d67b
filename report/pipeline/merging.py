"""What becomes of a draft's text: written, merged with what people wrote, or left alone.

Pure: the texts that are kept go in, a decision comes out. Writing it is publishing's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from report.merge import best_base, generation_of, lost_lines, merge, mostly_gone, summary
from report.render import recounted


class Outcome(Enum):
    """What became of the files."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    HUMAN_NEEDED = "human needed"


@dataclass(frozen=True, slots=True)
class KeptTexts:
    """The draft on disk and the texts it may have been made from, by generation."""

    existing: str | None
    bases: tuple[tuple[int, str], ...]

    @property
    def generation(self) -> int:
        """The latest, 0 where there is none."""
        return self.bases[-1][0] if self.bases else 0

    @property
    def latest(self) -> str | None:
        """The latest generated text."""
        return self.bases[-1][1] if self.bases else None


@dataclass(frozen=True, slots=True)
class Decision:
    """The text to write, and what to say of it; `reason` is why a human is needed instead."""

    outcome: Outcome
    text: str
    told: str = ""
    reason: str = ""


def decided(kept: KeptTexts, new: str) -> Decision:
    """People win: an edited draft is merged against the text it was made from, or left alone.

    Nothing is to be written where any of their lines would be missing from the merged text.
    """
    if kept.existing is None or any(kept.existing == text for _, text in kept.bases):
        return Decision(Outcome.UNCHANGED if kept.existing == new else Outcome.WRITTEN, new)
    base = _base_of(kept.existing, kept.bases)
    if base is None:
        return Decision(Outcome.HUMAN_NEEDED, new, reason="the text it was made from is no longer kept")
    if mostly_gone(kept.existing, base):
        return Decision(Outcome.HUMAN_NEEDED, new, reason="most of its blocks are gone at once")
    merged = merge(kept.existing, base, new)
    if merged.conflicted:
        return Decision(Outcome.HUMAN_NEEDED, new, reason="it holds conflict markers")
    lost = lost_lines(kept.existing, base, merged.text, new=new)
    if lost:
        return Decision(Outcome.HUMAN_NEEDED, new, reason=f"{len(lost)} lines of yours would be lost")
    if merged.text == kept.existing:
        return Decision(Outcome.UNCHANGED, merged.text, told=summary(merged))
    return Decision(Outcome.WRITTEN, recounted(merged.text), told=summary(merged))


def _base_of(existing: str, bases: tuple[tuple[int, str], ...]) -> str | None:
    """The generation that the draft's first anchor names, else the one that is most like it."""
    named = generation_of(existing)
    for generation, text in bases:
        if generation == named:
            return text
    texts = [text for _, text in bases]
    index = best_base(existing, texts)
    return texts[index] if index is not None else None
