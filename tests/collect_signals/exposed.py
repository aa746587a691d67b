"""What each kind of instrumentation exposes of the same service."""

from __future__ import annotations

from tests.collect_signals.exposed_between import MESHES, PROXIES
from tests.collect_signals.exposition import (
    MEAN,
    MS,
    P99,
    WITH_MEAN,
    WITHOUT_LATENCY,
    Exposed,
    Row,
    buckets,
    by_status,
    counted,
    counter_beside,
    one_histogram,
    timed,
)

_LIBRARIES = (
    counter_beside(
        "go-client", "http_requests_total", "http_request_duration_seconds", "code", handler="/pay"
    ),
    counter_beside(
        "node-client", "http_requests_total", "http_request_duration_seconds", "status_code", route="/pay"
    ),
    counter_beside(
        "python-client", "http_requests_total", "http_request_duration_seconds", "status", path="/pay"
    ),
    counter_beside("old-node", "http_requests_total", "http_request_duration_ms", "status", MS),
    counter_beside("milli", "http_requests_total", "http_request_duration_milliseconds", "code", MS),
    one_histogram("express", "http_request_duration_seconds", "status_code", method="GET"),
    one_histogram("express-ms", "http_request_duration_ms", "status_code", MS),
    one_histogram(
        "otel", "http_server_request_duration_seconds", "http_response_status_code", http_route="/pay"
    ),
    one_histogram("otel-no-suffix", "http_server_request_duration", "http_response_status_code"),
    one_histogram("otel-old", "http_server_duration_milliseconds", "http_status_code", MS),
    one_histogram("otel-old-no-unit", "http_server_duration", "http_status_code", MS),
    one_histogram("spring", "http_server_requests_seconds", "status", uri="/pay", exception="None"),
    one_histogram("grafana-app", "grafana_http_request_duration_seconds", "status_code"),
    counter_beside("ruby", "http_server_requests_total", "http_server_request_duration_seconds", "code"),
    counter_beside("aspnet", "http_requests_received_total", "http_request_duration_seconds", "code"),
    counter_beside("flask", "flask_http_request_total", "flask_http_request_duration_seconds", "status"),
    counter_beside(
        "starlette", "starlette_requests_total", "starlette_request_duration_seconds", "status_code"
    ),
    counter_beside("gin", "gin_requests_total", "gin_request_duration_seconds", "code"),
    counter_beside("echo", "echo_requests_total", "echo_request_duration_seconds", "code"),
    counter_beside("axum", "axum_http_requests_total", "axum_http_requests_duration_seconds", "status"),
    counter_beside("rails", "rails_requests_total", "rails_request_duration_seconds", "status"),
    counter_beside(
        "prom", "prometheus_http_requests_total", "prometheus_http_request_duration_seconds", "code"
    ),
    counter_beside(
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
        WITH_MEAN,
    ),
    Exposed(
        "outcomes",
        counted("http_requests_total", {"outcome": "success"}, {"outcome": "failure"}, job="outcomes"),
        "http_requests_total",
        worth=WITHOUT_LATENCY,
    ),
    Exposed(
        "successes",
        counted("http_requests_total", {"success": "true"}, {"success": "false"}, job="successes"),
        "http_requests_total",
        worth=WITHOUT_LATENCY,
    ),
    Exposed(
        "summary",
        (
            *counted("http_requests_total", *by_status("code"), job="summary"),
            *(
                Row("http_request_duration_seconds", {"job": "summary", "quantile": q}, stands_at=value)
                for q, value in (("0.5", 0.075), ("0.9", 0.09), ("0.95", 0.0975))
            ),
            Row("http_request_duration_seconds_count", {"job": "summary"}, 10),
            Row("http_request_duration_seconds_sum", {"job": "summary"}, 10 * MEAN),
        ),
        "http_requests_total",
        "http_request_duration_seconds",
        {**WITHOUT_LATENCY, "p95": 0.0975, "p50": 0.075},
    ),
    Exposed(
        "summary-ms",
        (
            *counted("http_requests_total", *by_status("code"), job="summary-ms"),
            Row("http_request_duration_ms", {"job": "summary-ms", "quantile": "0.99"}, stands_at=99.5),
        ),
        "http_requests_total",
        "http_request_duration_ms",
        {**WITHOUT_LATENCY, "p99": P99},
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
            MS,
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
            MS,
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
            *counted("apiserver_request_total", *by_status("code"), job="apiserver", verb="GET"),
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
    one_histogram(
        "dots-seconds", "http.server.request.duration_seconds", "http.response.status_code", dotted=True
    ),
    one_histogram("dots-old", "http.server.duration", "http.status_code", MS, dotted=True),
)

EXPOSED = (*_LIBRARIES, *_RPC, *MESHES, *PROXIES, *_DOTTED)
