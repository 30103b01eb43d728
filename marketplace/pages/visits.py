"""Counting visits without following people: a half-hour cookie without identity, counted in memory, flushed by a thread.

A GET never writes to the database; up to half a minute of visits is lost when the process is killed, and
that is accepted: nobody was promised they are kept.
"""

import re
import threading
from collections import Counter
from datetime import datetime

import structlog
from flask import Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError

from marketplace.database import utcnow, vietnam_day
from marketplace.statistics import services

log = structlog.get_logger()
COOKIE = "tham"
HALF_HOUR = 30 * 60
FLUSH_SECONDS = 30
BOTS = re.compile(
    r"bot|crawl|spider|slurp|preview|monitor|curl|wget|python|headless|lighthouse|facebookexternalhit|zalo.*share",
    re.IGNORECASE,
)


class VisitBuffer:
    """Counts by (Vietnamese day, kind) until they are taken."""

    def __init__(self) -> None:
        self._counts: Counter = Counter()
        self._lock = threading.Lock()

    def add(self, kind: str, now: datetime) -> None:
        with self._lock:
            self._counts[(vietnam_day(now), kind)] += 1

    def take(self) -> dict:
        """All counts so far; the buffer is empty afterwards."""
        with self._lock:
            taken, self._counts = dict(self._counts), Counter()
        return taken

    def give_back(self, counts: dict) -> None:
        """Counts that could not be written."""
        with self._lock:
            self._counts.update(counts)


def install(app: Flask, *, in_background: bool) -> VisitBuffer:
    """Count visits of people on HTML pages; `in_background` starts the flushing thread with the first visit."""
    buffer = VisitBuffer()
    app.extensions["visits"] = buffer
    started = threading.Event()

    @app.after_request
    def _count(response: Response) -> Response:
        if not _is_page(response):
            return response
        now = utcnow()
        buffer.add("trace" if request.path.startswith("/t/") else "page", now)
        if COOKIE not in request.cookies:
            buffer.add("visit", now)
        response.set_cookie(COOKIE, "1", max_age=HALF_HOUR, httponly=True, samesite="Lax", secure=request.is_secure)
        if in_background and not started.is_set():
            started.set()
            threading.Thread(target=_flush_forever, args=(app, buffer), name="visits", daemon=True).start()
        return response

    return buffer


def _is_page(response: Response) -> bool:
    if request.method != "GET" or response.status_code not in (200, 304) or request.endpoint == "static":
        return False
    if response.mimetype != "text/html" or request.path.startswith(("/quan-ly", "/healthz", "/readyz", "/metrics")):
        return False
    return not BOTS.search(request.headers.get("User-Agent", "bot"))


def flush(app: Flask, buffer: VisitBuffer) -> None:
    """Write what was counted; on failure nothing is forgotten."""
    counts = buffer.take()
    if not counts:
        return
    with app.app_context():
        try:
            services.add_visits(counts=counts)
        except SQLAlchemyError:
            log.exception("visits-not-written")
            buffer.give_back(counts)


def _flush_forever(app: Flask, buffer: VisitBuffer) -> None:
    bell = threading.Event()
    while True:
        bell.wait(FLUSH_SECONDS)
        flush(app, buffer)
