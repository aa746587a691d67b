"""Every candidate to its draft or its line, within the budget; and drafts that tell of each other."""
