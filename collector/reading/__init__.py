"""What is read for a window: the coarse survey, more of it where needed, and the zoom."""
