"""Whether the address is that of the API and, where it is not, whether a usual path below it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit, urlunsplit

from collector.errors import AccessRefused, CollectError, Unavailable
from collector.http.answers.failures import LoginPage, NoEndpoint, NotTheApi
from collector.source import Source
from incident.model.spans import Grid

Open = Callable[[str], Source]
"""Connects to another address of the same server with the same credentials."""

# Where the API lies behind a proxy or Mimir, in Cortex, in a VictoriaMetrics cluster, and by habit.
_PREFIXES = ("/prometheus", "/api/prom", "/select/0/prometheus", "/prom")
# Paths of the pages that people copy from the browser.
_PAGES = ("/graph", "/query", "/api/v1", "/alerts", "/targets", "/classic/graph")
_ONE_POINT = Grid(0, 60_000, 1)


def require_api(source: Source, open_at: Open) -> None:
    """Asks for nothing but an answer. Raises what the source raises; where the address is not that of
    the API but one beside it is, that one stands in the message."""
    try:
        answers(source)
    except (NoEndpoint, NotTheApi, LoginPage) as error:
        found = next(_elsewhere(source.url, open_at), "")
        if not found:
            raise
        raise Unavailable(
            f"{source.url}: no Prometheus API there, but there is one at {found}; use --prometheus {found}"
        ) from error


def answers(source: Source) -> None:
    """One evaluation of a constant, which needs no data and passes every limit."""
    source.range("vector(1)", _ONE_POINT)


def _elsewhere(url: str, open_at: Open) -> Iterator[str]:
    """Addresses on the same server that answer, or would if we were let in."""
    for candidate in _candidates(url):
        try:
            answers(open_at(candidate))
        except LoginPage:
            continue
        except AccessRefused:
            # Somebody guards it: it is there, and the message of the next run says what is wanted.
            yield candidate
        except CollectError:
            continue
        else:
            yield candidate


def _candidates(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    page = next((page for page in _PAGES if path.endswith(page)), None)
    paths = [path.removesuffix(page)] if page else []
    paths += [f"{base}{prefix}" for base in dict.fromkeys((*paths, path, "")) for prefix in _PREFIXES]
    for one in dict.fromkeys([*paths, ""]):
        if one != path:
            yield urlunsplit(parts._replace(path=one))
