"""Slack: the day files of an export, of which only pinned messages are facts for a timeline."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from collector.events.fields import clean, inner, instant_of, objects, word
from collector.events.items import Clock, Fact, Fields, Item, Left, Record
from incident.text.errors import TextError

PIN = "pushpin"
"""The reaction by which people choose a message; all others are conversation."""
_UNIX = re.compile(r"[0-9]{9,10}\.[0-9]{1,6}")
_REFERENCE = re.compile(r"<(?P<sigil>[@#!]?)(?P<target>[^<>|]*)(?:\|(?P<shown>[^<>]*))?>")


def is_message(fields: Fields) -> bool:
    """A message of an export."""
    written = _UNIX.fullmatch(str(fields.get("ts"))) is not None
    return written and fields.get("type") == "message"


def read_message(record: Record, clock: Clock) -> Iterator[Item]:
    """The message, if somebody pinned it."""
    fields = record.fields
    if all(reaction.get("name") != PIN for reaction in objects(fields.get("reactions"))):
        yield Left(record.place, f"without :{PIN}:")
        return
    text = clean(plain(str(fields.get("text") or "")))
    if not text:
        raise TextError("a pinned message without text")
    yield Fact("note", instant_of(fields["ts"], clock), None, f"{_author(fields)}: {text}", (record.place,))


def _author(fields: Fields) -> str:
    profile = inner(fields, "user_profile")
    return word(profile, "display_name", "real_name", "name") or word(fields, "username", "user") or "Slack"


def plain(text: str) -> str:
    """The text as it was shown: references and links resolved as far as the message tells them."""
    return html.unescape(_REFERENCE.sub(_shown, text[:8192])) + text[8192:]


def _shown(match: re.Match[str]) -> str:
    sigil, target, shown = match["sigil"], match["target"], match["shown"]
    if sigil == "!":
        return f"@{shown or target.split('^')[0]}".replace("@@", "@")
    if sigil:
        return f"{sigil}{shown or target}"
    return f"{shown} ({target})" if shown and shown != target else target
