"""Throw-away databases for tests: a migrated template per engine, copied for every test."""

import os
import shutil
import socket
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from flask import Flask
from psycopg import sql
from sqlalchemy.engine import make_url

from marketplace import config, provenance
from marketplace.app import create_app
from marketplace.database import db

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"


def postgres_url() -> str | None:
    """The server tests may create databases on: TEST_POSTGRES_URL, else one that answers locally."""
    url = os.environ.get("TEST_POSTGRES_URL", DEFAULT_POSTGRES)
    try:
        with psycopg.connect(url, connect_timeout=3):
            return url
    except psycopg.OperationalError:
        return None


def settings(database_url: str, data_dir: Path) -> config.Settings:
    """Settings of a test app; no environment is read."""
    base = config.read(
        {"CHO_ENV": "test", "DATABASE_URL": database_url, "DATA_DIR": str(data_dir), "RATE_LIMITS": "off"}
    )
    return replace(base, public_url="https://chonongsan.test", log_origin="chonongsan.test/log/1")


def migrate(app: Flask, revision: str = "head", *, down: bool = False) -> None:
    """Run the real migrations on the app's database."""
    alembic = Config(str(ROOT / "migrations" / "alembic.ini"))
    alembic.set_main_option("script_location", str(ROOT / "migrations"))
    alembic.attributes["configure_logger"] = False
    with app.app_context(), db.engine.connect().execution_options(writing=True) as connection:
        alembic.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(alembic, revision)
        connection.commit()


def begin_log(app: Flask) -> None:
    """Every test finds a log that has had its inception."""
    with app.app_context():
        provenance.incept(now=datetime(2026, 1, 1, tzinfo=UTC))
        db.session.remove()
    folder = app.extensions["settings"].signer_dir
    shutil.copytree(folder, folder.with_name("signer.template"))


def reset_signer(app: Flask) -> None:
    """The signer remembers what the reset database holds."""
    folder = app.extensions["settings"].signer_dir
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(folder.with_name("signer.template"), folder)


class SqliteDatabase:
    """One file, replaced from the template before each test."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "market.db"
        self.template = folder / "template.db"
        self.app = create_app(settings(f"sqlite:///{self.file}", folder))
        migrate(self.app)
        begin_log(self.app)
        with self.app.app_context():
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            db.engine.dispose()
        shutil.copy(self.file, self.template)

    def reset(self) -> None:
        with self.app.app_context():
            db.engine.dispose()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.file}{suffix}").unlink(missing_ok=True)
        shutil.copy(self.template, self.file)
        reset_signer(self.app)

    def close(self) -> None:
        with self.app.app_context():
            db.engine.dispose()


class PostgresDatabase:
    """A migrated database of our own name; between tests its rows are put back, or it is cloned anew when that fails.

    Putting rows back is several times cheaper than CREATE DATABASE. Tables that are empty after migration are emptied;
    small seeded ones are refilled from copies; the gazetteer, which nothing writes, is left alone.
    """

    name = "postgresql"
    untouched = frozenset({"alembic_version", "place_unit", "place_succession"})

    def __init__(self, folder: Path, server: str) -> None:
        self.server = server
        self._copies: list[str] = []
        stem = f"cho_test_{os.getpid()}_{uuid.uuid4().hex[:6]}"
        self.database, self.template = stem, f"{stem}_template"
        self._create(self.template)
        app = create_app(settings(self._url(self.template), folder))
        migrate(app)
        begin_log(app)
        with app.app_context():
            db.engine.dispose()
        self._copy_seeds()
        self._create(self.database, self.template)
        self.app = create_app(settings(self._url(self.database), folder))

    def _url(self, database: str) -> str:
        # A test database need not survive a power cut: commits return before they reach the disk.
        url = make_url(self.server).set(drivername="postgresql+psycopg", database=database)
        return url.update_query_dict({"options": "-csynchronous_commit=off"}).render_as_string(hide_password=False)

    def _create(self, name: str, template: str | None = None) -> None:
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        suffix = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
        self._run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + suffix)

    def _run(self, statement) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(statement)

    def _copy_seeds(self) -> None:
        """Keep what migration left in the template in a schema of its own, and plan the statements that put it back."""
        with psycopg.connect(self._plain(self.template)) as connection:
            rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            tables = [row[0] for row in rows]
            triggers = connection.execute(
                "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A' ORDER BY 1, 2"
            ).fetchall()
            connection.execute("CREATE SCHEMA seed")
            kept = [table for table in tables if table not in self.untouched]
            seeded = [table for table in kept if connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()]
            for table in seeded:
                connection.execute(f"CREATE TABLE seed.{table} AS TABLE {table}")
        self._known = set(tables)
        plain = [table for table in kept if not table.startswith("tlog_")]
        log = [table for table in kept if table.startswith("tlog_")]
        self._rows = ["SET LOCAL lock_timeout = '2s'", "SET LOCAL session_replication_role = replica", *_refill(plain, seeded)]
        self._log = [
            *(f"ALTER TABLE {table} DISABLE TRIGGER {name}" for table, name in triggers),
            *_refill(log, seeded),
            *(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}" for table, name in triggers),
        ]

    def _plain(self, name: str) -> str:
        return make_url(self.server).set(drivername="postgresql", database=name).render_as_string(hide_password=False)

    def reset(self) -> None:
        with self.app.app_context():
            db.engine.dispose()
        reset_signer(self.app)
        try:
            with psycopg.connect(self._plain(self.database), options="-csynchronous_commit=off") as connection:
                grown = connection.execute(
                    "SELECT (SELECT count(*) FROM tlog_entry) <> (SELECT count(*) FROM seed.tlog_entry)"
                    " OR EXISTS (SELECT 1 FROM tlog_pending) OR EXISTS (SELECT 1 FROM tlog_checkpoint)"
                ).fetchone()[0]
                present = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
                strange = [f"DROP TABLE {table}" for (table,) in present if table not in self._known]  # a test's own tables
                connection.execute("; ".join([*self._rows, *strange, *(self._log if grown else [])]))
        except psycopg.Error:
            # A thread of the last test still holds a row, the schema was taken down, or the user is no superuser.
            self._create(self.database, self.template)

    def copy(self, suffix: str) -> str:
        """The address of a further database, made from the template; `close` drops it."""
        self._copies.append(f"{self.database}_{suffix}")
        self._create(self._copies[-1], self.template)
        return self._url(self._copies[-1])

    def close(self) -> None:
        with self.app.app_context():
            db.engine.dispose()
        for name in (self.database, self.template, *self._copies):
            self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _refill(tables: list[str], seeded: list[str]) -> list[str]:
    """Statements that empty `tables` and give the seeded ones their rows back."""
    return [
        *(f"DELETE FROM {table}" for table in tables),
        *(f"INSERT INTO {table} SELECT * FROM seed.{table}" for table in tables if table in seeded),
    ]


def free_port() -> int:
    """A port that was free a moment ago, for programs that cannot take one themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
