"""What changed: restarts, deploys, scaling, targets and gaps, read from raw samples."""
