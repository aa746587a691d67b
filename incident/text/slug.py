"""Names that are safe as file and directory names everywhere, and still readable."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_RUN = re.compile("[^a-z0-9]+")
_CLEAN = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*")
# Ends like the digest that `unique_slug` appends, so it might be the name made for another text.
_LOOKS_UNIQUE = re.compile("(?:.*-)?[0-9a-f]{10}")
# Reserved as file names on Windows, where people unpack what they were sent.
_RESERVED = re.compile("con|prn|aux|nul|(?:com|lpt)[0-9]")
_NAMELESS = "unnamed"

LONGEST = 48
"""Characters of a name: a directory's, with its date and time, is still read at a glance."""


def slug(text: str) -> str:
    """Small ASCII letters and digits joined by single hyphens, at most `LONGEST` characters.

    Accents are dropped; what has no ASCII form at all becomes `unnamed`. Different texts may share
    a slug: see `unique_slug`.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    cut = _RUN.sub("-", plain.lower()).strip("-")[:LONGEST].strip("-")
    return cut if cut and not _RESERVED.fullmatch(cut) else f"{cut}-{_NAMELESS}".strip("-")[:LONGEST]


def unique_slug(text: str) -> str:
    """A slug that no other text has: the text itself where it is a clean slug, otherwise
    `slug(text)` with a digest of 10 hex digits; at most `LONGEST` + 11 characters.
    """
    if text == slug(text) and _CLEAN.fullmatch(text) and not _LOOKS_UNIQUE.fullmatch(text):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{slug(text)}-{digest}"
