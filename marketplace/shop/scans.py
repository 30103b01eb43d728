"""A scanned code's kept page without the machinery of a request: by far the most asked page, and the same for everybody.

A reader without session, language or query gets the bytes the shelf holds for the lot's version, read anew each time
because a recall must show at once. Whatever is unusual goes on to Flask, which makes the page and keeps it. The general
rate limit is not asked: a kept page costs less than its refusal.
"""

import time
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.http import parse_accept_header, parse_etags

from marketplace.database import db, utcnow, vietnam_day
from marketplace.lots import queries as lots
from marketplace.shop.prepared import LEAST_COMPRESSED, LIMIT, Prepared, Shelf
from marketplace.web import logs

ENDPOINTS = {"/t/": "shop.trace", "/T/": "shop.trace_printed"}
CODE_LENGTH = 14
Headers = list[tuple[str, str]]
shelf = Shelf()


def edition(app: Flask, version: str, day: date, locale: str) -> str:
    """The key of a trace page: its lot's version, the day, the language, and the code that draws it."""
    build = app.extensions["static_version"]
    return f"{version}-{day:%y%m%d}-{locale}-{build}-{app.extensions['settings'].release}"


def install(app: Flask, *, measure: Callable[[str, str, int, float], None]) -> None:
    """Put the short way before Flask; `measure(method, endpoint, status, seconds)` counts what it answers."""
    with app.app_context():
        app.wsgi_app = Scans(app, db.engine, measure)


class Scans:
    """WSGI: answers what it can, hands everything else to the application behind it."""

    def __init__(self, app: Flask, engine, measure) -> None:
        self._app, self._engine, self._measure, self._behind = app, engine, measure, app.wsgi_app
        self._asked: set[str] = set()

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        began = time.perf_counter()
        found = self._find(environ) if self._usual(environ) else None
        if found is None:
            return self._behind(environ, start_response)
        status, body, headers = found
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        identity = logs.begin(environ.get("HTTP_X_REQUEST_ID", ""))
        headers += [*self._app.extensions["page_headers"], ("X-Request-ID", identity), *self._visit(environ)]
        start_response("200 OK" if status == 200 else "304 NOT MODIFIED", headers)
        took = time.perf_counter() - began
        self._measure(method, ENDPOINTS[path[:3]], status, took)
        logs.end(method, path, status, took)
        return [] if method == "HEAD" or not body else [body]

    def _usual(self, environ: dict) -> bool:
        path = environ["PATH_INFO"]
        return (
            path[:3] in ENDPOINTS
            and len(path) == 3 + CODE_LENGTH
            and path[3:].isascii()
            and path[3:].isalnum()
            and environ["REQUEST_METHOD"] in {"GET", "HEAD"}
            and not environ.get("QUERY_STRING")
            and environ.get("HTTP_COOKIE", "") in {"", self._app.extensions["visits"].known}
        )

    def _find(self, environ: dict) -> tuple[int, bytes, Headers] | None:
        """Status, body and the page's own headers, or None when there is nothing kept to answer with."""
        code = environ["PATH_INFO"][3:]
        if code not in self._asked:  # nothing is kept yet: no statement is spent on finding that out
            if len(self._asked) >= LIMIT:
                self._asked.clear()
            self._asked.add(code)
            return None
        try:
            with self._engine.connect() as connection:
                version = lots.trace_version(connection, code)
        except SQLAlchemyError:
            return None  # Flask tries again and tells the reader in words
        if version is None:
            return None
        key = edition(self._app, version, vietnam_day(utcnow()), "vi")
        headers = [("ETag", f'W/"{key}"'), ("Cache-Control", "no-cache"), ("Vary", "Accept-Encoding, Cookie")]
        if parse_etags(environ.get("HTTP_IF_NONE_MATCH")).contains_weak(key):
            return 304, b"", headers
        page = shelf.kept(key)
        return None if page is None else _encoded(page, environ.get("HTTP_ACCEPT_ENCODING"), headers)

    def _visit(self, environ: dict) -> Headers:
        if environ["REQUEST_METHOD"] != "GET":
            return []
        visits, agent = self._app.extensions["visits"], environ.get("HTTP_USER_AGENT", "bot")
        secure, known = environ["wsgi.url_scheme"] == "https", bool(environ.get("HTTP_COOKIE"))
        cookie = visits.greet(environ["PATH_INFO"], agent=agent, known=known, secure=secure)
        return [("Set-Cookie", cookie)] if cookie else []


def _encoded(page: Prepared, accepted: str | None, headers: Headers) -> tuple[int, bytes, Headers] | None:
    """The bytes this reader takes; None when it wants another encoding than gzip, which Flask knows how to make."""
    body = page.body
    if accepted and len(body) >= LEAST_COMPRESSED:
        if not _takes_gzip(accepted):
            return None
        body = page.packed
        headers.append(("Content-Encoding", "gzip"))
    return page.status, body, [
        *headers, ("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))
    ]


@lru_cache(maxsize=128)
def _takes_gzip(accepted: str) -> bool:
    return "gzip" in parse_accept_header(accepted)
