"""The other changes that metrics record, as a table: pods, workloads, nodes, failovers, the monitoring."""
