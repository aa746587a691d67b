"""Refreshing a draft that people may have edited. Pure: text in, text or a decision out."""

from report.merge.errors import HumanNeeded
from report.merge.fallback import best_base
from report.merge.guard import human_lines, lost_lines, mostly_gone
from report.merge.insert import insert_row
from report.merge.merge import Merged, merge
from report.merge.reading.blocks import generation_of, identity_of
from report.merge.telling import readable_diff, summary

__all__ = [
    "HumanNeeded",
    "Merged",
    "best_base",
    "generation_of",
    "human_lines",
    "identity_of",
    "insert_row",
    "lost_lines",
    "merge",
    "mostly_gone",
    "readable_diff",
    "summary",
]
