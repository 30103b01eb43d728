"""The database session, column types and `transaction()`; the only module that knows which engine runs."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Engine, Integer, MetaData, String, Text, TypeDecorator, event, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, mapped_column, registry
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import JSON

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""UTC+7 without summer time; a day of the statistics is a day in this zone."""


class UtcDateTime(TypeDecorator):
    """An aware UTC datetime on both engines; refuses naive values so that no local time slips in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value, dialect):
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={datetime: UtcDateTime(), dict: JSON(), list: JSON()},
    )


Id = Annotated[int, mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)]
"""Surrogate key; INTEGER on SQLite so that it is the row id."""
Dong = Annotated[int, mapped_column(BigInteger)]
"""Whole đồng."""
Amount = Annotated[int, mapped_column(BigInteger)]
"""Grams or pieces, by the product's measure."""
Short = Annotated[str, mapped_column(String(64))]
Line = Annotated[str, mapped_column(String(255))]
Prose = Annotated[str, mapped_column(Text)]

db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


def utcnow() -> datetime:
    """The clock, read by views and jobs only and handed to services as `now`."""
    return datetime.now(UTC)


def vietnam_day(moment: datetime) -> date:
    """The calendar day in Vietnam on which `moment` falls."""
    return moment.astimezone(VIETNAM).date()


def install_engine_events(engine: Engine) -> None:
    """SQLite: WAL, foreign keys, durable commits, and BEGIN IMMEDIATE for writing transactions.

    A deferred transaction that reads first may not wait for the write lock (measured: two thirds of
    baskets lost); so every transaction opened by `transaction()` takes the lock at its start.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "do_connect")
    def _create(_dialect, _record, arguments, _options):
        """A new file is for its owner and group alone; SQLite gives -wal and -shm the same mode."""
        if (engine.url.database or ":memory:") != ":memory:":
            os.close(os.open(arguments[0], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640))

    @event.listens_for(engine, "connect")
    def _configure(connection, _record):
        connection.isolation_level = None  # SQLAlchemy's begin event below emits BEGIN, not the driver
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=20000",
            "secure_delete=ON",
            "cache_size=-16000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection):
        if connection.get_execution_options().get("writing", False):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:  # by the driver: it takes no lock, so it cannot fail, and every page begins with it
            connection.connection.driver_connection.execute("BEGIN")


@contextmanager
def transaction() -> Iterator:
    """One writing transaction; re-entrant: an inner block joins, only the outermost commits.

    Yields the session. Work given to `after_commit` runs once the outermost block has committed, never
    when it rolled back. A read transaction left open by a guard is ended first, so what the service reads
    is read under its own lock.
    """
    session = db.session()
    if session.info.get("depth", 0):
        session.info["depth"] += 1
        try:
            yield session
            session.flush()
        finally:
            session.info["depth"] -= 1
        return
    session.rollback()
    with _turn(db.engine):
        session.connection(execution_options={"writing": True})
        session.info["depth"] = 1
        session.info["after_commit"] = []
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            session.info["after_commit"] = []
            raise
        finally:
            session.info["depth"] = 0
    for work in session.info.pop("after_commit", []):
        work()


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """SQLite: writers of all processes queue at a file lock, which the kernel hands on in turn. SQLite's own waiting
    sleeps and tries again, so that a busy neighbour starves the others (docs/decisions/0037-file-lock.md)."""
    file, descriptor = engine.url.database, None
    if engine.dialect.name == "sqlite" and file and file != ":memory:":
        with suppress(OSError):  # a disk that takes no file: BEGIN says what is wrong
            descriptor = os.open(Path(file).with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        if descriptor is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


@contextmanager
def one_moment() -> Iterator:
    """A reading transaction that sees the database as of one moment however long it lasts; yields the connection. A
    reading transaction left open is ended first; not inside `transaction()`."""
    session = db.session()
    if session.info.get("depth", 0):
        raise RuntimeError("one_moment() cannot be inside transaction()")
    session.rollback()
    options = {"isolation_level": "REPEATABLE READ"} if on_postgresql() else {}  # SQLite's readers never see later commits
    try:
        yield session.connection(execution_options=options)
    finally:
        session.rollback()


def after_commit(work: Callable[[], None]) -> None:
    """Run `work` when the surrounding transaction has committed (at once when there is none)."""
    session = db.session()
    if session.info.get("depth", 0):
        session.info["after_commit"].append(work)
    else:
        work()


class fingerprint(FunctionElement):
    """All the given columns as one text, which differs when any of them does."""

    name = "fingerprint"
    type = Text()
    inherit_cache = True


@compiles(fingerprint, "sqlite")
def _json_array(element, compiler, **options) -> str:
    return f"json_array({compiler.process(element.clauses, **options)})"


@compiles(fingerprint, "postgresql")
def _json_build_array(element, compiler, **options) -> str:
    return f"CAST(json_build_array({compiler.process(element.clauses, **options)}) AS TEXT)"


def not_durable() -> str | None:
    """Why a commit that was answered could be lost with the power, by the engine's own settings; None when it could not.
    A log that loses a published entry has forked."""
    if not on_postgresql():
        level = db.session.scalar(text("PRAGMA synchronous"))
        return None if level in (2, 3) else f"synchronous is {level}"  # FULL, EXTRA
    found = {name: db.session.scalar(text(f"SHOW {name}")) for name in ("fsync", "synchronous_commit")}
    off = [f"{name} is off" for name, value in found.items() if value == "off"]
    return ", ".join(off) or None


def on_postgresql() -> bool:
    """True when the current engine is PostgreSQL; for the few statements that differ."""
    return db.engine.dialect.name == "postgresql"
