"""The table of what metrics record besides: pods, workloads, nodes, failovers, reloads, the monitoring."""
