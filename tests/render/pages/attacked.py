"""Drafts with one text in every field that others write, and what a browser makes of their pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

from markdown_it.token import Token

from incident.model.timeline import Timeline
from report.render import ChartRef, html, markdown, paste
from report.render.pages.parser import parser
from tests import render_builder as build
from tests.render.pages.browser import Chromium, Seen
from tests.render_hostile import poisoned

_SHOWN_AS_TEXT = {"text", "code_inline", "softbreak", "text_special"}
_POLICY = re.compile('<meta http-equiv="Content-Security-Policy"[^>]*>')


@cache
def small() -> Timeline:
    """An incident with one of everything that others write."""
    whole = build.payments()
    events = tuple(replace(one, main=True) for one in whole.events if one.id[3:7] in ("0001", "0003", "0008"))
    return replace(
        whole,
        events=events,
        alerts=whole.alerts[:1],
        alerts_nearby=whole.alerts[1:],
        signals=whole.signals[:1],
        unknowns=(build.unknown(),),
    )


def draft(text: str) -> str:
    """The incident's whole draft, with the text in every field."""
    return _drafted(poisoned(small(), text), text)


def _drafted(timeline: Timeline, words: str) -> str:
    charts = [ChartRef("summary", words, words, "charts/summary.svg")]
    return markdown(timeline, charts, generation=1, form="full")


def tree(text: str) -> list[tuple[object, ...]]:
    """Blocks in order, and inside each what is not plain text."""
    return [
        (token.type, token.tag, token.nesting, token.meta.get("anchor"), _inner(token))
        for token in parser().parse(text)
        if token.type != "fence"
    ]


def _inner(token: Token) -> tuple[str, ...]:
    return tuple(child.type for child in token.children or () if child.type not in _SHOWN_AS_TEXT)


def pages(drafts: list[str], title: str) -> tuple[bytes, bytes]:
    """The drafts below each other: the page to read and the page to paste from."""
    whole = "\n".join(drafts)
    return html(whole, title=title, charts={}), paste(whole, title=title, charts={})


def silent(browser: Chromium, page: bytes) -> list[str]:
    """What a browser saw happen in a page in which nothing may."""
    seen: Seen = browser.opened(page)
    happened = [f"blocked: {each}" for each in seen.blocked]
    happened += ["a script is in the page"] if "<script" in seen.document else []
    return happened + ([] if seen.stayed else ["the page went elsewhere"])


def unguarded(address: str) -> tuple[set[str], tuple[bytes, bytes]]:
    """Both pages without policy and without escaping, each place of each field asking for its own path.

    The control for every place in which a page shows what others wrote: a browser that is silent about
    an attack there was able to hear it.
    """
    marks: list[str] = []
    timeline = _marked(small(), marks)
    written = _drafted(timeline, "mark0mark")
    made = []
    for page in (html(written, title="mark0mark", charts={}), paste(written, title="mark0mark", charts={})):
        bare = _POLICY.sub("", page.decode())
        made.append(re.sub(r"mark(\d+)mark", rf"\"></title><img src={address}/f\1>", bare).encode())
    shown = set(re.findall(rf"{re.escape(address)}(/f\d+)>", made[0].decode()))
    return shown, (made[0], made[1])


def _marked(value: Any, marks: list[str], *, name: str = "") -> Any:
    """The value with a word of its own in place of every string that others may have written."""
    if isinstance(value, str) and poisoned(value, "x", name=name) == "x":
        marks.append(f"mark{len(marks) + 1}mark")
        return marks[-1]
    if isinstance(value, tuple):
        return tuple(_marked(each, marks) for each in value)
    if isinstance(value, dict):
        return {key: _marked(each, marks) for key, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **dict(_fields(value, marks)))
    return value


def _fields(value: Any, marks: list[str]) -> Iterator[tuple[str, Any]]:
    for one in fields(value):
        yield one.name, _marked(getattr(value, one.name), marks, name=one.name)
