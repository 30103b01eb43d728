"""``/_control``: how tests, and a person rehearsing, bring trouble about. Needs the API key like everything else."""

import time
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from . import intents, refunds
from .answers import invalid, missing
from .events import Postman
from .store import Store, get, newest, read_control, wipe, write_control
from .trouble import OUTAGE_MODES

control = Blueprint("control", __name__, url_prefix="/_control")
FOREVER = 10**9


def _store() -> Store:
    return current_app.config["STORE"]


def _postman() -> Postman:
    return current_app.config["POSTMAN"]


def _asked() -> dict[str, Any]:
    asked = request.get_json(silent=True)
    if not isinstance(asked, dict):
        raise invalid("parameter_invalid", "JSON object expected")
    return asked


def _set(name: str, asked: dict[str, Any], **value: Any) -> Response:
    lasting = {"left": int(asked.get("requests", FOREVER)), "until": time.time() + float(asked.get("seconds", FOREVER))}
    with _store().transaction() as db:
        write_control(db, name, lasting | value)
    return jsonify(ok=True)


@control.post("/outage")
def outage() -> Response:
    """``{"mode": "500"|"503"|"drop", "requests": n, "seconds": s}``; ``{"requests": 0}`` ends it."""
    asked = _asked()
    mode = asked.get("mode", "503")
    if mode not in OUTAGE_MODES:
        raise invalid("parameter_invalid", f"mode is one of {sorted(OUTAGE_MODES)}")
    return _set("outage", asked, mode=mode)


@control.post("/delay")
def delay() -> Response:
    """``{"wait": seconds, "where": "before"|"after", "requests": n}``: before or after the effect."""
    asked = _asked()
    where = asked.get("where", "before")
    if where not in ("before", "after"):
        raise invalid("parameter_invalid", "where is before or after")
    return _set(f"delay_{where}", asked, seconds=float(asked["wait"]))


@control.post("/lose")
def lose() -> Response:
    """``{"requests": n}``: the next n changes happen and their answers never arrive."""
    return _set("lose", _asked(), on=True)


@control.post("/webhooks")
def webhooks() -> Response:
    """``{"held": bool, "copies": n}``: keep events back until released; deliver each one n times."""
    asked = _asked()
    with _store().transaction() as db:
        value = {"held": bool(asked.get("held")), "copies": int(asked.get("copies", 1))}
        write_control(db, "webhooks", value)
    return jsonify(ok=True)


@control.post("/release")
def release() -> Response:
    """``{"order": "arrival"|"reverse"|"shuffle", "copies": n, "at_once": threads}``: deliver what is held, now."""
    asked = _asked()
    done = _postman().release(
        order=str(asked.get("order", "arrival")),
        copies=int(asked.get("copies", 1)),
        at_once=int(asked.get("at_once", 1)),
    )
    return jsonify(delivered=done)


@control.post("/replay")
def replay() -> Response:
    """``{"event": id, "age": seconds, "secret": other}``: post an old event again, aged or forged if asked."""
    asked = _asked()
    with _store().transaction() as db:
        event = get(db, "event", str(asked.get("event")))
    if event is None:
        raise missing("event", str(asked.get("event")))
    changed = event | asked.get("change", {})
    return jsonify(status=_postman().post(changed, age=int(asked.get("age", 0)), secret=asked.get("secret")))


@control.post("/lapse")
def lapse() -> Response:
    """``{"intent": id}``: the hold is seven days old and goes by itself."""
    with _store().transaction() as db:
        return jsonify(intents.lapse(db, str(_asked().get("intent"))))


@control.post("/fail-refund")
def fail_refund() -> Response:
    """``{"refund": id}``: the buyer's bank sends the money back."""
    with _store().transaction() as db:
        return jsonify(refunds.fail(db, str(_asked().get("refund"))))


@control.post("/reset")
def reset() -> Response:
    """``{"webhook": address}``: forget everything, and send from now on to this address (none: send nothing)."""
    webhook = str(_asked().get("webhook", ""))
    with _store().transaction() as db:
        wipe(db)
    _postman().url = webhook
    return jsonify(ok=True)


@control.get("/state")
def state() -> Response:
    """Everything there is: intents, refunds, events with their kinds, deliveries by state."""
    with _store().transaction() as db:
        deliveries = dict(db.execute("SELECT state, count(*) FROM delivery GROUP BY state").fetchall())
        things = {kind: newest(db, kind, limit=10_000) for kind in ("payment_intent", "refund", "event")}
        return jsonify(**things, deliveries=deliveries, webhooks=dict(read_control(db, "webhooks")))
