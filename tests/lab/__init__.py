"""A laboratory: incidents simulated request by request and served by a real Prometheus.

Nothing of the product is imported here, so that what it says can be checked from outside.
"""
