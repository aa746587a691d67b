"""Asks: the only package with a door to the network. Configuration, Prometheus, recording and replay."""
