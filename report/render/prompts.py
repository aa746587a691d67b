"""Questions that only people can answer: how they are written, and which still stand."""

from __future__ import annotations

import re

from report.render.pages.parser import prose
from report.render.wording.md import Md, counted

_BANNER = re.compile(r"^(> DRAFT, not reviewed\. )(?:[0-9]+|no) questions?( open\.)", re.MULTILINE)
_PROMPT = re.compile(r"\[You: ([^\[\]]+)\]")


def ask(question: str) -> Md:
    """One question, visibly open until someone writes over it. The wording is ours, never foreign."""
    if not re.fullmatch(r"[^\[\]|`*_<>\\\n]+", question):
        raise ValueError(f"prompt {question!r}: marks in it would make it unreadable as a prompt")
    return Md(f"[You: {question}]")


def open_prompts(markdown_text: str) -> list[str]:
    """The questions that still stand in a draft, in order; those inside code are quotations."""
    return [question for text in prose(markdown_text) for _, question in prompts_in(text)]


def recounted(markdown_text: str) -> str:
    """The draft whose banner counts the questions that stand in it, after some were answered."""
    number = counted(len(open_prompts(markdown_text)), "question", "questions")
    return _BANNER.sub(lambda found: f"{found[1]}{number}{found[2]}", markdown_text, count=1)


def prompts_in(text: str) -> list[tuple[int, str]]:
    """The questions in running text, each with the place where it begins."""
    return [(found.start(), found[1]) for found in _PROMPT.finditer(text)]


def is_open(text: str) -> bool:
    """Whether there is nothing in the text but open questions."""
    return bool(_PROMPT.search(text)) and not _PROMPT.sub("", text).strip()
