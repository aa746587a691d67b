"""The chosen signals, asked: one query each, and raw samples in pieces a server bears."""
