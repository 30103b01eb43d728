"""The keys of persons, in a small store of their own with its own short-lived backups (docs/log.md §6).

One key for each subject and day of erasing. A key marked with a ground is being erased: nothing new is encrypted under
it, and a later run can finish what a crash interrupted. Every call is a transaction of its own.
"""

import secrets
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    Column,
    Engine,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    delete,
    event,
    insert,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import NullPool

from traceability.storage.rewriting import rewrite

KEY_BYTES = 32

metadata = MetaData()
subject_key = Table(
    "subject_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("until", Text, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("ground", Text),
    Index("uq_subject_key_active", "subject", "until", unique=True, sqlite_where=text("ground IS NULL"),
          postgresql_where=text("ground IS NULL")),
)
_columns = subject_key.c


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """A key and the random id under which openings name it."""

    id: str
    key: bytes


class SubjectKeys:
    """The store at `url` (SQLite or PostgreSQL), made when it is first used."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self._engine: Engine | None = None

    def for_new(self, subject: str, until: str) -> SubjectKey:
        """The key to encrypt under; drawn and durable before this returns."""
        wanted = select(_columns.id, _columns.key).where(
            _columns.subject == subject, _columns.until == until, _columns.ground.is_(None)
        )
        for _ in range(3):
            with self._connect().begin() as connection:
                row = connection.execute(wanted).first()
            if row:
                return SubjectKey(row.id, row.key)
            fresh = {"id": secrets.token_hex(16), "subject": subject, "until": until, "key": secrets.token_bytes(KEY_BYTES)}
            try:
                with self._connect().begin() as connection:
                    connection.execute(insert(subject_key), fresh)
            except IntegrityError:
                continue  # another process drew one meanwhile
        raise RuntimeError("no key could be drawn")

    def usable(self, key_id: str) -> bool:
        """May something new be encrypted under it? False once it is being erased."""
        with self._connect().begin() as connection:
            found = connection.execute(
                select(_columns.id).where(_columns.id == key_id, _columns.ground.is_(None))
            ).first()
        return found is not None

    def read(self, key_ids: Iterable[str] | None = None) -> dict[str, bytes]:
        """The keys there still are, by id; all of them without `key_ids`."""
        names = None if key_ids is None else list(set(key_ids))
        if names == []:
            return {}
        statement = select(_columns.id, _columns.key)
        with self._connect().begin() as connection:
            rows = connection.execute(statement if names is None else statement.where(_columns.id.in_(names)))
            return {row.id: row.key for row in rows}

    def mark(self, ground: str, *, subject: str | None = None, key_ids: Iterable[str] = ()) -> None:
        """Mark the keys of a subject, or these keys, as being erased."""
        chosen = _columns.subject == subject if subject is not None else _columns.id.in_(list(key_ids))
        with self._connect().begin() as connection:
            connection.execute(update(subject_key).where(chosen, _columns.ground.is_(None)).values(ground=ground))

    def marked(self, subject: str | None = None) -> dict[str, list[str]]:
        """Keys being erased (of one subject, or all), by ground."""
        statement = select(_columns.id, _columns.ground).where(_columns.ground.is_not(None)).order_by(_columns.id)
        if subject is not None:
            statement = statement.where(_columns.subject == subject)
        found: dict[str, list[str]] = {}
        with self._connect().begin() as connection:
            for row in connection.execute(statement):
                found.setdefault(row.ground, []).append(row.id)
        return found

    def destroy(self, key_ids: Iterable[str]) -> str | None:
        """Delete keys for good: on SQLite their bytes are overwritten, on PostgreSQL the table is written anew; returns
        why bytes are left in its files, None when they are gone."""
        with self._connect().begin() as connection:
            connection.execute(delete(subject_key).where(_columns.id.in_(list(key_ids))))
        if self._connect().dialect.name == "postgresql":
            with self._connect().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                return rewrite(connection, subject_key.name)
        return None

    def copy_to(self, target: Path) -> None:
        """Write a copy of an SQLite store as of one moment. Raises ValueError for another engine."""
        if self._connect().dialect.name != "sqlite":
            raise ValueError("only a store in SQLite is copied here: use the database's own backup")
        with closing(sqlite3.connect(str(self.url.database))) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
        target.chmod(0o600)

    def _connect(self) -> Engine:
        if self._engine is None:
            engine = _engine(self.url)
            try:
                metadata.create_all(engine)
            except DBAPIError:  # another process made the table between the look and the making
                metadata.create_all(engine)
            self._engine = engine
        return self._engine


def _engine(url) -> Engine:  # type: ignore[no-untyped-def]
    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        place = Path(url.database)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.touch(mode=0o600)

        @event.listens_for(engine, "connect")
        def _configure(connection, _record):  # type: ignore[no-untyped-def]
            # no write-ahead log: it would keep a destroyed key until somebody checkpoints it
            for pragma in ("journal_mode=DELETE", "synchronous=FULL", "secure_delete=ON", "busy_timeout=20000"):
                connection.execute(f"PRAGMA {pragma}")

    return engine
