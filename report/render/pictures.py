"""Charts as the words know them: a file and what to say about it."""

from __future__ import annotations

from dataclasses import dataclass

CHARTS = "charts/"
"""Where drafts keep their charts; a picture from elsewhere is a person's and carries no numbers of ours."""
SUMMARY = "summary"
"""Name of the chart that stands above the timeline; the others belong to the evidence."""


@dataclass(frozen=True, slots=True)
class ChartRef:
    """A chart beside the draft. `file` is its path relative to the draft, with forward slashes."""

    name: str
    title: str
    alt: str
    """One sentence that reads the chart, for those who do not see it."""
    file: str
