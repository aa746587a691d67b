"""Text primitives everything calls: quote, escape, mask, slug, durations, instants. Pure."""
