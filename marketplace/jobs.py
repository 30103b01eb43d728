"""Background work: timers and outboxes, woken by commits and run every minute. Outcomes are in our own table.

Every job finds its rows in the database, so a lost wake-up, a duplicated one or a killed worker loses nothing:
the queue carries only names.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from flask import Flask
from huey import Huey, MemoryHuey, RedisHuey, SqliteHuey, crontab
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
    run: Callable[[datetime], int]


def bind(app: Flask, settings: Settings) -> None:
    """Make the queue (SQLite file, Redis by setting, memory in tests) and register the jobs of the ground."""
    if settings.environment == "test":
        queue: Huey = MemoryHuey("market")
    elif settings.redis_url:
        queue = RedisHuey("market", url=settings.redis_url)
    else:
        # Wake-ups may be lost with the power: the rows they speak of are in the durable database.
        queue = SqliteHuey("market", filename=str(settings.data_dir / "jobs.db"), fsync=False)
    app.extensions["jobs"] = {}
    app.extensions["huey"] = queue

    @queue.task(name="run_job")
    def run_job(name: str) -> None:
        run_once(app, name)

    @queue.periodic_task(crontab(), name="every_minute")
    def every_minute() -> None:
        for name in app.extensions["jobs"]:
            run_once(app, name)

    if settings.environment != "test":
        extensions.jobs.bind(run_job)
    sender = mail.Sender(settings.mail_url)
    add(app, "mail", lambda now: mail.send_due(sender=sender, now=now))


def add(app: Flask, name: str, run: Callable[[datetime], int]) -> None:
    """Register one more job; it runs every minute and whenever `extensions.jobs.wake(name)` is called."""
    app.extensions["jobs"][name] = Job(name, run)


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
                session.add(
                    JobRun(job=name, started_at=started, finished_at=utcnow(), ok=ok, detail=detail or str(done))
                )
    return done


def work(app: Flask) -> None:
    """Run the worker in the foreground until a signal stops it."""
    logging.getLogger("huey").setLevel(logging.WARNING)
    # One thread: jobs are short, and one after another is what SQLite's single writer wants anyway.
    app.extensions["huey"].create_consumer(workers=1, periodic=True, initial_delay=0.1, max_delay=1.0).run()
