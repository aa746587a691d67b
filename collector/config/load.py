"""`load_settings`: everything that was said, in order of precedence, with every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from collector.config.convert import Reader
from collector.config.http_config import header_problem, http_settings, load_http_config
from collector.config.schema import ConfigKeys, PrometheusKeys
from collector.config.settings import (
    ALERTMANAGER_VARIABLE,
    LEAST_QUERY_SAMPLES,
    MOST_AT_ONCE,
    URL_VARIABLE,
    Flags,
    NamedSource,
    Settings,
)
from collector.errors import ConfigError
from collector.http.forms import checked_base, same_address
from collector.http.settings import HttpSettings
from collector.signals.custom import WantedSignal
from collector.strict_yaml import Document, KeyPath, load_file
from incident.model.policy import Policy
from incident.text.errors import TextError
from incident.text.instants import zone
from incident.text.markup.links import url_or_none
from incident.text.promql import parse_matchers
from incident.text.secret import Secret

T = TypeVar("T")

DEFAULT_FILE = Path("config.yaml")
"""Read when it is there and no other is named."""

_NAME_LENGTH = 60
"""Of a signal: it heads charts and rows."""


def load_settings(flags: Flags, env: Mapping[str, str], path: Path | None) -> Settings:
    """The settings of a run; `path` is a configuration that must exist, None the default one if any.

    Raises ConfigError with all problems in one line, each with the flag, variable or key it is about.
    """
    named = path if path is not None else DEFAULT_FILE
    missing = path is None and not named.exists() and not named.is_symlink()
    document = Document(str(named), None) if missing else load_file(named, what="configuration")
    loader = _Loader(flags, env, Reader(document), named.parent)
    settings = loader.settings()
    problems = loader.problems
    if problems:
        counted = f"{len(problems)} problems: " if len(problems) > 1 else ""
        raise ConfigError(counted + "; ".join(problems))
    return settings


class _Loader:
    """Joins the sources key by key; collects problems instead of stopping at the first."""

    def __init__(self, flags: Flags, env: Mapping[str, str], reader: Reader, base: Path) -> None:
        self._flags = flags
        self._env = env
        self._reader = reader
        self._base = base
        self._keys = reader.struct(ConfigKeys)
        self._own: list[str] = []

    @property
    def problems(self) -> list[str]:
        """Of the file first, then those of flags and environment."""
        return self._reader.problems + self._own

    def settings(self) -> Settings:
        """The settings; only to be used where there are no problems."""
        flags, keys = self._flags, self._keys
        url, http = self._url(), self._http(keys.prometheus, ("prometheus",))
        name = flags.timezone or keys.timezone
        return Settings(
            url=url,
            http=http,
            timezone=self._timezone(name),
            timezone_given=bool(name),
            output=flags.output or Path(keys.output or "reports"),
            service=flags.service if flags.service is not None else keys.service,
            match=self._match(),
            signals=self._signals(),
            discovery=keys.discovery,
            policy=self._policy(),
            link_base=self._link_base() or url,
            deadline=self._positive("deadline", keys.prometheus.deadline),
            min_impact=self._min_impact(),
            concurrency=self._concurrency(),
            query_samples=self._at_least("query_samples", keys.scan.query_samples, LEAST_QUERY_SAMPLES),
            run_queries=self._at_least("run_queries", keys.scan.run_queries, 1),
            run_samples=self._at_least("run_samples", keys.scan.run_samples, 1),
            cache_mib=self._at_least("cache_mib", keys.scan.cache_mib, 0),
            sources=self._sources(),
            form=flags.form or keys.form,
            templates=flags.templates or (self._base / keys.templates if keys.templates else None),
            alertmanager=(alertmanager := self._alertmanager()),
            alertmanager_http=self._alertmanager_http(alertmanager, url, http),
        )

    def _url(self) -> str:
        sources = (
            ("--prometheus", self._flags.prometheus),
            (URL_VARIABLE, self._env.get(URL_VARIABLE)),
            (self._reader.document.at(("prometheus", "url")), self._keys.prometheus.url),
        )
        return self._address(sources, "prometheus url")

    def _alertmanager(self) -> str:
        sources = (
            ("--alertmanager", self._flags.alertmanager),
            (ALERTMANAGER_VARIABLE, self._env.get(ALERTMANAGER_VARIABLE)),
            (self._reader.document.at(("alertmanager", "url")), self._keys.alertmanager.url),
        )
        return self._address(sources, "alertmanager url")

    def _address(self, sources: tuple[tuple[str, str | None], ...], what: str) -> str:
        """The first address that is given, checked; empty where none is."""
        for source, url in sources:
            if url:
                try:
                    return checked_base(url, what)
                except ConfigError as error:
                    self._own.append(f"{source}: {error}")
                    return ""
        return ""

    def _alertmanager_http(self, url: str, prometheus: str, http: HttpSettings) -> HttpSettings:
        """Its own settings; credentials of Prometheus go to the same address only."""
        keys, reader = self._keys.alertmanager, self._reader
        if keys.http_config is not None and keys.http_config_file:
            reader.wrong(("alertmanager", "http_config_file"), "at most one of http_config and this")
        try:
            if keys.http_config_file:
                return load_http_config(self._base / keys.http_config_file)
            if keys.http_config is not None:
                return http_settings(keys.http_config, reader, ("alertmanager", "http_config"), self._base)
        except ConfigError as error:
            self._own.append(str(error))
        return http if url and same_address(url, prometheus) else HttpSettings()

    def _sources(self) -> tuple[NamedSource, ...]:
        """Each with a name of its own and an address; what a flag says of headers goes to all of them."""
        found: dict[str, NamedSource] = {}
        for index, keys in enumerate(self._keys.sources):
            path: KeyPath = ("sources", index)
            if not keys.name.strip() or keys.name in found:
                self._reader.wrong((*path, "name"), "needs a name that no other source has")
            try:
                url = checked_base(keys.url)
            except ConfigError as error:
                self._reader.wrong((*path, "url"), str(error))
                url = ""
            http = self._http(keys, path)
            found[keys.name] = NamedSource(keys.name, url, http, self._positive("deadline", keys.deadline))
        return tuple(found.values())

    def _http(self, keys: PrometheusKeys, path: KeyPath) -> HttpSettings:
        """From the flag's file, else the file named in the configuration, else what stands there."""
        try:
            found = self._http_config(keys, path)
        except ConfigError as error:
            self._own.append(str(error))
            found = HttpSettings()
        given = [*keys.headers.items(), *filter(None, map(self._header, self._flags.headers))]
        for name, value in given:
            found = self._with_header(found, name, value)
        return replace(
            found,
            compression=keys.compression,
            query_timeout=self._positive("query_timeout", keys.query_timeout),
        )

    def _http_config(self, keys: PrometheusKeys, path: KeyPath) -> HttpSettings:
        if keys.http_config is not None and keys.http_config_file:
            self._reader.wrong((*path, "http_config_file"), "at most one of http_config and this")
        if self._flags.http_config_file is not None:
            return load_http_config(self._flags.http_config_file)
        if keys.http_config_file:
            return load_http_config(self._base / keys.http_config_file)
        if keys.http_config is not None:
            return http_settings(keys.http_config, self._reader, (*path, "http_config"), self._base)
        return HttpSettings()

    def _header(self, text: str) -> tuple[str, Secret] | None:
        name, equals, value = text.partition("=")
        if not equals:
            self._own.append("--header: expected NAME=VALUE, such as X-Scope-OrgID=team-a")
            return None
        return name.strip(), Secret(value.strip())

    def _with_header(self, http: HttpSettings, name: str, value: Secret) -> HttpSettings:
        """The later header wins, but a second way to authenticate is a contradiction."""
        why = header_problem(name, value, authorization=True)
        lowered = name.lower()
        if not why and lowered == "authorization" and http.credential:
            why = f"contradicts {http.credential}; give one of them"
        if why:
            self._own.append(f"header: {why}")
            return http
        others = tuple(pair for pair in http.headers if pair[0].lower() != lowered)
        plain = tuple(pair for pair in http.plain_headers if pair[0].lower() != lowered)
        source = "header Authorization" if lowered == "authorization" else http.credential
        token = Secret(value.reveal().rpartition(" ")[2])
        return replace(
            http,
            headers=(*others, (name, value)),
            plain_headers=plain,
            credential=source,
            masked=(*http.masked, token),
        )

    def _timezone(self, name: str) -> ZoneInfo:
        try:
            return zone(name or "UTC")
        except TextError as error:
            self._at("--timezone" if self._flags.timezone else "timezone", error)
            return zone("UTC")

    def _match(self) -> tuple[str, ...]:
        source, texts = ("--match", self._flags.match) if self._flags.match else ("match", self._keys.match)
        for text in texts:
            try:
                parse_matchers(text)
            except TextError as error:
                self._at(source, error)
        return texts

    def _signals(self) -> tuple[WantedSignal, ...]:
        """Those of the file, with the flags' in place of the same names or behind."""
        wanted: dict[str, WantedSignal] = {}
        for index, keys in enumerate(self._keys.signals):
            if keys.name in wanted:
                self._reader.wrong(("signals", index, "name"), f"{keys.name!a} is given twice")
            self._check_signal(f"signals[{index}]", keys.name, keys.query)
            wanted[keys.name] = WantedSignal(
                keys.name, keys.query, keys.kind, keys.unit, keys.worse, keys.role, keys.limit
            )
        for text in self._flags.signals:
            name, equals, query = (part.strip() for part in text.partition("="))
            if not equals:
                self._own.append("--signal: expected NAME=PROMQL, such as 'queue=sum(queue_depth)'")
                continue
            self._check_signal("--signal", name, query)
            wanted[name] = WantedSignal(name, query)
        return tuple(wanted.values())

    def _check_signal(self, source: str, name: str, query: str) -> None:
        if not name.strip() or len(name) > _NAME_LENGTH or not name.isprintable():
            self._own.append(f"{source}: a name of 1 to {_NAME_LENGTH} printable characters is needed")
        if not query.strip():
            self._own.append(f"{source}: the query is empty")

    def _policy(self) -> Policy:
        keys = self._keys.policy
        wrong = self._reader.wrong
        if not 0 < keys.partial_outage_ratio <= keys.down_ratio <= 1:
            wrong(("policy",), "0 < partial_outage_ratio <= down_ratio <= 1 must hold (0.25 is 25 %)")
        if not 0 <= keys.lost_traffic_ratio < 1:
            wrong(("policy", "lost_traffic_ratio"), "must be at least 0 and below 1 (0.1 is 10 %)")
        if not timedelta(0) < keys.recovery_hold <= keys.quiet_gap:
            wrong(("policy",), "0 < recovery_hold <= quiet_gap must hold")
        return Policy(
            partial_outage_ratio=keys.partial_outage_ratio,
            down_ratio=keys.down_ratio,
            lost_traffic_ratio=keys.lost_traffic_ratio,
            recovery_hold=keys.recovery_hold,
            quiet_gap=keys.quiet_gap,
        )

    def _link_base(self) -> str:
        given = self._keys.links.prometheus
        link = url_or_none(given) if given else ""
        if link is None:
            self._reader.wrong(("links", "prometheus"), "not an http(s) address without credentials")
        return (link or "").rstrip("/")

    def _min_impact(self) -> timedelta:
        value = self._keys.scan.min_impact
        if value < timedelta(0):
            self._reader.wrong(("scan", "min_impact"), "must not be below 0")
        return value

    def _concurrency(self) -> int:
        value = self._keys.scan.concurrency
        if not 1 <= value <= MOST_AT_ONCE:
            self._reader.wrong(("scan", "concurrency"), f"must be between 1 and {MOST_AT_ONCE}")
        return value

    def _at_least(self, key: str, value: int, least: int) -> int:
        if value < least:
            self._reader.wrong(("scan", key), f"must not be below {least}")
        return value

    def _positive(self, key: str, value: timedelta) -> timedelta:
        if value < timedelta(seconds=1):
            self._reader.wrong(("prometheus", key), "must be at least 1s")
        return value

    def _at(self, source: str, error: TextError) -> None:
        """A flag is named as it is, a key with its place in the file."""
        if source.startswith("--"):
            self._own.append(f"{source}: {error}")
        else:
            self._reader.wrong((source,), str(error))
