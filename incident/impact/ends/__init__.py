"""Where an episode begins and ends, placed on raw counters."""
