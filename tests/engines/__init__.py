"""Servers that speak Prometheus' API, each with the same simulated incident in it."""
