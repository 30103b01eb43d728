"""Pages made once and kept in this process, found by what they show: bounded, plain and compressed.

A key carries the version of everything on the page, so nothing here ever has to be thrown out for being stale.
"""

import gzip
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from flask import Response, request

LIMIT = 1_000
"""Pages kept: at some 6 kB compressed and 25 kB plain each, about 30 MB."""
LEAST_COMPRESSED = 500


@dataclass(frozen=True)
class Prepared:
    """A page's bytes, its status and its entity tag."""

    body: bytes
    packed: bytes
    status: int
    etag: str


class Shelf:
    """The pages kept, least recently asked for out first."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._pages: OrderedDict[str, Prepared] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._pages)

    def answer(self, key: str, make: Callable[[], tuple[str, int]]) -> Response:
        """304 when the reader has this version, else the kept page, else the one `make` renders (text, status)."""
        if request.if_none_match.contains_weak(key):
            return _headed(Response(status=304), key)
        page = self.kept(key)
        if page is None:
            text, status = make()
            body = text.encode()
            page = Prepared(body, gzip.compress(body, 6), status, key)
            self._put(page)
        return _response(page)

    def kept(self, key: str) -> Prepared | None:
        """The page kept under this key."""
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
            return page

    def _put(self, page: Prepared) -> None:
        with self._lock:
            self._pages[page.etag] = page
            while len(self._pages) > self._limit:
                self._pages.popitem(last=False)


def _response(page: Prepared) -> Response:
    if "gzip" not in request.accept_encodings or len(page.body) < LEAST_COMPRESSED:
        return _headed(Response(page.body, page.status, mimetype="text/html"), page.etag)
    response = Response(page.packed, page.status, mimetype="text/html")
    response.content_encoding = "gzip"
    return _headed(response, page.etag)


def _headed(response: Response, etag: str) -> Response:
    """Weak, because the compressed and the plain bytes share it; asked again every time, since a recall must show at once."""
    response.set_etag(etag, weak=True)
    response.headers["Cache-Control"] = "no-cache"
    response.vary.update(("Accept-Encoding", "Cookie"))
    return response
