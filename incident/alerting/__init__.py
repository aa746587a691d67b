"""What could have alerted on the impact: signals nobody watched, and a rule tested on the samples at hand."""
