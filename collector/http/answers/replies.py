"""One HTTP answer, read to its end or to its cap, before anybody judges it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, the headers that matter, and the decoded body. `url` is bare: safe to print."""

    url: str
    status: int
    body: bytes
    content_type: str = ""
    retry_after: str = ""
    date: str = ""
    location: str = ""

    @classmethod
    def of(cls, url: str, status: int, body: bytes, headers: Mapping[str, str]) -> Reply:
        """From a bare address, a body and headers whose names are in any case."""
        names = {name.lower(): value for name, value in headers.items()}
        return cls(
            url=url,
            status=status,
            body=body,
            content_type=names.get("content-type", ""),
            retry_after=names.get("retry-after", ""),
            date=names.get("date", ""),
            location=names.get("location", ""),
        )

    @property
    def is_page(self) -> bool:
        """A web page instead of an answer of the API."""
        start = self.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        return start == b"<" or (start != b"{" and "html" in self.content_type.lower())

    @property
    def is_cut(self) -> bool:
        """JSON that began and does not end: a connection closed early without saying so."""
        return self.body.lstrip()[:1] == b"{" and self.body.rstrip()[-1:] != b"}"
