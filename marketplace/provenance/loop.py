"""The sealing loop: a thread in the worker, and in web processes as a takeover should the worker be gone."""

import threading
import time

import structlog
from flask import Flask

from marketplace.database import db, utcnow
from marketplace.provenance import sealing

log = structlog.get_logger()

_POLL, _WATCH, _STUCK = 0.2, 1.0, 2.0


class SealingLoop:
    """Seals what waits as soon as it is woken, or sees it, and publishes a checkpoint every `interval` seconds.

    `takeover`: only what has waited for two looks, a second apart, and no checkpoints. Electing is done by the head
    row's lock (a file lock on SQLite), so any number of loops may run.
    """

    def __init__(self, app: Flask, *, takeover: bool) -> None:
        self._app = app
        self._takeover = takeover
        self._interval = app.extensions["settings"].checkpoint_interval
        self._woken, self._stopping = threading.Event(), threading.Event()
        self._seen: int | None = None
        self._stuck: tuple[tuple[int, int], float] | None = None
        self._next_checkpoint = 0.0
        self._trouble = ""
        self._thread = threading.Thread(target=self._run, name="sealing", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        """End the loop and wait for the transaction it is in."""
        self._stopping.set()
        self._woken.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._app.app_context():
                    try:
                        self.turn()
                    finally:
                        db.session.remove()
                self._trouble = ""
            except Exception as error:  # a lost database or signer comes back; the loop must still be there then
                if self._trouble != str(error):
                    self._trouble = str(error)
                    log.exception("sealing-failed")
                self._stopping.wait(_WATCH)
            self._woken.wait(_WATCH if self._takeover else _POLL)
            self._woken.clear()

    def turn(self) -> None:
        """One look at the queue and the clock."""
        queue = sealing.queue_ends()
        db.session.rollback()
        if queue and self._due(queue):
            stuck = not sealing.drain()
            self._stuck = (queue, time.monotonic() + _STUCK) if stuck else None
        self._seen = queue and queue[0]
        if not self._takeover and time.monotonic() >= self._next_checkpoint:
            self._next_checkpoint = time.monotonic() + self._interval
            sealing.publish_checkpoint(now=utcnow())

    def _due(self, queue: tuple[int, int]) -> bool:
        """A takeover leaves the worker a second; a queue of stopped entries alone is not read over and over."""
        if self._takeover and queue[0] != self._seen:
            return False
        return self._stuck is None or self._stuck[0] != queue or time.monotonic() >= self._stuck[1]


def watch(app: Flask) -> None:
    """Let this process take over the sealing of batches should the worker be gone: a loop that begins with the first
    request, after a server has forked. Not where the process's database role may not seal."""
    settings = app.extensions["settings"]
    if settings.log_sequencing == "inline" or settings.environment == "test":
        return
    first = threading.Lock()

    @app.before_request
    def _start() -> None:
        if first.acquire(blocking=False) and sealing.may_sequence():
            app.extensions["log"].loop = loop = SealingLoop(app, takeover=True)
            loop.start()


def start_sealing(app: Flask) -> SealingLoop:
    """Start the worker's loop."""
    loop = SealingLoop(app, takeover=False)
    app.extensions["log"].loop = loop
    loop.start()
    return loop
