"""The populated market, built once per engine and put back before each test that asks for it."""

import shutil
from pathlib import Path

import pytest

from marketplace.database import db, utcnow
from tests.factories.accounts import sign_in
from tests.factories.market import Market, make_market
from tests.factories.orders import make_basket


class Living:
    """A database with the market in it: `app`, `market`, and `restore()` to what it was when built."""

    def __init__(self, database) -> None:
        self.database, self.app = database, database.app
        database.reset()
        with self.app.app_context():
            self.market: Market = make_market(utcnow())
            self.basket = make_basket({self.market.first.products["listed"].id: 3000}, now=self.market.now)
            self._cookies = self._signed_in()
            for thing in list(db.session):
                db.session.refresh(thing)  # so that tests may read them without a session
            db.session.expunge_all()
            db.session.remove()
            self._save()

    def client(self, role: str):
        """A fresh plain browser of a visitor with a basket, the buyer, the first seller's owner or the officer."""
        return self.browser_with(self._cookies[role])

    def browser_with(self, cookie: str):
        """A fresh plain browser that holds this session cookie."""
        self.app.test_client_class = None
        client = self.app.test_client()
        client.set_cookie("session", cookie)
        return client

    def _signed_in(self) -> dict[str, str]:
        """Role to session cookie; the sessions are part of what is restored."""
        people = {
            "visitor": None, "buyer": self.market.buyer, "seller": self.market.first.owner, "other": self.market.second.owner,
            "officer": self.market.officer,
        }
        cookies = {}
        for role, person in people.items():
            client = self.app.test_client()
            if person is not None:
                sign_in(client, person)
            with client.session_transaction() as cookie:
                cookie["basket"], cookie["basket_count"] = self.basket, 1
                if role == "visitor":  # past the password, before the code
                    cookie["half"] = {"who": self.market.officer.get_id(), "at": utcnow().timestamp(), "remember": False}
            cookies[role] = client.get_cookie("session").value
        return cookies

    def _save(self) -> None:
        self._signer = Path(self.app.extensions["settings"].signer_dir)
        shutil.copytree(self._signer, self._signer.with_name("signer.living"), dirs_exist_ok=True)
        if self.database.name == "sqlite":
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            db.engine.dispose()
            self._copy = self.database.folder / "living.db"
            shutil.copy(self.database.file, self._copy)
        else:
            db.session.remove()
            db.engine.dispose()
            self._copy = f"{self.database.template}_living"
            self.database._create(self._copy, self.database.database)

    def restore(self) -> None:
        """Everything as it was."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        # other tests of this process put the signer back to a log of their own
        shutil.rmtree(self._signer, ignore_errors=True)
        shutil.copytree(self._signer.with_name("signer.living"), self._signer)
        if self.database.name == "sqlite":
            for suffix in ("-wal", "-shm"):
                Path(f"{self.database.file}{suffix}").unlink(missing_ok=True)
            shutil.copy(self._copy, self.database.file)
        else:
            self.database._create(self.database.database, self._copy)

    def close(self) -> None:
        if self.database.name != "sqlite":
            from psycopg import sql

            self.database._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self._copy)))


@pytest.fixture(scope="session")
def living_sqlite(sqlite_database):
    living = Living(sqlite_database)
    yield living
    living.close()


@pytest.fixture(scope="session")
def living_postgres(postgres_database):
    living = Living(postgres_database)
    yield living
    living.close()


@pytest.fixture(params=["sqlite", "postgres"])
def living(request):
    """The populated market on each engine."""
    chosen = request.getfixturevalue(f"living_{request.param}")
    chosen.restore()
    return chosen


@pytest.fixture
def living_on_sqlite(living_sqlite):
    """The populated market on SQLite alone, for what does not depend on the engine."""
    living_sqlite.restore()
    return living_sqlite
