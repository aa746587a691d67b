"""Metric families as people's servers have them, told by their names alone."""
