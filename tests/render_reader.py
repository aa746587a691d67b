"""Reads an HTML page as far as tests ask about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class Page:
    """What is in a page: elements, addresses, text."""

    elements: set[str] = field(default_factory=set)
    event_handlers: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    styled: list[str] = field(default_factory=list)
    starts: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of each element of that name."""
        return [attributes for name, attributes in self.starts if name == tag]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.page.elements.add(tag)
        self.page.starts.append((tag, values))
        self.page.event_handlers += [name for name in values if name.startswith("on")]
        self.page.styled += [tag for name in values if name == "style"]
        if tag == "a":
            self.page.links.append(values.get("href", "#"))
        if tag == "img":
            self.page.pictures.append(values.get("src", ""))

    def handle_data(self, data: str) -> None:
        self.page.text += data


def read_page(data: bytes) -> Page:
    """The page of those bytes, which are UTF-8."""
    reader = _Reader()
    reader.feed(data.decode("utf-8"))
    reader.close()
    return reader.page
