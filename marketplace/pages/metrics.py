"""Request counts and times for Prometheus, by route and status; no path, person or query ever becomes a label."""

import time

from flask import Blueprint, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

REGISTRY = CollectorRegistry()
REQUESTS = Counter("http_requests", "Requests answered", ("method", "endpoint", "status"), registry=REGISTRY)
SECONDS = Histogram(
    "http_request_seconds", "Time to answer", ("endpoint",), registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})


def install(bp: Blueprint) -> None:
    """Measure every request of the app `bp` is registered on."""

    @bp.before_app_request
    def _begin() -> None:
        g.metrics_began = time.perf_counter()

    @bp.after_app_request
    def _end(response: Response) -> Response:
        began = g.get("metrics_began")
        seconds = None if began is None else time.perf_counter() - began
        measure(request.method, request.endpoint or "none", response.status_code, seconds)
        return response


def measure(method: str, endpoint: str, status: int, seconds: float | None) -> None:
    """Count one answered request, and its time when that is known."""
    REQUESTS.labels(method if method in METHODS else "other", endpoint, str(status)).inc()
    if seconds is not None:
        SECONDS.labels(endpoint).observe(seconds)


def text() -> bytes:
    """The exposition format, of this process alone."""
    return generate_latest(REGISTRY)
