"""The chosen signals, queried: one query each, and raw samples in pieces that a server can bear."""
