"""Questions that only people can answer: how they are written, and which still stand."""

from __future__ import annotations

import re

from report.render.md import Md
from report.render.parser import prose

_PROMPT = re.compile(r"\[You: ([^\[\]]+)\]")


def ask(question: str) -> Md:
    """One question, visibly open until someone writes over it. The wording is ours, never foreign."""
    if not re.fullmatch(r"[^\[\]|`*_<>\\\n]+", question):
        raise ValueError(f"prompt {question!r}: marks in it would make it unreadable as a prompt")
    return Md(f"[You: {question}]")


def open_prompts(markdown_text: str) -> list[str]:
    """The questions that still stand in a draft, in order; those inside code are quotations."""
    return [found for text in prose(markdown_text) for found in _PROMPT.findall(text)]
