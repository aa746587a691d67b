"""The one door to the network: a bounded HTTP session, and prometheus-api-client on top of it.

Queries are carried by `PrometheusConnect` over a session of our own. The session bounds time, size,
tries and redirects, and turns whatever goes wrong into one of `collector.errors`; the client then
sees successes only, and hands on their bytes for decoding.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlsplit

import requests
import urllib3
from prometheus_api_client.prometheus_connect import PrometheusConnect
from requests.adapters import DEFAULT_POOLBLOCK, HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, should_bypass_proxies

from collector.errors import CollectError, Unavailable
from collector.http import forms, limits, redirects, retry
from collector.http.answers import failures
from collector.http.answers.bounded import BoundedResponse
from collector.http.answers.replies import Reply
from collector.http.answers.troubles import Trouble, diagnose, unavailable
from collector.http.deadline import Deadline, from_now
from collector.http.settings import HttpSettings
from collector.http.tls import tls_context
from collector.server.doors import Doors
from collector.server.live import Manners, Pairs, PrometheusSource, QueryStat, Stats
from incident.model.spans import Grid, instant
from incident.text.durations import format_duration
from incident.text.secret import Masker

__all__ = ["HttpDoor", "PrometheusSource", "QueryStat", "Stats", "connect"]

_CONNECT_S = 5.0
"""To open a connection; a packet that is lost on the way is sent again after 1 and after 3 seconds."""

_GRACE_S = 5.0
"""Longer than the query's own timeout, so that the server's explanation arrives before we hang up."""

_CHUNK = 64 * 1024
"""Bytes read between two looks at what may still be read."""


def connect(
    settings: HttpSettings,
    *,
    url: str,
    deadline: timedelta,
    on_query: Callable[[QueryStat], None] | None,
) -> PrometheusSource:
    """A source that asks the Prometheus at `url`; nothing is sent yet.

    `deadline` is for everything that is asked of it, from now on. `on_query` is called after each
    question. Raises ConfigError for an address, proxy or certificate that cannot be used.
    """
    base = forms.checked_base(url)
    manners = Manners(settings.query_timeout.total_seconds(), settings.server_stats)
    make = functools.partial(HttpDoor, settings, base, from_now(deadline), limits.Budget())
    return PrometheusSource(base, Doors(make), manners, on_query)


class _Bytes(requests.Response):
    """A success as the client expects one; its "result" is the whole body, undecoded."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.status_code = 200
        self._content = body

    def json(self, **_kwargs: object) -> dict[str, dict[str, bytes]]:
        return {"data": {"result": self.content}}


