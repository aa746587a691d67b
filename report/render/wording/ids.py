"""The short ids that people see beside a row and can search for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_SHORTEST = 4
"""Hex digits shown; lengthened where two events of the draft would share them."""


def visible_ids(ids: Iterable[str]) -> Mapping[str, str]:
    """For each stable id (`ev-3fa9c1d20b7e`) the short one shown (`e-3fa9`), distinct as they are."""
    keys = {each: _digits(each) for each in ids}
    return {each: f"e-{key[: _length(key, set(keys.values()))]}" for each, key in keys.items()}


def _digits(stable_id: str) -> str:
    return re.sub("[^0-9a-z]", "", stable_id.removeprefix("ev-").lower()) or "0000"


def _length(key: str, keys: set[str]) -> int:
    """The shortest prefix of the key that no other key has."""
    for length in range(_SHORTEST, len(key)):
        if sum(other.startswith(key[:length]) for other in keys) == 1:
            return length
    return len(key)
