"""What to look at closely: what stood out, the drafts that are there, what earlier runs have answered."""
