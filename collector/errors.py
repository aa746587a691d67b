"""What can go wrong while asking; each says what, where, why and what to do next.

CollectError
├── ConfigError        the configuration or a flag is wrong; nothing was asked          (exit 2)
├── AmbiguousService   the name exists in several namespaces or clusters                (exit 2)
├── NoData             the source answered, but knows nothing of the service or window  (exit 4)
├── Unavailable        refused, hung, cut off, not JSON, 5xx                            (exit 5)
├── AccessRefused      401, 403, 407, or a login page                                   (exit 6)
└── QueryRejected      one query was refused (400, 422); costs its own signal only
    └── TooExpensive   a limit of the server was hit; narrower or coarser may pass
"""

from __future__ import annotations


class CollectError(Exception):
    """Base of everything `collector` raises; its text is one line, masked, fit for a terminal."""


class ConfigError(CollectError):
    """A setting is missing, unknown, mistyped or contradicts another one."""


class AmbiguousService(CollectError):
    """The service's name stands for several services; the text lists them with the flag to choose.

    `label` tells them apart, by one of `places` each.
    """

    def __init__(self, message: str, *, label: str = "", places: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.label = label
        self.places = places


class NoData(CollectError):
    """The source is there and answers, but has nothing for this service in this window."""


class Unavailable(CollectError):
    """The source cannot be reached or its answer cannot be read."""


class AccessRefused(CollectError):
    """The source, or a proxy before it, does not let us in."""


class QueryRejected(CollectError):
    """The server refused one query; carries its status, errorType and text."""

    def __init__(self, message: str, *, status: int, error_type: str, server_text: str, query: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_type = error_type
        self.server_text = server_text
        self.query = query


class TooExpensive(QueryRejected):
    """The query passes a limit of the server: points, samples, length or time."""
