"""What each kind of instrumentation exposes of the same service, as rates of growth, with its truth.

Every service here answers 10 requests a second, of which 5 % fail, and all of them take between 50 and
100 ms: whatever exposes it, errors are 0.05, traffic 10 req/s and the 99th percentile 99.5 ms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Labels = Mapping[str, str]

GOOD, BAD = 9.5, 0.5
ERRORS, TRAFFIC, P99, P50, MEAN = 0.05, 10.0, 0.0995, 0.075, 0.08


@dataclass(frozen=True)
class Row:
    """One counter that grows steadily, or a gauge that stands still."""

    metric: str
    labels: Labels
    per_second: float = 0.0
    stands_at: float | None = None


@dataclass(frozen=True)
class Exposed:
    """A service as one family shows it, what should be taken, and what it should come to."""

    service: str
    rows: tuple[Row, ...]
    counter: str
    latency: str = ""
    """Base name of what durations are taken from; empty where there are none."""
    worth: Mapping[str, float] = field(
        default_factory=lambda: {"errors": ERRORS, "traffic": TRAFFIC, "p99": P99, "p50": P50}
    )
    """Each signal to find, and its true value in seconds, requests a second or as a share."""
    dotted: bool = False
    """Only a Prometheus from 3 on stores such names."""


def counted(metric: str, good: Labels, bad: Labels, /, **both: str) -> tuple[Row, ...]:
    """Requests by how they ended."""
    return Row(metric, {**good, **both}, GOOD), Row(metric, {**bad, **both}, BAD)


def buckets(
    base: str, unit: float = 1.0, per_second: float = GOOD + BAD, /, **labels: str
) -> tuple[Row, ...]:
    """A histogram whose requests all took between 50 and 100 ms; `unit` is a second in its own unit."""
    rows = [
        Row(f"{base}_bucket", {**labels, "le": f"{bound * unit:g}"}, per_second if bound >= 0.1 else 0.0)
        for bound in (0.01, 0.05, 0.1, 0.5, 2.5)
    ]
    rows.append(Row(f"{base}_bucket", {**labels, "le": "+Inf"}, per_second))
    rows += [Row(f"{base}_count", labels, per_second), Row(f"{base}_sum", labels, per_second * MEAN * unit)]
    return tuple(rows)


def timed(base: str, good: Labels, bad: Labels, unit: float = 1.0, /, **both: str) -> tuple[Row, ...]:
    """A histogram that also tells how requests ended."""
    return (
        *buckets(base, unit, GOOD, **good, **both),
        *buckets(base, unit, BAD, **bad, **both),
    )


def _status(name: str) -> tuple[Labels, Labels]:
    return {name: "200"}, {name: "503"}


_WITHOUT_LATENCY = {"errors": ERRORS, "traffic": TRAFFIC}
_WITH_MEAN = {**_WITHOUT_LATENCY, "mean latency": MEAN}


def _plain(service: str, counter: str, base: str, label: str, unit: float = 1.0, **both: str) -> Exposed:
    """A counter with status codes, and a histogram without them beside it."""
    own = {"job": service, **both}
    rows = (*counted(counter, *_status(label), **own), *buckets(base, unit, **own))
    return Exposed(service, rows, counter, base)


def _one(
    service: str, base: str, label: str, unit: float = 1.0, *, dotted: bool = False, **both: str
) -> Exposed:
    """A histogram with status codes, which is all there is."""
    own = {"job": service, **both}
    return Exposed(service, timed(base, *_status(label), unit, **own), f"{base}_count", base, dotted=dotted)


_MS = 1000.0

_LIBRARIES = (
    _plain("go-client", "http_requests_total", "http_request_duration_seconds", "code", handler="/pay"),
    _plain(
        "node-client", "http_requests_total", "http_request_duration_seconds", "status_code", route="/pay"
    ),
    _plain("python-client", "http_requests_total", "http_request_duration_seconds", "status", path="/pay"),
    _plain("old-node", "http_requests_total", "http_request_duration_ms", "status", _MS),
    _plain("milli", "http_requests_total", "http_request_duration_milliseconds", "code", _MS),
    _one("express", "http_request_duration_seconds", "status_code", method="GET"),
    _one("express-ms", "http_request_duration_ms", "status_code", _MS),
    _one("otel", "http_server_request_duration_seconds", "http_response_status_code", http_route="/pay"),
    _one("otel-no-suffix", "http_server_request_duration", "http_response_status_code"),
    _one("otel-old", "http_server_duration_milliseconds", "http_status_code", _MS),
    _one("otel-old-no-unit", "http_server_duration", "http_status_code", _MS),
    _one("spring", "http_server_requests_seconds", "status", uri="/pay", exception="None"),
    _one("grafana-app", "grafana_http_request_duration_seconds", "status_code"),
    _plain("ruby", "http_server_requests_total", "http_server_request_duration_seconds", "code"),
    _plain("aspnet", "http_requests_received_total", "http_request_duration_seconds", "code"),
    _plain("flask", "flask_http_request_total", "flask_http_request_duration_seconds", "status"),
    _plain("starlette", "starlette_requests_total", "starlette_request_duration_seconds", "status_code"),
    _plain("gin", "gin_requests_total", "gin_request_duration_seconds", "code"),
    _plain("echo", "echo_requests_total", "echo_request_duration_seconds", "code"),
    _plain("axum", "axum_http_requests_total", "axum_http_requests_duration_seconds", "status"),
    _plain("rails", "rails_requests_total", "rails_request_duration_seconds", "status"),
    _plain("prom", "prometheus_http_requests_total", "prometheus_http_request_duration_seconds", "code"),
    _plain(
        "django",
        "django_http_responses_total_by_status_view_method_total",
        "django_http_requests_latency_seconds_by_view_method",
        "status",
        view="pay",
    ),
    Exposed(
        "fastapi",
        (
            *counted(
                "http_requests_total", {"status": "2xx"}, {"status": "5xx"}, job="fastapi", handler="/pay"
            ),
            *buckets("http_request_duration_highr_seconds", job="fastapi"),
            *(
                Row(
                    "http_request_duration_seconds_bucket",
                    {"job": "fastapi", "handler": "/pay", "le": le},
                    10,
                )
                for le in ("0.1", "0.5", "1", "+Inf")
            ),
        ),
        "http_requests_total",
        "http_request_duration_highr_seconds",
    ),
    Exposed(
        "spring-plain",
        (
            *counted(
                "http_server_requests_seconds_count",
                {"status": "200", "outcome": "SUCCESS"},
                {"status": "500", "outcome": "SERVER_ERROR"},
                application="spring-plain",
                job="apps",
            ),
            Row(
                "http_server_requests_seconds_sum", {"application": "spring-plain", "job": "apps"}, 10 * MEAN
            ),
        ),
        "http_server_requests_seconds_count",
        "http_server_requests_seconds",
        _WITH_MEAN,
    ),
    Exposed(
        "outcomes",
        counted("http_requests_total", {"outcome": "success"}, {"outcome": "failure"}, job="outcomes"),
        "http_requests_total",
        worth=_WITHOUT_LATENCY,
    ),
    Exposed(
        "successes",
        counted("http_requests_total", {"success": "true"}, {"success": "false"}, job="successes"),
        "http_requests_total",
        worth=_WITHOUT_LATENCY,
    ),
    Exposed(
        "summary",
        (
            *counted("http_requests_total", *_status("code"), job="summary"),
            *(
                Row("http_request_duration_seconds", {"job": "summary", "quantile": q}, stands_at=value)
                for q, value in (("0.5", 0.075), ("0.9", 0.09), ("0.95", 0.0975))
            ),
            Row("http_request_duration_seconds_count", {"job": "summary"}, 10),
            Row("http_request_duration_seconds_sum", {"job": "summary"}, 10 * MEAN),
        ),
        "http_requests_total",
        "http_request_duration_seconds",
        {**_WITHOUT_LATENCY, "p95": 0.0975, "p50": 0.075},
    ),
    Exposed(
        "summary-ms",
        (
            *counted("http_requests_total", *_status("code"), job="summary-ms"),
            Row("http_request_duration_ms", {"job": "summary-ms", "quantile": "0.99"}, stands_at=99.5),
        ),
        "http_requests_total",
        "http_request_duration_ms",
        {**_WITHOUT_LATENCY, "p99": P99},
    ),
)

_RPC = (
    Exposed(
        "grpc",
        (
            Row("grpc_server_handled_total", {"job": "grpc", "grpc_code": "OK", "grpc_service": "Pay"}, 9.0),
            # The caller's doing is no failure of the service.
            Row(
                "grpc_server_handled_total",
                {"job": "grpc", "grpc_code": "NotFound", "grpc_service": "Pay"},
                0.5,
            ),
            Row(
                "grpc_server_handled_total",
                {"job": "grpc", "grpc_code": "Internal", "grpc_service": "Pay"},
                0.5,
            ),
            Row(
                "grpc_server_handled_total",
                {"job": "grpc", "grpc_code": "OK", "grpc_service": "grpc.health.v1.Health"},
                7.0,
            ),
            *buckets("grpc_server_handling_seconds", job="grpc", grpc_service="Pay"),
        ),
        "grpc_server_handled_total",
        "grpc_server_handling_seconds",
    ),
    Exposed(
        "grpc-spring",
        timed(
            "grpc_server_processing_duration_seconds",
            {"statusCode": "OK"},
            {"statusCode": "DEADLINE_EXCEEDED"},
            job="grpc-spring",
        ),
        "grpc_server_processing_duration_seconds_count",
        "grpc_server_processing_duration_seconds",
    ),
    Exposed(
        "rpc",
        timed(
            "rpc_server_call_duration_seconds",
            {"rpc_response_status_code": "OK"},
            {"rpc_response_status_code": "UNAVAILABLE"},
            job="shop/rpc",
        ),
        "rpc_server_call_duration_seconds_count",
        "rpc_server_call_duration_seconds",
    ),
    Exposed(
        "rpc-old",
        timed(
            "rpc_server_duration_milliseconds",
            {"rpc_grpc_status_code": "0"},
            {"rpc_grpc_status_code": "13"},
            _MS,
            job="rpc-old",
        ),
        "rpc_server_duration_milliseconds_count",
        "rpc_server_duration_milliseconds",
    ),
    Exposed(
        "rpc-no-unit",
        timed(
            "rpc_server_duration",
            {"rpc_grpc_status_code": "0"},
            {"rpc_grpc_status_code": "4"},
            _MS,
            job="rpc-no-unit",
        ),
        "rpc_server_duration_count",
        "rpc_server_duration",
    ),
    Exposed(
        "coredns",
        (
            *counted(
                "coredns_dns_responses_total", {"rcode": "NXDOMAIN"}, {"rcode": "SERVFAIL"}, job="coredns"
            ),
            *buckets("coredns_dns_request_duration_seconds", job="coredns"),
        ),
        "coredns_dns_responses_total",
        "coredns_dns_request_duration_seconds",
    ),
    Exposed(
        "apiserver",
        (
            *counted("apiserver_request_total", *_status("code"), job="apiserver", verb="GET"),
            # A watch that stays open for an hour is no slow request.
            Row("apiserver_request_total", {"job": "apiserver", "verb": "WATCH", "code": "200"}, 5),
            *buckets("apiserver_request_duration_seconds", job="apiserver", verb="GET"),
            Row(
                "apiserver_request_duration_seconds_bucket",
                {"job": "apiserver", "verb": "WATCH", "le": "2.5"},
                0,
            ),
            Row(
                "apiserver_request_duration_seconds_bucket",
                {"job": "apiserver", "verb": "WATCH", "le": "+Inf"},
                9,
            ),
        ),
        "apiserver_request_total",
        "apiserver_request_duration_seconds",
    ),
)


def _istio(service: str, good: Labels, bad: Labels) -> Exposed:
    """A mesh, which reports each request at both of its ends."""
    own = {"destination_canonical_service": service, "job": "envoy-stats"}
    both = [{"reporter": "source", **own}, {"reporter": "destination", **own}]
    rows = [row for one in both for row in counted("istio_requests_total", good, bad, **one)]
    rows += [row for one in both for row in buckets("istio_request_duration_milliseconds", _MS, **one)]
    return Exposed(service, tuple(rows), "istio_requests_total", "istio_request_duration_milliseconds")


def _spans(service: str, calls: str, base: str, unit: float) -> Exposed:
    """Counts of spans: those of the server are its requests, those of the client are calls to others."""
    own = {"service_name": service, "job": "collector"}
    good, bad = {"status_code": "STATUS_CODE_UNSET"}, {"status_code": "STATUS_CODE_ERROR"}
    return Exposed(
        service,
        (
            *counted(calls, good, bad, span_kind="SPAN_KIND_SERVER", **own),
            Row(calls, {"span_kind": "SPAN_KIND_CLIENT", **good, **own}, 30),
            *buckets(base, unit, span_kind="SPAN_KIND_SERVER", **own),
            *buckets(base, unit, 40, span_kind="SPAN_KIND_CLIENT", **own),
        ),
        calls,
        base,
    )


_MESHES = (
    _istio("mesh", *_status("response_code")),
    _istio(
        "mesh-grpc",
        {"response_code": "200", "grpc_response_status": "0"},
        {"response_code": "200", "grpc_response_status": "14"},
    ),
    Exposed(
        "linkerd",
        (
            *counted(
                "response_total",
                {"classification": "success"},
                {"classification": "failure"},
                deployment="linkerd",
                direction="inbound",
            ),
            Row(
                "response_total",
                {"classification": "success", "deployment": "linkerd", "direction": "outbound"},
                4,
            ),
            *buckets("response_latency_ms", _MS, deployment="linkerd", direction="inbound"),
        ),
        "response_total",
        "response_latency_ms",
    ),
    _spans("spans", "traces_span_metrics_calls_total", "traces_span_metrics_duration_milliseconds", _MS),
    _spans("tempo", "traces_spanmetrics_calls_total", "traces_spanmetrics_latency", 1.0),
    _spans("spans-bare", "calls_total", "duration_milliseconds", _MS),
)


def _proxy(
    service: str, counter: str, base: str, label: str, unit: float = 1.0, *, named: Labels | None = None
) -> Exposed:
    own = {"job": "proxy", **(named or {"service": service})}
    rows = (*counted(counter, *_status(label), **own), *buckets(base, unit, **own))
    return Exposed(service, rows, counter, base)


_PROXIES = (
    _proxy(
        "traefik",
        "traefik_service_requests_total",
        "traefik_service_request_duration_seconds",
        "code",
        named={"service": "traefik@docker"},
    ),
    _proxy(
        "traefik1",
        "traefik_backend_requests_total",
        "traefik_backend_request_duration_seconds",
        "code",
        named={"backend": "traefik1"},
    ),
    _proxy(
        "shop-ingress",
        "nginx_ingress_controller_requests",
        "nginx_ingress_controller_request_duration_seconds",
        "status",
        named={"ingress": "shop-ingress", "exported_service": "shop-ingress", "service": "ingress-nginx"},
    ),
    _proxy("nginx", "nginx_http_requests_total", "nginx_http_request_duration_seconds", "status"),
    _proxy("kong", "kong_http_requests_total", "kong_request_latency_ms", "code", _MS),
    Exposed(
        "haproxy",
        (
            *counted(
                "haproxy_backend_http_responses_total", {"code": "2xx"}, {"code": "5xx"}, proxy="haproxy"
            ),
            Row("haproxy_backend_response_time_average_seconds", {"proxy": "haproxy"}, stands_at=MEAN),
        ),
        "haproxy_backend_http_responses_total",
        "haproxy_backend_response_time_average_seconds",
        _WITH_MEAN,
    ),
    Exposed(
        "caddy",
        (
            *timed("caddy_http_request_duration_seconds", *_status("code"), job="caddy", handler="subroute"),
            # The same requests again, seen by the handler inside.
            *timed(
                "caddy_http_request_duration_seconds", *_status("code"), job="caddy", handler="reverse_proxy"
            ),
        ),
        "caddy_http_request_duration_seconds_count",
        "caddy_http_request_duration_seconds",
    ),
    Exposed(
        "envoy",
        (
            *counted(
                "envoy_cluster_upstream_rq_xx",
                {"envoy_response_code_class": "2"},
                {"envoy_response_code_class": "5"},
                envoy_cluster_name="envoy",
                job="edge",
            ),
            *buckets("envoy_cluster_upstream_rq_time", _MS, envoy_cluster_name="envoy", job="edge"),
        ),
        "envoy_cluster_upstream_rq_xx",
        "envoy_cluster_upstream_rq_time",
    ),
)

_DOTTED = (
    Exposed(
        "dots",
        timed(
            "http.server.request.duration",
            {"http.response.status_code": "200"},
            {"http.response.status_code": "500"},
            **{"service.name": "dots", "job": "shop/all"},
        ),
        "http.server.request.duration_count",
        "http.server.request.duration",
        dotted=True,
    ),
    _one("dots-seconds", "http.server.request.duration_seconds", "http.response.status_code", dotted=True),
    _one("dots-old", "http.server.duration", "http.status_code", _MS, dotted=True),
)

EXPOSED = (*_LIBRARIES, *_RPC, *_MESHES, *_PROXIES, *_DOTTED)
