"""Events and their delivery: each change leaves an event; each event is posted, signed, until somebody says 2xx."""

import json
import random
import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from marketplace.payments.adapters.signatures import sign
from marketplace.payments.adapters.stripe import API_VERSION

from .store import Store, Thing, get, new_id, put, read_control

MAX_TRIES = 16
LONGEST_PAUSE = 3600
TIMEOUT = (3.05, 10)


def emit(db: sqlite3.Connection, kind: str, thing: Thing) -> Thing:
    """Record an event about ``thing`` as it is now, and plan its delivery, in the caller's transaction."""
    event: Thing = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": int(time.time()),
        "data": {"object": json.loads(json.dumps(thing))},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
    put(db, event, parent=thing["id"])
    settings = read_control(db, "webhooks")
    state = "held" if settings.get("held") else "waiting"
    for _ in range(int(settings.get("copies", 1))):
        db.execute("INSERT INTO delivery (event, due, state) VALUES (?, ?, ?)", (event["id"], time.time(), state))
    return event


class Postman:
    """Posts due deliveries to ``url`` from a background thread; without an address they wait. Ends with ``stop()``."""

    def __init__(self, store: Store, *, url: str, secret: str, first_pause: float = 1.0) -> None:
        self._store = store
        self.url = url
        self._secret = secret
        self._first_pause = first_pause
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="postman", daemon=True)

    def start(self) -> None:
        """Begin delivering, also what a former process left."""
        self._thread.start()

    def stop(self) -> None:
        """End after the deliveries under way."""
        self._stopped.set()
        self._thread.join(timeout=15)

    def post(self, event: Thing, *, age: int = 0, secret: str | None = None) -> int:
        """Post one event now, signed as if ``age`` seconds ago; answers the status, 0 when nobody was there."""
        body = json.dumps(event, ensure_ascii=False).encode()
        stamp = int(time.time()) - age
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": sign(body, secret=secret or self._secret, timestamp=stamp),
        }
        try:
            with requests.Session() as session:
                answer = session.post(self.url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
                return answer.status_code
        except requests.RequestException:
            return 0

    def release(self, *, order: str, copies: int, at_once: int) -> list[dict[str, Any]]:
        """Deliver everything held, ``copies`` times, in the order asked: arrival, reverse or shuffle."""
        with self._store.transaction() as db:
            held = db.execute("SELECT id, event FROM delivery WHERE state = 'held' ORDER BY id").fetchall()
            events = [get(db, "event", event) for _, event in held for _ in range(copies)]
            db.execute("UPDATE delivery SET state = 'delivered' WHERE state = 'held'")
        if order == "reverse":
            events.reverse()
        elif order == "shuffle":
            random.shuffle(events)
        found = [event for event in events if event is not None]
        with ThreadPoolExecutor(max_workers=max(1, at_once)) as pool:
            statuses = list(pool.map(self.post, found))
        self._again_when_refused(found, statuses)
        return [
            {"event": event["id"], "type": event["type"], "status": status}
            for event, status in zip(found, statuses, strict=True)
        ]

    def _again_when_refused(self, events: Sequence[Thing], statuses: Sequence[int]) -> None:
        again = {event["id"] for event, status in zip(events, statuses, strict=True) if not 200 <= status < 300}
        with self._store.transaction() as db:
            for event_id in sorted(again):
                due = time.time() + self._first_pause
                db.execute("INSERT INTO delivery (event, due, tries) VALUES (?, ?, 1)", (event_id, due))

    def _run(self) -> None:
        with ThreadPoolExecutor(max_workers=4, thread_name_prefix="post") as pool:
            while not self._stopped.wait(0.1):
                if self.url:
                    list(pool.map(self._deliver, self._due()))

    def _due(self) -> list[tuple[int, str, int]]:
        with self._store.transaction() as db:
            return db.execute(
                "SELECT id, event, tries FROM delivery WHERE state = 'waiting' AND due <= ? ORDER BY id LIMIT 20",
                (time.time(),),
            ).fetchall()

    def _deliver(self, row: tuple[int, str, int]) -> None:
        delivery_id, event_id, tries = row
        with self._store.transaction() as db:
            event = get(db, "event", event_id)
        status = self.post(event) if event else 410
        tries += 1
        if 200 <= status < 300 or event is None:
            state = "delivered"
        else:
            state = "failed" if tries >= MAX_TRIES else "waiting"
        pause = min(LONGEST_PAUSE, self._first_pause * 2 ** (tries - 1))
        with self._store.transaction() as db:
            db.execute(
                "UPDATE delivery SET state = ?, tries = ?, due = ?, answer = ? WHERE id = ?",
                (state, tries, time.time() + pause, status, delivery_id),
            )
