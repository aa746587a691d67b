"""What fired, and when: intervals from the raw samples that rule evaluations left behind."""
