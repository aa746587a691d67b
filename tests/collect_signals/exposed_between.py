"""What stands between services exposes of one: meshes, collectors of spans, proxies."""

from __future__ import annotations

from tests.collect_signals.exposition import (
    MEAN,
    MS,
    WITH_MEAN,
    Exposed,
    Labels,
    Row,
    buckets,
    by_status,
    counted,
    timed,
)


def _istio(service: str, good: Labels, bad: Labels) -> Exposed:
    """A mesh, which reports each request at both of its ends."""
    own = {"destination_canonical_service": service, "job": "envoy-stats"}
    both = [{"reporter": "source", **own}, {"reporter": "destination", **own}]
    rows = [row for one in both for row in counted("istio_requests_total", good, bad, **one)]
    rows += [row for one in both for row in buckets("istio_request_duration_milliseconds", MS, **one)]
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


MESHES = (
    _istio("mesh", *by_status("response_code")),
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
            *buckets("response_latency_ms", MS, deployment="linkerd", direction="inbound"),
        ),
        "response_total",
        "response_latency_ms",
    ),
    _spans("spans", "traces_span_metrics_calls_total", "traces_span_metrics_duration_milliseconds", MS),
    _spans("tempo", "traces_spanmetrics_calls_total", "traces_spanmetrics_latency", 1.0),
    _spans("spans-bare", "calls_total", "duration_milliseconds", MS),
)


def _proxy(
    service: str, counter: str, base: str, label: str, unit: float = 1.0, *, named: Labels | None = None
) -> Exposed:
    own = {"job": "proxy", **(named or {"service": service})}
    rows = (*counted(counter, *by_status(label), **own), *buckets(base, unit, **own))
    return Exposed(service, rows, counter, base)


PROXIES = (
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
    _proxy("kong", "kong_http_requests_total", "kong_request_latency_ms", "code", MS),
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
        WITH_MEAN,
    ),
    Exposed(
        "caddy",
        (
            *timed(
                "caddy_http_request_duration_seconds", *by_status("code"), job="caddy", handler="subroute"
            ),
            # The same requests again, seen by the handler inside.
            *timed(
                "caddy_http_request_duration_seconds",
                *by_status("code"),
                job="caddy",
                handler="reverse_proxy",
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
            *buckets("envoy_cluster_upstream_rq_time", MS, envoy_cluster_name="envoy", job="edge"),
        ),
        "envoy_cluster_upstream_rq_xx",
        "envoy_cluster_upstream_rq_time",
    ),
)
