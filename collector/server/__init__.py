"""What is asked of a live Prometheus: questions split, joined and counted, and its answers read."""
