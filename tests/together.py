"""Calls at the same moment, in threads of their own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from flask import Flask

from marketplace.database import db
from marketplace.errors import DomainError


def together(app: Flask, calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each call gave back, or the refusal (DomainError) it raised; any other error is raised here."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        with app.app_context():
            barrier.wait()
            try:
                return call()
            except DomainError as refusal:
                return refusal
            finally:
                db.session.remove()

    with ThreadPoolExecutor(max_workers=len(calls)) as pool:
        return list(pool.map(run, calls))
