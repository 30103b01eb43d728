"""Rehearsed trouble: outages, slowness and lost answers, as set through ``/_control``."""

import socket
import time

from flask import Response, request

from .store import Store, read_control, write_control

OUTAGE_MODES = frozenset({"500", "503", "drop"})


def outage(store: Store) -> Response | None:
    """The answer of a gateway that is down, or None while it is up. Nothing of the request is performed."""
    mode = _use(store, "outage", "mode")
    if mode is None:
        return None
    if mode == "drop":
        return hang_up()
    return Response('{"error": {"type": "api_error", "message": "down"}}', int(mode), mimetype="application/json")


def pause(store: Store, where: str) -> None:
    """Wait as asked, ``before`` or ``after`` the effect."""
    seconds = _use(store, f"delay_{where}", "seconds")
    if seconds is not None:
        time.sleep(float(seconds))


def answer_lost(store: Store) -> bool:
    """Whether this request's answer is to be lost on the way, after its effect."""
    return _use(store, "lose", "on") is not None


def hang_up() -> Response:
    """Cut the connection without an answer."""
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    return Response(status=502)


def _use(store: Store, name: str, field: str) -> str | None:
    """One use of a control that lasts for so many requests and until so late."""
    with store.transaction() as db:
        control = dict(read_control(db, name))
        if not control or control["left"] <= 0 or time.time() > control["until"]:
            return None
        control["left"] -= 1
        write_control(db, name, control)
    return str(control[field])
