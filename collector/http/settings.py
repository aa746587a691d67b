"""How to reach and authenticate: what `http_config` and the flags come to, resolved and frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from incident.text.secret import Secret

QUERY_TIMEOUT = timedelta(seconds=30)
"""Default of the time one query may take: longer ones are split, which is kinder to the server."""


_SHORTEST_SECRET = 4
"""Characters: a shorter value stands in too many words to be masked in foreign text."""


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Certificates and checks of an https connection; the system's authorities unless `ca` is given."""

    ca_pem: str = field(default="", repr=False)
    cert_file: Path | None = None
    key_file: Path | None = None
    server_name: str = ""
    """The name expected in the certificate, where it is not the URL's host."""
    insecure_skip_verify: bool = False
    min_version: str = "TLS12"
    """As Prometheus spells it: TLS10, TLS11, TLS12 or TLS13."""


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """One server's access. Everything that may hold a credential is a `Secret`."""

    headers: tuple[tuple[str, Secret], ...] = ()
    """Names and values sent with every request, authorization included."""
    plain_headers: tuple[tuple[str, str], ...] = ()
    """The same for values that are said to be no secrets, such as a tenant's name."""
    tls: TlsSettings = field(default=TlsSettings())
    proxy: Secret | None = None
    """Address of the proxy; a Secret because it may carry a password."""
    no_proxy: str = ""
    proxy_from_environment: bool = False
    follow_redirects: bool = True
    """To the same server only, whatever it says; False refuses those, too."""
    compression: bool = False
    """Ask for gzip: pays on slow links only, costs the server most of a query's time on fast ones."""
    query_timeout: timedelta = QUERY_TIMEOUT
    server_stats: bool = False
    """Ask the server how many samples it loaded; for benchmarks."""
    credential: str = ""
    """Where the credentials come from, in words ("basic_auth of http.yml"); never the credentials."""

    masked: tuple[Secret, ...] = ()
    """Further values that must not show, such as the password inside an encoded header."""

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Everything to be masked in foreign texts; shorter values than a word would mask the words."""
        held = [value for _, value in self.headers] + ([self.proxy] if self.proxy else [])
        return tuple(value for value in (*held, *self.masked) if len(value.reveal()) >= _SHORTEST_SECRET)
