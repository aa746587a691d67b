"""One signal against its own normal: where it departed, and what is usual for it."""
