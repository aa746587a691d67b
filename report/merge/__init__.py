"""What may happen to a draft that people may have edited. Pure: text in, text or a decision out."""

from report.merge.insert import insert_row
from report.merge.plan import Plan, edited_lines, generation_of, plan

__all__ = ["Plan", "edited_lines", "generation_of", "insert_row", "plan"]
