"""The settings of one run, resolved: flags over environment over file over defaults."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.errors import ConfigError
from collector.http.settings import HttpSettings
from collector.signals.custom import WantedSignal
from incident.model.policy import Policy

URL_VARIABLE = "PROMETHEUS_URL"
"""The environment variable the community uses for the server's address."""

ALERTMANAGER_VARIABLE = "ALERTMANAGER_URL"

_TENANT_HEADER = "x-scope-orgid"

MIN_IMPACT = timedelta(minutes=2)
"""Default of what `scan` drafts: below two minutes a human has hardly begun to look, and a restart or a
failover that did its work is over."""

CONCURRENCY = 2
"""Default of what `scan` asks at once: one answer is read while the next is made, and a server of two cores
still has one for everybody else."""
MOST_AT_ONCE = 16
"""More than this is no guest: Prometheus itself evaluates twenty queries at a time, everybody's together."""

QUERY_SAMPLES = 10_000_000
"""Default of what a question of the screening may make the server hold at once: a fifth of what Prometheus
allows a query (`--query.max-samples`, 50 million): two of ours leave room, also where less is allowed."""
LEAST_QUERY_SAMPLES = 1_000
"""With less, a screening would be thousands of questions."""
RUN_QUERIES = 2_500
"""Default of what one run of `scan` may ask: some fifty close looks, and minutes of a server's time."""
RUN_SAMPLES = 8_000_000
"""Default of what it may receive: below the ten million that 256 MiB of answers hold, which end any run."""
CACHE_MIB = 256
"""Default bound of what `scan` remembers: two days of a thousand services are about a tenth of it."""


@dataclass(frozen=True, slots=True)
class Flags:
    """What the command line said; None or empty = not said."""

    prometheus: str | None = None
    http_config_file: Path | None = None
    headers: tuple[str, ...] = ()
    """As given: NAME=VALUE."""
    timezone: str | None = None
    output: Path | None = None
    service: str | None = None
    match: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    """As given: NAME=PROMQL."""
    form: str | None = None
    templates: Path | None = None

    alertmanager: str | None = None

    def __repr__(self) -> str:
        """Without the headers, which may hold credentials."""
        return f"Flags(prometheus={self.prometheus!r}, service={self.service!r})"


@dataclass(frozen=True, slots=True)
class NamedSource:
    """One of several data sources, such as a region or a tenant."""

    name: str
    url: str
    http: HttpSettings
    deadline: timedelta


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything configurable, checked. Credentials are `Secret`s throughout."""

    url: str
    """Of the server; empty where none was given, which only a replay does without."""
    http: HttpSettings
    timezone: ZoneInfo
    """For display, and to read times without an offset if `timezone_given`."""
    timezone_given: bool
    output: Path
    service: str
    match: tuple[str, ...]
    """Label matchers as written, each valid PromQL."""
    signals: tuple[WantedSignal, ...]
    discovery: bool
    policy: Policy
    link_base: str
    """Address of Prometheus for links in the draft: the external one, else `url`."""
    deadline: timedelta
    min_impact: timedelta = MIN_IMPACT
    """Impact that lasted less than this gets no draft from `scan`; a window asked for with `draft` does."""
    concurrency: int = CONCURRENCY
    """How many questions `scan` has under way at once."""
    query_samples: int = QUERY_SAMPLES
    """Samples that a question of the screening may make the server hold at once; longer ones go in parts."""
    run_queries: int = RUN_QUERIES
    """After so many questions of close looks `scan` begins none any more."""
    run_samples: int = RUN_SAMPLES
    """The same for the samples received."""
    cache_mib: int = CACHE_MIB
    """How large what `scan` remembers of the past may grow; 0: it remembers nothing."""
    form: str = ""
    """Which form of the draft; empty where none is named."""
    templates: Path | None = None
    """Directory of a team's own templates; None where none is named."""
    alertmanager: str = ""
    """Address of the Alertmanager whose silences are read; empty for none."""
    alertmanager_http: HttpSettings = field(default_factory=HttpSettings)
    """How to reach it: its own settings, or those of Prometheus where it has the same address."""

    sources: tuple[NamedSource, ...] = ()
    """What `scan` asks one after the other, in place of `url`; empty for `url` alone."""

    def of_source(self, one: NamedSource) -> Settings:
        """The same settings with this source in place of `url`."""
        return replace(self, url=one.url, http=one.http, deadline=one.deadline, link_base=one.url, sources=())

    @property
    def server(self) -> str:
        """The server's address. Raises ConfigError where none was given."""
        if not self.url:
            raise ConfigError(
                "prometheus url: not given; use --prometheus URL, the environment variable "
                f"{URL_VARIABLE}, or prometheus.url in the configuration"
            )
        return self.url

    @property
    def tenant(self) -> str:
        """A stable mark of the tenant asked, empty where none is named; not the tenant's name."""
        named = [*self.http.plain_headers, *((name, value.reveal()) for name, value in self.http.headers)]
        for name, value in named:
            if name.lower() == _TENANT_HEADER:
                return hashlib.sha256(value.encode()).hexdigest()[:8]
        return ""
