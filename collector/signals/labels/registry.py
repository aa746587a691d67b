"""Labels in the wild, in order of preference: whose series it is, where it lives, how a request ended."""

from __future__ import annotations

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

# Where metrics themselves are told apart more names count: those with dots are OpenTelemetry's own, as
# Prometheus 3 stores them; the last four are what proxies and gRPC call a service.
FOUND_BY_LABELS = (
    "service_name",
    "service.name",
    *SERVICE_LABELS[1:],
    "envoy_cluster_name",
    "proxy",
    "backend",
    "grpc_service",
)

# What a mesh or a proxy calls the service whose requests it counts, in alerts that are summed by that alone.
CALLED_LABELS = ("destination_workload", "destination_service_name", "envoy_cluster_name")

# A service of the same name in two of these is two services, and their sum means nothing.
PLACE_LABELS = ("exported_namespace", "namespace", "exported_cluster", "cluster")

# Where the route of a request stands, for leaving out health checks.
ROUTE_LABELS = (
    "http_route",
    "http.route",
    "route",
    "handler",
    "path",
    "uri",
    "http_target",
    "endpoint",
    "url",
    "view",
    "grpc_service",
    "rpc_service",
)

# Their values are codes of gRPC, by number or by name.
GRPC_LABELS = (
    "grpc_code",
    "grpc_response_status",
    "rpc_grpc_status_code",
    "rpc.grpc.status_code",
    "rpc_response_status_code",
    "rpc.response.status_code",
    "statusCode",
)

# In this order the first label whose values tell failures apart is taken.
ERROR_LABELS = (
    "code",
    "status",
    "status_code",
    "http_status_code",
    "http.status_code",
    "http_response_status_code",
    "http.response.status_code",
    "response_code",
    "envoy_response_code_class",
    *GRPC_LABELS,
    "rcode",
    "classification",
    "outcome",
    "success",
    "error",
    "error_type",
    "error.type",
    "exception",
)
