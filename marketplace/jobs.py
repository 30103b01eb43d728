"""Background work: timers and outboxes, run by the clock and woken by commits. Outcomes are in our own table.

Every job finds its rows in the database, so a lost wake-up or a killed worker loses nothing.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from flask import Flask
from sqlalchemy.orm import Mapped, mapped_column

from marketplace import extensions, mail
from marketplace.config import Settings
from marketplace.database import Base, Id, Prose, Short, transaction, utcnow

log = structlog.get_logger()


class JobRun(Base):
    """One run of one job that did something or failed."""

    __tablename__ = "job_run"

    id: Mapped[Id]
    job: Mapped[Short] = mapped_column(index=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    ok: Mapped[bool]
    detail: Mapped[Prose]


@dataclass(frozen=True)
class Job:
    """`run(now)` handles what is due and returns how many things it did."""

    name: str
    every_seconds: float
    run: Callable[[datetime], int]


def bind(app: Flask, settings: Settings) -> None:
    """Register the site's jobs on the app."""
    sender = mail.Sender(settings.mail_url)
    jobs = [Job("mail", 10, lambda now: mail.send_due(sender=sender, now=now))]
    app.extensions["jobs"] = {job.name: job for job in jobs}


def add(app: Flask, name: str, every_seconds: float, run: Callable[[datetime], int]) -> None:
    """Register one more job."""
    app.extensions["jobs"][name] = Job(name, every_seconds, run)


def run_once(app: Flask, name: str, now: datetime | None = None) -> int:
    """Run one job to its end in an app context; a failure is recorded, logged and does not stop the worker."""
    job: Job = app.extensions["jobs"][name]
    started = now or utcnow()
    with app.app_context():
        try:
            done, ok, detail = job.run(started), True, ""
        except Exception as error:
            log.exception("job-failed", job=name)
            done, ok, detail = 0, False, f"{type(error).__name__}: {error}"[:2000]
        if done or not ok:
            with transaction() as session:
                session.add(JobRun(job=name, started_at=started, finished_at=utcnow(), ok=ok, detail=detail or str(done)))
    return done


class Worker:
    """Runs every job when it is due or was woken, one after another, until stopped."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._woken: set[str] = set()
        self._bell = threading.Condition()
        self._stop = False

    def wake(self, name: str) -> None:
        with self._bell:
            self._woken.add(name)
            self._bell.notify()

    def stop(self) -> None:
        with self._bell:
            self._stop = True
            self._bell.notify()

    def run_forever(self) -> None:
        """Blocks. Raises nothing: failures are recorded by `run_once`."""
        due = dict.fromkeys(self.app.extensions["jobs"], 0.0)
        while not self._stop:
            clock = time.monotonic()
            with self._bell:
                ready = sorted(self._woken | {name for name, at in due.items() if at <= clock})
                self._woken.clear()
                if not ready:
                    self._bell.wait(timeout=max(0.05, min(due.values()) - clock))
                    continue
            for name in ready:
                if name in due:
                    run_once(self.app, name)
                    due[name] = time.monotonic() + self.app.extensions["jobs"][name].every_seconds


def start_in_process(app: Flask) -> Worker:
    """A daemon thread in this process (single-process sites); commits wake it at once."""
    worker = Worker(app)
    extensions.jobs.bind(worker.wake)
    threading.Thread(target=worker.run_forever, name="jobs", daemon=True).start()
    return worker
