"""Where in a series an incident may be: boxes, runs and jumps that stand out, their bounds, what is slow."""
