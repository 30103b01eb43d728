"""Fixtures every test may use: an app on each engine, a fresh migrated database, a fixed clock."""

import contextvars
import os
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from marketplace.database import db
from tests.browser import Browser
from tests.engines import PostgresDatabase, SqliteDatabase, postgres_url

MISSING: list[str] = []
MEASURED: list[str] = []
"""Lines that tests want printed at the end: tables of sizes, never times."""


def pytest_configure(config):
    config._postgres = postgres_url()
    if config._postgres is None:
        _miss("PostgreSQL does not answer: its half of the suite was not run")


def _miss(line: str) -> None:
    """Something the suite cannot run here: one line, or a failure when REQUIRE_ALL is set."""
    if os.environ.get("REQUIRE_ALL") == "1":
        raise pytest.UsageError(f"REQUIRE_ALL: {line}")
    MISSING.append(line)


def pytest_terminal_summary(terminalreporter):
    for line in MISSING:
        terminalreporter.write_line(f"not run: {line}")
    for line in MEASURED:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def sqlite_database(tmp_path_factory):
    database = SqliteDatabase(tmp_path_factory.mktemp("sqlite"))
    yield database
    database.close()


@pytest.fixture(scope="session")
def postgres_database(tmp_path_factory, request):
    if request.config._postgres is None:
        pytest.skip("PostgreSQL does not answer")
    database = PostgresDatabase(tmp_path_factory.mktemp("postgresql"), request.config._postgres)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request):
    """A fresh migrated database on each engine."""
    chosen = request.getfixturevalue("sqlite_database" if request.param == "sqlite" else "postgres_database")
    chosen.reset()
    return chosen


@pytest.fixture
def app(database):
    """The site on a fresh database, with an app context pushed for factories and services."""
    with database.app.app_context():
        yield database.app
        db.session.remove()


class SeparateClient(FlaskClient):
    """Each request in its own context, as in production.

    Inside the test's app context requests would share `g`: the first signed-in person, CSRF token and nonce would
    stay for all later ones. The test's session forgets what it read before, so it sees what the request wrote.
    """

    def open(self, *args, **kwargs):
        self._forget()
        try:
            return contextvars.Context().run(super().open, *args, **kwargs)
        finally:
            self._forget()

    def _forget(self) -> None:
        db.session.rollback()
        db.session.expire_all()


@pytest.fixture
def postgres_app(postgres_database):
    """`app` on PostgreSQL only, for real threads."""
    postgres_database.reset()
    with postgres_database.app.app_context():
        yield postgres_database.app
        db.session.remove()


@pytest.fixture
def client(app):
    """A browser-like client: cookies kept, no CSRF switched off."""
    app.test_client_class = SeparateClient
    return app.test_client()


@pytest.fixture
def browser(client):
    """A client that inspects every page it opens; see tests/browser.py."""
    return Browser(client)


@pytest.fixture
def now():
    """10:00 in Can Tho on 22 November 2026."""
    return datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
