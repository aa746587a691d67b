"""What a scan tells: a line for what stood out, the index for people, files for monitoring."""
