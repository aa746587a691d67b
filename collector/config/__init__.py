"""Configuration: what flags, environment and files say, checked as a whole and frozen as `Settings`."""
