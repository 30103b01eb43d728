"""Structured logs: one line per request with its id, JSON in production."""

import logging
import re
import time
import uuid

import structlog
from flask import Flask, g, request

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
        cache_logger_on_first_use=False,
    )


def request_id() -> str:
    """This request's id (from a proxy's X-Request-ID when it looks sane), or "" outside a request."""
    return g.get("request_id", "") if g else ""


def install(app: Flask) -> None:
    """Give every request an id, answer it in X-Request-ID, log one line when it ends."""
    log = structlog.get_logger()

    @app.before_request
    def _begin():
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def _end(response):
        response.headers["X-Request-ID"] = request_id()
        if request.endpoint != "static":
            took = round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1)
            log.info("request", method=request.method, path=request.path, status=response.status_code, ms=took)
        return response
