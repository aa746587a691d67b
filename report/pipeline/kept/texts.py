"""The texts of a draft on disk, read and written as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from incident.text.controls import terminal
from report.pipeline.merging import KeptTexts
from report.pipeline.places import KEPT
from report.render import html, paste
from report.write import OutputError

DRAFT = "postmortem.md"
PAGE = "postmortem.html"
PASTE = "postmortem.paste.html"
NEW_DRAFT = "postmortem.new.md"
_BASE = re.compile(r"base-(\d{4,})\.md")


def base_name(generation: int) -> str:
    """Where the pure text of a generation is kept."""
    return f"{KEPT}/base-{generation:04d}.md"


def base_paths(directory: Path) -> list[tuple[int, Path]]:
    """The generated texts that are kept, by generation."""
    files = (directory / KEPT).glob("base-*.md")
    return sorted((int(m[1]), path) for path in files if (m := _BASE.fullmatch(path.name)))


def kept_texts(directory: Path) -> KeptTexts:
    """The draft on disk and all texts it may have been made from."""
    bases = ((n, text_of(path)) for n, path in base_paths(directory))
    return KeptTexts(text_of(directory / DRAFT), tuple((n, text) for n, text in bases if text is not None))


def text_of(path: Path) -> str | None:
    """A file's text exactly as it is, None only where there is no file."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        where = terminal(str(path))
        raise OutputError(path, f"cannot read {where}: {error.strerror}; nothing was changed") from error


def encoded(text: str) -> bytes:
    """The bytes of a text that people may have saved in another encoding."""
    return text.encode("utf-8", "surrogateescape")


def pages(text: str, title: str, pictures: Mapping[str, bytes]) -> dict[str, bytes]:
    """The HTML page of a draft's text, edited or not, and the one that is pasted into a wiki."""
    return {PAGE: html(text, title=title, charts=pictures), PASTE: paste(text, title=title, charts=pictures)}


def pictures_of(directory: Path) -> dict[str, bytes]:
    """The charts that lie beside a draft, by the path its text names them with."""
    return {f"charts/{p.name}": p.read_bytes() for p in sorted((directory / "charts").glob("*.[sp][vn]g"))}


def title_of(text: str) -> str:
    """The draft's own first heading, as people may have changed it."""
    first = next((line for line in text.splitlines() if line.startswith("# ")), "# postmortem")
    return first.removeprefix("# ").strip()
