"""The summary on the first page: its paragraph, and the sentences that may stand in it."""
