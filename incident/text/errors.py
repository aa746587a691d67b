"""The one error of the text primitives."""

from __future__ import annotations


class TextError(ValueError):
    """A text cannot be read or written as what it should be.

    The message is one line that says what was given, where it goes wrong, why, and what to write
    instead. Foreign text inside it has passed `excerpt`, so that it is fit for a terminal.
    """


def excerpt(text: str, limit: int = 80) -> str:
    """The text as a quoted Python literal, cut to `limit` characters, for use in a message."""
    return ascii(text if len(text) <= limit else text[:limit] + "...")
