"""Reasoning about incidents: pure functions on frozen values and arrays."""
