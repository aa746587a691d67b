"""Metric families in the wild, as rows: another family is another row, not another branch.

Their order is the order of preference: what the service counts itself, then what a mesh or a trace
pipeline counts for it, then the proxies in front, which count many services and their own failures.
"""

from __future__ import annotations

from collector.families.family import Family


def _timed(title: str, base: str, *, seconds: float = 1.0, dotted: bool = False) -> Family:
    """A family whose requests are counted by its own histogram or summary."""
    return Family(title, f"{base}_count", (base,), seconds=seconds, dotted=dotted)


# Long requests are open by design: their durations say nothing, and a watch is not a slow answer.
_WATCHES = (("verb", "WATCH|WATCHLIST|CONNECT|PROXY"),)
_SERVER_SPANS = (("span_kind", "SPAN_KIND_SERVER"),)

_OWN = (
    Family(
        "client library",
        "http_requests_total",
        (
            # The finer one of two where the FastAPI instrumentator has both: the other has three buckets.
            "http_request_duration_highr_seconds",
            "http_request_duration_seconds",
            "http_request_duration_milliseconds",
            "http_request_duration_ms",
            "http_response_time_seconds",
        ),
    ),
    _timed("OpenTelemetry HTTP", "http_server_request_duration_seconds", dotted=True),
    _timed("OpenTelemetry HTTP, no unit in names", "http_server_request_duration", dotted=True),
    _timed("client library, durations", "http_request_duration_seconds"),
    _timed("client library, milliseconds", "http_request_duration_milliseconds"),
    _timed("client library, ms", "http_request_duration_ms"),
    _timed("Micrometer: Spring, Quarkus", "http_server_requests_seconds"),
    Family("Ruby client", "http_server_requests_total", ("http_server_request_duration_seconds",)),
    Family("prometheus-net for ASP.NET", "http_requests_received_total", ("http_request_duration_seconds",)),
    Family("Flask exporter", "flask_http_request_total", ("flask_http_request_duration_seconds",)),
    Family(
        "django-prometheus",
        "django_http_responses_total_by_status_view_method_total",
        (
            "django_http_requests_latency_seconds_by_view_method",
            "django_http_requests_latency_including_middlewares_seconds",
        ),
    ),
    Family("Starlette exporter", "starlette_requests_total", ("starlette_request_duration_seconds",)),
    Family("Gin", "gin_requests_total", ("gin_request_duration_seconds",)),
    Family("Echo", "echo_requests_total", ("echo_request_duration_seconds",)),
    Family("Axum", "axum_http_requests_total", ("axum_http_requests_duration_seconds",)),
    Family("Rails by Yabeda", "rails_requests_total", ("rails_request_duration_seconds",)),
    _timed("OpenTelemetry HTTP, old", "http_server_duration_milliseconds", seconds=0.001, dotted=True),
    _timed("OpenTelemetry HTTP, old, no unit in names", "http_server_duration", seconds=0.001, dotted=True),
    Family("gRPC server", "grpc_server_handled_total", ("grpc_server_handling_seconds",)),
    _timed("gRPC server by Micrometer", "grpc_server_processing_duration_seconds"),
    _timed("OpenTelemetry RPC", "rpc_server_call_duration_seconds", dotted=True),
    _timed("OpenTelemetry RPC, old", "rpc_server_duration_milliseconds", seconds=0.001, dotted=True),
    _timed("OpenTelemetry RPC, old, no unit in names", "rpc_server_duration", seconds=0.001, dotted=True),
    Family(
        "Kubernetes apiserver",
        "apiserver_request_total",
        ("apiserver_request_duration_seconds",),
        without=_WATCHES,
    ),
    Family("CoreDNS", "coredns_dns_responses_total", ("coredns_dns_request_duration_seconds",)),
    Family("Prometheus", "prometheus_http_requests_total", ("prometheus_http_request_duration_seconds",)),
    _timed("Grafana", "grafana_http_request_duration_seconds"),
)

_ABOUT = (
    Family(
        "Istio",
        "istio_requests_total",
        ("istio_request_duration_milliseconds",),
        only=(("reporter", "destination"),),
        named_by=("destination_canonical_service",),
    ),
    Family(
        "Linkerd",
        "response_total",
        ("response_latency_ms",),
        only=(("direction", "inbound"),),
        named_by=("deployment",),
    ),
    Family(
        "span metrics",
        "traces_span_metrics_calls_total",
        ("traces_span_metrics_duration_milliseconds", "traces_span_metrics_duration_seconds"),
        only=_SERVER_SPANS,
    ),
    Family(
        "span metrics of Tempo",
        "traces_spanmetrics_calls_total",
        ("traces_spanmetrics_latency", "traces_spanmetrics_duration_seconds"),
        only=_SERVER_SPANS,
    ),
    Family(
        "span metrics, no namespace",
        "calls_total",
        ("duration_milliseconds", "duration_seconds"),
        only=_SERVER_SPANS,
    ),
)

_PROXIES = (
    Family(
        "Traefik",
        "traefik_service_requests_total",
        ("traefik_service_request_duration_seconds",),
        proxied=True,
    ),
    Family(
        "Traefik routers",
        "traefik_router_requests_total",
        ("traefik_router_request_duration_seconds",),
        proxied=True,
    ),
    Family(
        "Traefik 1",
        "traefik_backend_requests_total",
        ("traefik_backend_request_duration_seconds",),
        proxied=True,
        named_by=("backend",),
    ),
    Family(
        "ingress-nginx",
        "nginx_ingress_controller_requests",
        ("nginx_ingress_controller_request_duration_seconds",),
        proxied=True,
    ),
    Family("nginx logs", "nginx_http_requests_total", ("nginx_http_request_duration_seconds",)),
    Family(
        "HAProxy",
        "haproxy_backend_http_responses_total",
        (),
        proxied=True,
        named_by=("proxy", "backend"),
        means=("haproxy_backend_response_time_average_seconds",),
    ),
    Family(
        "Kong",
        "kong_http_requests_total",
        ("kong_request_latency_ms", "kong_upstream_latency_ms"),
        proxied=True,
    ),
    Family(
        "Caddy",
        "caddy_http_request_duration_seconds_count",
        ("caddy_http_request_duration_seconds",),
        outermost=("handler", ("subroute", "reverse_proxy", "file_server", "static_response")),
    ),
    Family(
        "Envoy",
        "envoy_cluster_upstream_rq_xx",
        ("envoy_cluster_upstream_rq_time",),
        seconds=0.001,
        proxied=True,
        named_by=("envoy_cluster_name",),
    ),
)

FAMILIES = (*_OWN, *_ABOUT, *_PROXIES)
