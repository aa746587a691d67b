"""Texts that a draft has had: each one that a refresh displaced, by number, and the way back to it.

A name holds the digest of its text. A file whose text is another was saved after it was displaced, by an
editor that had it open: that is told once, and the text is there.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from report.merge import generation_of
from report.pipeline.kept.texts import DRAFT, base_paths, encoded, text_of
from report.pipeline.places import KEPT

HISTORY = f"{KEPT}/history"
_NAME = re.compile(r"(\d{4,})-([0-9a-f]{12})(\.\d+)?\.md")
"""A second number stands where somebody saved in the moment of a refresh; its text is any."""
_LATEST = 50
"""Displaced texts that are always kept: two days of an hourly refresh that somebody edits in between each."""
_MOST = 500
"""And no more than these, whatever they hold."""
_BASES = 20
"""Latest generated texts, kept beside those that the history names: for copies in wikis and mails."""


@dataclass(frozen=True, slots=True)
class Displaced:
    """One text that the draft has had."""

    number: int
    path: Path
    digest: str
    """Of its text when it was displaced; empty where that is not known."""

    @property
    def text(self) -> str:
        """As it was saved; empty where it is gone."""
        return text_of(self.path) or ""


def displaced(directory: Path) -> tuple[Displaced, ...]:
    """The texts that were displaced in this draft, the first one first."""
    found = [
        Displaced(int(match[1]), path, "" if match[3] else match[2])
        for path in (directory / HISTORY).glob("*.md")
        if (match := _NAME.fullmatch(path.name))
    ]
    return tuple(sorted(found, key=lambda each: (each.number, each.path.name)))


def next_name(directory: Path, text: str) -> str:
    """Where the text is kept when it is displaced; where it is already, if it was the last one to be."""
    known = displaced(directory)
    if known and known[-1].text == text:
        return f"{HISTORY}/{known[-1].path.name}"
    return f"{HISTORY}/{known[-1].number + 1 if known else 1:04d}-{_digest(text)}.md"


def _digest(text: str) -> str:
    return hashlib.sha256(encoded(text)).hexdigest()[:12]


def saved_late(directory: Path) -> tuple[Path, ...]:
    """Displaced texts that somebody saved again afterwards, each told once: it gets its text's name."""
    late = []
    for each, digest in _changed(directory):
        with contextlib.suppress(OSError):
            late.append(each.path.rename(each.path.with_name(f"{each.number:04d}-{digest}.md")))
    return tuple(late)


def saved_elsewhere(directory: Path) -> bool:
    """Whether there are such texts; they are left for `saved_late` to tell."""
    return bool(_changed(directory))


def _changed(directory: Path) -> list[tuple[Displaced, str]]:
    """Displaced texts that are no longer what their names say, with the digests of what they are."""
    both = ((each, _digest(each.text)) for each in displaced(directory))
    return [(each, digest) for each, digest in both if each.digest not in ("", digest)]


def prune(directory: Path) -> None:
    """Removes what nobody can miss: old texts all of whose lines stand in younger ones, and old bases.

    What cannot be removed stays; a refresh does not fail by it.
    """
    with contextlib.suppress(OSError):
        kept = _pruned_texts(directory)
        named = {generation_of(text) for text in (*kept, text_of(directory / DRAFT) or "")}
        bases = base_paths(directory)
        for number, path in bases[: max(0, len(bases) - _BASES)]:
            if number not in named:
                path.unlink()


def _pruned_texts(directory: Path) -> list[str]:
    """The texts that stay."""
    texts = [text_of(directory / DRAFT) or ""]
    texts += [text for _, path in base_paths(directory) if (text := text_of(path))]
    known = {line.strip() for text in texts for line in text.splitlines()}
    stay: list[str] = []
    for each in reversed(displaced(directory)):
        lines = {line.strip() for line in each.text.splitlines()}
        if len(stay) < _LATEST or (not lines <= known and len(stay) < _MOST):
            stay.append(each.text)
            known |= lines
        else:
            each.path.unlink()
    return stay
