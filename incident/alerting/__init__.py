"""What could have told of the impact: signals nobody watched, and a rule tested on the samples at hand."""
