"""One block's three texts to one: what people wrote, what they wrote it into, and the new text."""
