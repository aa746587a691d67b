"""The keys of `config.yaml` and of Prometheus' `http_config`, as they are written."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from collector.config.settings import (
    CACHE_MIB,
    CONCURRENCY,
    MIN_IMPACT,
    QUERY_SAMPLES,
    RUN_QUERIES,
    RUN_SAMPLES,
)
from collector.http.settings import QUERY_TIMEOUT
from incident.model.policy import Policy
from incident.model.signals import Kind, Role, Worse
from incident.text.secret import Secret

DEADLINE = timedelta(minutes=5)
"""Default for everything a run asks: ten times the longest query, and short enough for a cron job."""

_POLICY = Policy()


class BasicAuth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    username: str = ""
    username_file: str = ""
    password: Secret | None = None
    password_file: str = ""


class Authorization(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: str = "Bearer"
    credentials: Secret | None = None
    credentials_file: str = ""


class TlsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ca: str = ""
    ca_file: str = ""
    cert: str = ""
    cert_file: str = ""
    key: Secret | None = None
    key_file: str = ""
    server_name: str = ""
    insecure_skip_verify: bool = False
    min_version: str = ""
    max_version: str = ""


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    values: tuple[str, ...] = ()
    secrets: tuple[Secret, ...] = ()
    files: tuple[str, ...] = ()


class OAuth2(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Known by name, so that the message is "not supported" and not "unknown key"."""

    client_id: str = ""
    client_secret: Secret | None = None
    client_secret_file: str = ""
    token_url: str = ""
    scopes: tuple[str, ...] = ()
    endpoint_params: dict[str, str] = {}
    tls_config: TlsConfig | None = None
    proxy_url: Secret | None = None


class HttpConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`http_config` of Prometheus, its keys and defaults."""

    basic_auth: BasicAuth | None = None
    authorization: Authorization | None = None
    oauth2: OAuth2 | None = None
    bearer_token: Secret | None = None
    bearer_token_file: str = ""
    tls_config: TlsConfig | None = None
    proxy_url: Secret | None = None
    no_proxy: str = ""
    proxy_from_environment: bool = False
    proxy_connect_header: dict[str, tuple[Secret, ...]] = {}
    follow_redirects: bool = True
    enable_http2: bool = True
    """Accepted for the sake of shared files; HTTP/1.1 is spoken either way."""
    http_headers: dict[str, Header] = {}


class PrometheusKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    url: str = ""
    http_config: HttpConfig | None = None
    http_config_file: str = ""
    headers: dict[str, Secret] = {}
    deadline: timedelta = DEADLINE
    query_timeout: timedelta = QUERY_TIMEOUT
    compression: bool = False


class SourceKeys(PrometheusKeys, frozen=True, forbid_unknown_fields=True):
    """One of several data sources of `scan`; `deadline` is for everything that is asked of it."""

    name: str = ""


class SignalKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    query: str
    kind: Kind | None = None
    unit: str | None = None
    worse: Worse | None = None
    role: Role | None = None
    limit: float | None = None


class PolicyKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    partial_outage_ratio: float = _POLICY.partial_outage_ratio
    down_ratio: float = _POLICY.down_ratio
    lost_traffic_ratio: float = _POLICY.lost_traffic_ratio
    recovery_hold: timedelta = _POLICY.recovery_hold
    quiet_gap: timedelta = _POLICY.quiet_gap


class AlertmanagerKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    url: str = ""
    http_config: HttpConfig | None = None
    http_config_file: str = ""


class LinkKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    prometheus: str = ""


class ScanKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    min_impact: timedelta = MIN_IMPACT
    concurrency: int = CONCURRENCY
    query_samples: int = QUERY_SAMPLES
    run_queries: int = RUN_QUERIES
    run_samples: int = RUN_SAMPLES
    cache_mib: int = CACHE_MIB


class ConfigKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of `config.yaml`."""

    prometheus: PrometheusKeys = PrometheusKeys()
    alertmanager: AlertmanagerKeys = AlertmanagerKeys()
    sources: tuple[SourceKeys, ...] = ()
    timezone: str = ""
    output: str = ""
    service: str = ""
    match: tuple[str, ...] = ()
    discovery: bool = True
    signals: tuple[SignalKeys, ...] = ()
    policy: PolicyKeys = PolicyKeys()
    links: LinkKeys = LinkKeys()
    scan: ScanKeys = ScanKeys()
    form: str = ""
    templates: str = ""
