"""Metric families in the wild, as rows: another family is another row, not another branch."""

from __future__ import annotations

from dataclasses import dataclass

# In this order the first label that carries the service's name is taken. An `exported_` label stands
# before its twin: where both exist, the plain one names the exporter that was scraped.
SERVICE_LABELS = (
    "service_name",
    "exported_service",
    "service",
    "exported_app",
    "app",
    "exported_application",
    "application",
    "destination_canonical_service",
    "ingress",
    "exported_deployment",
    "deployment",
    "exported_job",
    "job",
)

# A service of the same name in two of these is two services, and their sum means nothing.
PLACE_LABELS = ("exported_namespace", "namespace", "exported_cluster", "cluster")

# Where the route of a request stands, for leaving out health checks.
ROUTE_LABELS = ("http_route", "route", "handler", "path", "uri", "http_target", "endpoint", "url")

# In this order the first label whose values tell failures apart is taken.
ERROR_LABELS = (
    "code",
    "status",
    "status_code",
    "http_status_code",
    "http_response_status_code",
    "response_code",
    "grpc_code",
    "grpc_response_status",
    "classification",
    "outcome",
    "error_type",
)

# Failures on the server's side as etcd's and the gRPC mixin's alert rules count them; the other codes
# are the caller's doing (NotFound, InvalidArgument) or cancellations.
GRPC_FAILURES = "Unknown|FailedPrecondition|ResourceExhausted|Internal|Unavailable|DataLoss|DeadlineExceeded"


@dataclass(frozen=True, slots=True)
class Family:
    """Metrics that one kind of instrumentation exposes: a counter of requests and its latencies."""

    counter: str
    """The counter of answered requests; `_count` of a histogram where there is no other."""
    histograms: tuple[str, ...]
    """Base names (without `_bucket`) of the latency histograms that go with it, best first."""
    seconds: float = 1.0
    """What one unit of the histogram is in seconds: 0.001 for milliseconds."""
    only: tuple[tuple[str, str], ...] = ()
    """Labels with the value they must have, where the family counts a request more than once."""
    proxied: bool = False
    """The counting process is a proxy in front: its `up` says nothing about the service."""


FAMILIES = (
    Family("http_requests_total", ("http_request_duration_seconds", "http_request_duration_highr_seconds")),
    Family("http_server_request_duration_seconds_count", ("http_server_request_duration_seconds",)),
    Family("http_request_duration_seconds_count", ("http_request_duration_seconds",)),
    Family("http_server_requests_seconds_count", ("http_server_requests_seconds",)),
    Family("http_server_requests_total", ("http_server_request_duration_seconds",)),
    Family("http_requests_received_total", ("http_request_duration_seconds",)),
    Family("flask_http_request_total", ("flask_http_request_duration_seconds",)),
    Family("grpc_server_handled_total", ("grpc_server_handling_seconds",)),
    Family(
        "istio_requests_total",
        ("istio_request_duration_milliseconds",),
        seconds=0.001,
        only=(("reporter", "destination"),),
    ),
    Family("traefik_service_requests_total", ("traefik_service_request_duration_seconds",), proxied=True),
    Family(
        "nginx_ingress_controller_requests",
        ("nginx_ingress_controller_request_duration_seconds",),
        proxied=True,
    ),
)


def counter_names() -> tuple[str, ...]:
    """All counters of the registry, in its order."""
    return tuple(dict.fromkeys(family.counter for family in FAMILIES))


def histogram_names() -> tuple[str, ...]:
    """Base names of all latency histograms of the registry, in its order."""
    return tuple(dict.fromkeys(name for family in FAMILIES for name in family.histograms))
