"""Throw-away databases for tests: a migrated template per engine, copied for every test."""

import os
import shutil
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

    def close(self) -> None:
        with self.app.app_context():
            db.engine.dispose()


class PostgresDatabase:
    """A database of our own name, cloned from a migrated template before each test."""

    name = "postgresql"

    def __init__(self, folder: Path, server: str) -> None:
        self.server = server
        stem = f"cho_test_{os.getpid()}_{uuid.uuid4().hex[:6]}"
        self.database, self.template = stem, f"{stem}_template"
        self._create(self.template)
        app = create_app(settings(self._url(self.template), folder))
        migrate(app)
        begin_log(app)
        with app.app_context():
            db.engine.dispose()
        self.app = create_app(settings(self._url(self.database), folder))

    def _url(self, database: str) -> str:
        url = make_url(self.server).set(drivername="postgresql+psycopg", database=database)
        return url.render_as_string(hide_password=False)

    def _create(self, name: str, template: str | None = None) -> None:
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        suffix = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
        self._run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + suffix)

    def _run(self, statement) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(statement)

    def reset(self) -> None:
        with self.app.app_context():
            db.engine.dispose()
        self._create(self.database, self.template)

    def close(self) -> None:
        with self.app.app_context():
            db.engine.dispose()
        for name in (self.database, self.template):
            self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
