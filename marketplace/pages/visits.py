"""Counting visits without following people: a half-hour cookie without identity, counted in memory, flushed by a thread.

A GET never writes to the database; up to half a minute of visits is lost when the process is killed, and
that is accepted: nobody was promised they are kept.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import structlog
from flask import Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.http import dump_cookie

from marketplace.database import utcnow, vietnam_day
from marketplace.extensions import FILES
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

    known = f"{COOKIE}=1"
    """The cookie of somebody whose visit is counted, as the browser sends it."""

    def __init__(self, on_first: Callable[[], None] = lambda: None) -> None:
        self._on_first = on_first
        self._begun = False
        self._counts: Counter = Counter()
        self._lock = threading.Lock()

    def add(self, kind: str, now: datetime) -> None:
        with self._lock:
            self._counts[(vietnam_day(now), kind)] += 1

    def greet(self, path: str, *, agent: str, known: bool, secure: bool) -> str | None:
        """Count a person's look at a page; the Set-Cookie value that marks the visit, None for a machine."""
        if BOTS.search(agent):
            return None
        now = utcnow()
        self.add("trace" if path.startswith(("/t/", "/T/")) else "page", now)
        if not known:
            self.add("visit", now)
        if not self._begun:
            self._begun = True
            self._on_first()
        return dump_cookie(COOKIE, "1", max_age=HALF_HOUR, httponly=True, samesite="Lax", secure=secure)

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
    buffer = VisitBuffer(lambda: _start(app, buffer) if in_background else None)
    app.extensions["visits"] = buffer

    @app.after_request
    def _count(response: Response) -> Response:
        if _is_page(response):
            agent, known = request.headers.get("User-Agent", "bot"), COOKIE in request.cookies
            cookie = buffer.greet(request.path, agent=agent, known=known, secure=request.is_secure)
            if cookie:
                response.headers.add("Set-Cookie", cookie)
        return response

    return buffer


def _is_page(response: Response) -> bool:
    if request.method != "GET" or response.status_code not in (200, 304) or request.endpoint in FILES:
        return False
    return response.mimetype == "text/html" and not request.path.startswith(("/quan-ly", "/healthz", "/readyz", "/metrics"))


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


def _start(app: Flask, buffer: VisitBuffer) -> None:
    threading.Thread(target=_flush_forever, args=(app, buffer), name="visits", daemon=True).start()


def _flush_forever(app: Flask, buffer: VisitBuffer) -> None:
    bell = threading.Event()
    while True:
        bell.wait(FLUSH_SECONDS)
        flush(app, buffer)
