"""Structured logs: one line per request with its id, JSON in production."""

import logging
import re
import time
import uuid

import structlog
from flask import Flask, g, request

from marketplace.extensions import FILES

log = structlog.get_logger()
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def configure(*, production: bool) -> None:
    """structlog for the whole process; JSON lines in production, readable lines otherwise."""
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if production
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=production,
    )


def request_id() -> str:
    """This request's id (from a proxy's X-Request-ID when it looks sane), or "" outside a request."""
    return g.get("request_id", "") if g else ""


def begin(given: str) -> str:
    """Start a request's log context; its id is `given` when that looks sane, else a new one."""
    identity = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=identity)
    return identity


def end(method: str, path: str, status: int, seconds: float) -> None:
    """The one line of a request."""
    log.info("request", method=method, path=path, status=status, ms=round(seconds * 1000, 1))


def install(app: Flask) -> None:
    """Give every request an id, answer it in X-Request-ID, log one line when it ends."""

    @app.before_request
    def _begin():
        g.request_id = begin(request.headers.get("X-Request-ID", ""))
        g.began = time.perf_counter()

    @app.after_request
    def _end(response):
        response.headers["X-Request-ID"] = request_id()
        if request.endpoint not in FILES:
            now = time.perf_counter()
            end(request.method, request.path, response.status_code, now - g.get("began", now))
        return response