class _Session(requests.Session):
    """One server's session: sends within the deadline, reads within the budget, retries, redirects."""

    def __init__(self, settings: HttpSettings, base: str, deadline: Deadline, budget: limits.Budget) -> None:
        super().__init__()
        self.trust_env = False
        self.deadline = deadline
        self.budget = budget
        self.wording = failures.Wording(Masker(settings.secrets).mask, settings.credential)
        self.tries = 0
        self.last = Reply(url=base, status=0, body=b"")
        self._follow = settings.follow_redirects
        self._pause = settings.query_timeout.total_seconds() + _GRACE_S
        self._no_post = False
        self.proxies.update(_proxies(settings, base))
        self.headers.update({"User-Agent": "incident-timeline", "Accept": "application/json"})
        self.headers["Accept-Encoding"] = "gzip" if settings.compression else "identity"
        self.headers.update(dict(settings.plain_headers))
        self.headers.update({name: value.reveal() for name, value in settings.headers})

    def send(self, request: requests.PreparedRequest, **kwargs: object) -> requests.Response:
        """The success of a request, or a typed error."""
        options: dict[str, Any] = kwargs | {"stream": True, "allow_redirects": False}
        self.tries = 0
        self.last = self._followed(request, options)
        error = failures.failure(self.last, _query(request), self.wording)
        if error is not None:
            raise error
        return _Bytes(self.last.body)

    def _followed(self, request: requests.PreparedRequest, options: dict[str, Any]) -> Reply:
        """The reply at the end of all redirects, asked in the form that the server accepts."""
        hops = 0
        request = self._fitting(request)
        while True:
            reply = self._persistent(request, options)
            if reply.status in redirects.STATUSES and reply.location:
                request = self._redirected(request, reply, hops)
                hops += 1
            elif reply.status == 405 and request.method == "POST" and not self._no_post:
                self._no_post = True
                request = _as_get(request)
            elif reply.status == 414 and not self._no_post and (posted := _as_post(request)):
                request = posted
            else:
                return reply

    def _fitting(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request in the form that will pass: long ones as POST, unless this server takes none."""
        if self._no_post:
            return _as_get(request) if request.method == "POST" else request
        return (_as_post(request) if forms.too_long(_url(request)) else None) or request

    def _redirected(
        self, request: requests.PreparedRequest, reply: Reply, hops: int
    ) -> requests.PreparedRequest:
        """The same request to where the reply points. Raises where that is not followed."""
        moved = request.copy()
        try:
            moved.url = redirects.next_url(
                _url(request),
                reply.location,
                hops=hops,
                method=request.method or "GET",
                status=reply.status,
                allowed=self._follow,
            )
        except CollectError as error:
            raise type(error)(self.wording.mask(str(error))) from None
        return moved

    def _persistent(self, request: requests.PreparedRequest, options: dict[str, Any]) -> Reply:
        """The reply after as many tries as its failures deserve. Raises Unavailable without one."""
        attempt = 1
        while True:
            outcome = self._once(request, options)
            self.tries += 1
            attempt += 1
            wait = _wait(outcome, attempt)
            if wait is not None and wait < self.deadline.left():
                time.sleep(wait)
            elif isinstance(outcome, Trouble):
                raise unavailable(forms.bare(_url(request)), outcome)
            else:
                return outcome

    def _once(self, request: requests.PreparedRequest, options: dict[str, Any]) -> Reply | Trouble:
        url = forms.bare(_url(request))
        if self.deadline.passed:
            raise self._too_late(url)
        options["timeout"] = (self.deadline.at_most(_CONNECT_S), self.deadline.at_most(self._pause))
        try:
            with contextlib.closing(super().send(request, **options)) as response:
                return self._read(response, url)
        except limits.OverLimit as limit:
            raise failures.over_limit(url, limit, _query(request)) from None
        except (OSError, UnicodeError, urllib3.exceptions.HTTPError) as error:
            if self.deadline.passed:
                raise self._too_late(url) from None
            return diagnose(error, url, proxied=bool(self.proxies))

    def _read(self, response: requests.Response, url: str) -> Reply:
        """The reply with its body, decompressed within the limits."""
        parts: list[bytes] = []
        size = 0
        for part in response.raw.stream(_CHUNK, decode_content=True):
            size += len(part)
            parts.append(part)
            if response.status_code == 200:
                self.budget.take(len(part), size)
            elif size >= limits.ERROR_BYTES:
                break
        return Reply.of(url, response.status_code, b"".join(parts), response.headers)

    def _too_late(self, url: str) -> Unavailable:
        return Unavailable(
            f"{url}: the deadline of {format_duration(self.deadline.length)} for the whole run passed; "
            "ask for a shorter window, or set prometheus.deadline in the configuration"
        )


class HttpDoor:
    """A server as `collector.server.live.Door`: the client for queries, its session for everything else."""

    def __init__(self, settings: HttpSettings, base: str, deadline: Deadline, budget: limits.Budget) -> None:
        self._base = base
        self._session = _Session(settings, base, deadline, budget)
        self._client = PrometheusConnect(url=base, session=self._session)
        # The client has mounted an adapter that retries and reads without bound; ours replaces all.
        self._session.adapters.clear()
        adapter = _Adapter(settings, base, deadline)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self.deadline = deadline
        self.wording = self._session.wording
        self.budget = self._session.budget

    @property
    def last(self) -> Reply:
        return self._session.last

    @property
    def tries(self) -> int:
        return self._session.tries

    def query_range(self, query: str, grid: Grid, params: dict[str, str]) -> bytes:
        last_ms = grid.start_ms + (grid.count - 1) * grid.step_ms
        start, end = forms.seconds(grid.start_ms), forms.seconds(last_ms)
        # The client rounds times to whole seconds; among the parameters they stay exact.
        exact = {"start": start, "end": end} | params
        step = forms.seconds(grid.step_ms)
        body = self._client.custom_query_range(
            query, instant(grid.start_ms), instant(last_ms), step, params=exact
        )
        return cast("bytes", body)

    def query(self, query: str, params: dict[str, str]) -> bytes:
        return cast("bytes", self._client.custom_query(query, params=params))

    def get(self, path: str, params: Pairs) -> bytes:
        return self._session.get(self._base + path, params=list(params)).content

    def post(self, path: str, form: Pairs) -> bytes:
        return self._session.post(self._base + path, data=list(form)).content

    def close(self) -> None:
        self._session.close()


class _Adapter(HTTPAdapter):
    """An adapter without retries of its own, with our TLS context and deadline-bound connections."""

    def __init__(self, settings: HttpSettings, base: str, deadline: Deadline) -> None:
        pause = settings.query_timeout.total_seconds() + _GRACE_S
        self._pools = _pool_classes(functools.partial(BoundedResponse, deadline=deadline, pause=pause))
        self._tls: dict[str, Any] = {}
        if forms.may_need_tls(base) or settings.proxy or settings.proxy_from_environment:
            self._tls["ssl_context"] = tls_context(settings.tls, DEFAULT_CA_BUNDLE_PATH)
        if settings.tls.server_name:
            self._tls |= dict.fromkeys(("server_hostname", "assert_hostname"), settings.tls.server_name)
        super().__init__(max_retries=0)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = DEFAULT_POOLBLOCK, **kwargs: object
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **kwargs, **self._tls)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: object) -> urllib3.ProxyManager:
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **kwargs, **self._tls)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def build_connection_pool_key_attributes(  # type: ignore[no-untyped-def]
        self, request, verify, cert=None
    ):
        """Where to connect; the rest of the pool's key is ours, not that of requests' own TLS rules."""
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {}

    def cert_verify(self, conn: object, url: object, verify: object, cert: object) -> None:
        """Nothing to set: the TLS context says it all."""


def _pool_classes(response_class: Callable[..., BoundedResponse]) -> dict[str, Any]:
    """urllib3's connection pools, whose connections read through `response_class`."""
    # Static: from Python 3.14 on, a partial function in a class would be bound like a method.
    reading = {"response_class": staticmethod(response_class)}
    plain = type("Plain", (urllib3.connection.HTTPConnection,), reading)
    secure = type("Secure", (urllib3.connection.HTTPSConnection,), reading)
    return {
        "http": type("PlainPool", (urllib3.HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("SecurePool", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }


def _proxies(settings: HttpSettings, base: str) -> dict[str, str]:
    """Proxies from the settings, or from the environment only where the settings say so."""
    if settings.proxy_from_environment:
        return dict(get_environ_proxies(base))
    if settings.proxy is None or should_bypass_proxies(base, settings.no_proxy):
        return {}
    return dict.fromkeys(("http", "https"), settings.proxy.reveal())


def _wait(outcome: Reply | Trouble, attempt: int) -> float | None:
    """Seconds before try number `attempt`, or None where another try is not due."""
    if isinstance(outcome, Trouble):
        return retry.wait_before(attempt, "", "", _jitter()) if outcome.retry else None
    if outcome.status == 200:
        # One more try only: an answer that is cut twice is cut by something that lasts.
        return retry.BACKOFF if outcome.is_cut and attempt == 2 else None
    if outcome.status not in retry.RETRIED or failures.is_own_fault(outcome):
        return None
    return retry.wait_before(attempt, outcome.retry_after, outcome.date, _jitter())


def _jitter() -> float:
    """Something in 0..1 that differs between runs started at once: the clock's last digits."""
    return time.monotonic() * 1e6 % 1.0


def _url(request: requests.PreparedRequest) -> str:
    return request.url or ""


def _query(request: requests.PreparedRequest) -> str:
    body = request.body if isinstance(request.body, str) else ""
    return forms.asked(body or urlsplit(_url(request)).query)


def _as_post(request: requests.PreparedRequest) -> requests.PreparedRequest | None:
    """The request with its parameters as a form; None where the endpoint takes none."""
    form = forms.as_form(_url(request)) if request.method == "GET" else None
    if form is None:
        return None
    posted = request.copy()
    posted.method, posted.url = "POST", form[0]
    posted.prepare_body(form[1], None)
    posted.headers["Content-Type"] = "application/x-www-form-urlencoded"
    return posted


def _as_get(request: requests.PreparedRequest) -> requests.PreparedRequest:
    plain = request.copy()
    form = request.body if isinstance(request.body, str) else ""
    plain.method, plain.url, plain.body = "GET", f"{_url(request)}?{form}", None
    for name in ("Content-Type", "Content-Length"):
        plain.headers.pop(name, None)
    return plain
