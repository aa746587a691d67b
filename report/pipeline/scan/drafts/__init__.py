"""Turns every candidate into a draft or a line, within the budget; and lets drafts name one another."""
