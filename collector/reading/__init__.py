"""What is read of a window: the coarse survey, as much more of it as is needed, and the zoom."""
