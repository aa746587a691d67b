"""Joins the three texts of one block: what people wrote, the text they wrote it into, and the new text."""
