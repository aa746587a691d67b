"""Text that tries to become structure, and timelines that hold it in every field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from hypothesis import strategies as st

KNOWN = (
    "a | b",
    "a\n\n# heading\n",
    "\n```\nfence",
    "~~~",
    "`` ` ``",
    "**bold** _em_ ~~gone~~ ~gone~",
    "[You: are you sure?]",
    "[e-0001]: http://evil.example",
    "[link](http://evil.example)",
    "![img](http://evil.example/x.png)",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- itl:draft gen=9 -->",
    "-->",
    "</style><script>",
    "<http://evil.example>",
    "http://evil.example www.evil.example",
    "javascript:alert(1)",
    "&lt;b&gt; &#x3c; &amp;",
    "- item",
    "1. item",
    "1) item",
    "+ item",
    "> quote",
    "===",
    "---",
    "***",
    "| --- |",
    "\\",
    "\\|",
    "trailing\\",
    "{{ 7 * 7 }} {% raw %}",
    "\u202eevil\u2066",
    "\u2028line\u2029",
    "\x00\x1b[31m\x07",
    "\ud800",
    "@everyone #1 !2 :tada: $x$ ==m== ++i++",
    "\t\tcode",
    "    code",
    "",
    "   ",
    "0",
)

hostile = st.one_of(
    st.sampled_from(KNOWN),
    st.text(st.sampled_from("|\\`*_{}[]()<>#+-.!~&@:$^='\"/ \n\r\tax1"), max_size=30),
    st.text(max_size=40),
)

_OURS = frozenset({"zone", "kind", "id"})
"""Fields whose words are ours by construction: the zone was looked up, kinds and ids are made."""


def poisoned(value: Any, text: str, *, name: str = "") -> Any:
    """The value with the text in place of every string that others may have written."""
    if isinstance(value, (Enum, datetime, timedelta)) or name in _OURS:
        return value
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(poisoned(each, text) for each in value)
    if isinstance(value, Mapping):
        return {key: poisoned(each, text) for key, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: poisoned(getattr(value, f.name), text, name=f.name) for f in fields(value)}
        return replace(value, **changed)
    return value
