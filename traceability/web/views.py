"""The log's public addresses: C2SP tlog-tiles, verifier keys and proofs, under `/log/1/`.

Only what a published checkpoint covers is served. Tiles of hashes never change, so they may be cached for ever; entries
for a day, the checkpoint for five seconds.
"""

import base64
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request, send_file

from traceability.checkpoint import Checkpoint
from traceability.errors import ProofError, TileError
from traceability.log import Log, SignedCheckpoint
from traceability.log.checkpoints import Choose
from traceability.log.proof import proof_text
from traceability.tiles import parse_tile_path, tile_within

Connect = Callable[[], AbstractContextManager[Any]]

FOR_EVER = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"
"""For entries: one may be withheld in an emergency (docs/log.md §6), and caches must not keep it."""
AN_HOUR = "public, max-age=3600"
SHORT = "public, max-age=5"

_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")


class _Refused(Exception):
    """Ends a request with a problem document: HTTP status and a sentence for the program's author."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True)
class Download:
    """A file to take away: where it lies (None where there is none yet), its media type, and a limit for whoever takes
    it, as a decorator of the view."""

    place: Callable[[], Path | None]
    kind: str
    limit: Callable[[Callable[..., Response]], Callable[..., Response]] = lambda view: view


def create_blueprint(
    get_log: Callable[[], Log],
    connect: Connect,
    url_prefix: str = "/log/1",
    texts: Mapping[str, Callable[[], str | None]] | None = None,
    downloads: Mapping[str, Download] | None = None,
    choose: Choose | None = None,
) -> Blueprint:
    """The blueprint `tlog`. `connect` opens a reading connection; `texts` are further plain files by name, each a function
    that gives its content or None where there is none; `downloads` are larger ones; `choose` gives the checkpoint that
    files of proof carry, the latest without it."""
    blueprint = Blueprint("tlog", __name__, url_prefix=url_prefix)
    views = _Views(get_log, connect, choose)
    rules = {
        "/checkpoint": views.checkpoint,
        "/keys": views.keys,
        "/tile/<level>/<path:rest>": views.tile,
        "/proof/inclusion": views.inclusion,
        "/proof/consistency": views.consistency,
        "/proof/<index>.tlog-proof": views.entry_proof,
    }
    for rule, view in rules.items():
        blueprint.add_url_rule(rule, view.__name__, _public(view))
    for name, content in (texts or {}).items():
        blueprint.add_url_rule(f"/{name}", _endpoint(name), _public(_text_view(name, content)))
    for name, download in (downloads or {}).items():
        blueprint.add_url_rule(f"/{name}", _endpoint(name), download.limit(_public(_file_view(name, download))))
    blueprint.register_error_handler(_Refused, _problem)
    return blueprint


def _endpoint(name: str) -> str:
    return re.sub("[^a-z]", "_", name)


class _Views:
    """The view functions, bound to their collaborators."""

    def __init__(self, get_log: Callable[[], Log], connect: Connect, choose: Choose | None) -> None:
        self._log = get_log
        self._connect = connect
        self._choose = choose

    def checkpoint(self) -> Response:
        """The latest signed checkpoint as a note."""
        with self._connect() as connection:
            signed = self._signed(connection)
        return _cached(str(signed.note), "text/plain; charset=utf-8", SHORT)

    def keys(self) -> Response:
        """Verifier keys, present and past, one a line."""
        with self._connect() as connection:
            lines = self._log().key_list(connection)
        return _cached(lines, "text/plain; charset=utf-8", SHORT)

    def tile(self, level: str, rest: str) -> Response:
        """A tile or an entry bundle, full or partial."""
        try:
            tile = parse_tile_path(level, rest)
        except TileError as error:
            raise _Refused(400, error.message) from error
        with self._connect() as connection:
            published = self._signed(connection).checkpoint
            if not tile_within(tile, published.size):
                raise _Refused(404, "no published checkpoint reaches that tile")
            tree = self._log().tree(connection)
            data = tree.bundle(tile) if level == "entries" else tree.tile(tile)
        return _cached(data, "application/octet-stream", A_DAY if level == "entries" else FOR_EVER)

    def inclusion(self) -> Response:
        """Proof that entry `index` is in the tree of `size` (default: the latest checkpoint's)."""
        with self._connect() as connection:
            published = self._signed(connection).checkpoint
            index, size = _number("index"), _number("size", published.size)
            _within(published, size)
            log, tree = self._log(), self._log().tree(connection)
            try:
                proof = tree.inclusion(index, size)
            except ProofError as error:
                raise _Refused(404, error.message) from error
            [leaf] = log.storage.leaves(connection, index, index + 1)
            body = {"index": index, "leaf": _text(leaf), "size": size, "root": _text(tree.root(size))}
            return _json(body | {"hashes": [_text(item) for item in proof]})

    def entry_proof(self, index: str) -> Response:
        """The entry and its proof as one file (C2SP tlog-proof), under a checkpoint with the signatures of outsiders if one
        covers it."""
        if not _NUMBER.fullmatch(index):
            raise _Refused(400, "the entry is not named by a plain decimal number")
        with self._connect() as connection:
            signed = self._signed(connection)
            _within(signed.checkpoint, int(index) + 1)
            chosen = self._choose(connection) if self._choose else None
            if chosen and int(index) < chosen.checkpoint.size:
                signed = chosen
            text = proof_text(self._log(), connection, signed, int(index))
        response = _cached(text, "text/plain; charset=utf-8", SHORT)
        response.headers["Content-Disposition"] = f"attachment; filename={index}.tlog-proof"
        return response

    def consistency(self) -> Response:
        """Proof that the tree of `second` (default: the latest checkpoint's) extends that of `first`."""
        with self._connect() as connection:
            published = self._signed(connection).checkpoint
            first, second = _number("first"), _number("second", published.size)
            _within(published, second)
            tree = self._log().tree(connection)
            try:
                proof = tree.consistency(first, second)
            except ProofError as error:
                raise _Refused(400, error.message) from error
            roots = {"first_root": _text(tree.root(first)), "second_root": _text(tree.root(second))}
            return _json({"first": first, "second": second, **roots, "hashes": [_text(item) for item in proof]})

    def _signed(self, connection: Any) -> SignedCheckpoint:
        signed = self._log().latest_checkpoint(connection)
        if signed is None:
            raise _Refused(404, "no checkpoint has been published yet")
        return signed


def _public(view: Callable[..., Response]) -> Callable[..., Response]:
    """A plain function around a bound method, marked for the site's deny-by-default guard."""

    def served(**arguments: str) -> Response:
        return view(**arguments)

    served.__doc__ = view.__doc__
    served.access = "public"  # type: ignore[attr-defined]
    return served


def _text_view(name: str, content: Callable[[], str | None]) -> Callable[[], Response]:
    def text() -> Response:
        found = content()
        if found is None:
            raise _Refused(404, f"this log has no {name} yet")
        return _cached(found, "text/plain; charset=utf-8", SHORT)

    text.__doc__ = f"The file `{name}`."
    return text


def _file_view(name: str, download: Download) -> Callable[[], Response]:
    def file() -> Response:
        place = download.place()
        if place is None or not place.is_file():
            raise _Refused(404, f"this log has no {name} yet")
        response = send_file(place, download.kind, as_attachment=True, download_name=place.name, max_age=3600)
        response.headers["Cache-Control"] = AN_HOUR
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    file.__doc__ = f"The file `{name}`."
    return file


def _number(name: str, default: int | None = None) -> int:
    text = request.args.get(name)
    if text is None and default is not None:
        return default
    if text is None or not _NUMBER.fullmatch(text):
        raise _Refused(400, f"`{name}` is not a plain decimal number")
    return int(text)


def _within(published: Checkpoint, size: int) -> None:
    if size > published.size:
        raise _Refused(404, f"the latest checkpoint has {published.size} entries")


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _json(body: dict[str, Any]) -> Response:
    response = jsonify(body)
    response.headers["Cache-Control"] = SHORT
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _cached(body: str | bytes, kind: str, policy: str) -> Response:
    response = make_response(body)
    response.headers["Content-Type"] = kind
    response.headers["Cache-Control"] = policy
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.add_etag()
    return response.make_conditional(request)


def _problem(refused: _Refused) -> Response:
    response = jsonify({"type": "about:blank", "status": refused.status, "detail": refused.detail})
    response.status_code = refused.status
    response.headers["Content-Type"] = "application/problem+json"
    response.headers["Cache-Control"] = "no-store"
    return response
