"""A backup holds one moment of everything and is only ever put into an empty site."""

import shutil
import uuid
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from flask import current_app
from sqlalchemy.engine import make_url

from marketplace import backup, provenance
from marketplace.app import create_app
from marketplace.database import db, transaction
from marketplace.statistics import services as statistics
from tests.engines import SqliteDatabase
from tests.factories.accounts import make_person
from tests.marketplace.test_provenance import spray


@pytest.fixture
def source(tmp_path):
    database = SqliteDatabase(tmp_path / "site")
    with database.app.app_context():
        make_person(full_name="Trần Thị Sen")
        folder = database.app.extensions["settings"].uploads_dir
        folder.mkdir()
        (folder / "anh.jpg").write_bytes(b"anh")
    yield database.app.extensions["settings"]
    database.close()


def test_restored_site_has_people_log_and_files(source, tmp_path, now):
    backup.save(source, tmp_path / "copy", now)
    target = replace(source, data_dir=tmp_path / "new", database_url=f"sqlite:///{tmp_path / 'new' / 'market.db'}")

    manifest = backup.load(target, tmp_path / "copy")

    app = create_app(target)
    with app.app_context():
        names = [row[0] for row in db.session.execute(db.text("SELECT full_name FROM person"))]
        entries = db.session.scalar(db.text("SELECT count(*) FROM tlog_entry"))
        differences = statistics.check()
        db.session.remove()
        db.engine.dispose()
    assert (names, entries, differences) == (["Trần Thị Sen"], 1, [])
    assert (target.uploads_dir / "anh.jpg").read_bytes() == b"anh"
    assert (target.data_dir / "log-stopped").exists()
    assert manifest["log_origin"] == source.log_origin


def test_files_of_the_database_are_nobody_elses(source, tmp_path, now):
    with create_app(source).app_context():
        db.session.execute(db.text("SELECT count(*) FROM person"))
        live = {path.name: path.stat().st_mode & 0o777 for path in Path(source.data_dir).glob("market.db*")}
        db.session.remove()
        db.engine.dispose()
    backup.save(source, tmp_path / "copy", now)
    target = replace(source, data_dir=tmp_path / "new", database_url=f"sqlite:///{tmp_path / 'new' / 'market.db'}")
    backup.load(target, tmp_path / "copy")

    assert live == dict.fromkeys(("market.db", "market.db-wal", "market.db-shm"), 0o640)
    assert (tmp_path / "new" / "market.db").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o700


def test_backup_is_never_written_over_another(source, tmp_path, now):
    backup.save(source, tmp_path / "copy", now)

    with pytest.raises(backup.BackupFailed, match="not empty"):
        backup.save(source, tmp_path / "copy", now)


@pytest.mark.parametrize("spoil", ["manifest", "origin", "occupied"])
def test_unfit_backup_changes_nothing(source, tmp_path, now, spoil):
    backup.save(source, tmp_path / "copy", now)
    target = replace(source, data_dir=tmp_path / "new", database_url=f"sqlite:///{tmp_path / 'new' / 'market.db'}")
    if spoil == "manifest":
        (tmp_path / "copy" / "manifest.json").unlink()
    if spoil == "origin":
        target = replace(target, log_origin="other.test/log/1")
    if spoil == "occupied":
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "market.db").write_bytes(b"a site lives here")

    with pytest.raises(backup.BackupFailed):
        backup.load(target, tmp_path / "copy")

    assert not (tmp_path / "new" / "uploads").exists()
    assert not (tmp_path / "new" / "log-stopped").exists()


class TestRoles:
    """PostgreSQL with the documented roles: written by the sequencer's, put back on a machine that knows none of them."""

    @pytest.fixture
    def roles(self, postgres_database):
        """`roles(database)` makes databases of this name, `act(role)` the settings of who signs in as that role; all go at
        the end."""
        postgres_database.reset()
        stem = f"t{uuid.uuid4().hex[:10]}"
        made = Machines(postgres_database, stem)
        yield made
        made.clear()

    def test_a_restored_site_has_its_owners_and_rights_again(self, roles, tmp_path, now):
        roles.create("old", template=True)
        roles.apply("old")
        roles.site("old", "sequencer", lambda: (write(now), provenance.publish_checkpoint(now=now)))
        backup.save(roles.settings("old", "sequencer"), tmp_path / "copy", now)
        roles.drop("old")
        roles.create("new")

        target = replace(roles.settings("new", "postgres"), data_dir=tmp_path / "new")
        backup.load(target, tmp_path / "copy")
        shutil.copytree(roles.settings("new", "web").signer_dir, target.signer_dir)
        roles.folder = target.data_dir
        roles.apply("new")
        owners = roles.run("new", "SELECT DISTINCT tableowner FROM pg_tables WHERE tablename LIKE 'tlog\\_%'")
        assert owners == [(f"{roles.stem}_owner",)]
        resumed = roles.command("new", "sequencer", "resume")
        assert (resumed.exit_code, resumed.output.splitlines()[-1]) == (0, "the log goes on")
        roles.site("new", "web", lambda: write(now))
        assert roles.site("new", "sequencer", lambda: (provenance.publish_checkpoint(now=now), provenance.check().sound)) == (1, True)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            roles.run("new", "UPDATE tlog_entry SET id = id", role="web")


class Machines:
    """Throw-away databases with roles of their own."""

    def __init__(self, database, stem: str) -> None:
        self.stem, self.server, self._source = stem, make_url(database.server), database
        self.folder = database.app.extensions["settings"].data_dir
        self._made: list[str] = []

    def create(self, name: str, *, template: bool = False) -> None:
        self._made.append(name)
        with psycopg.connect(self._source.server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {self.stem}_{name}" + (f" TEMPLATE {self._source.template}" if template else ""))
        self.run(name, "DROP SCHEMA IF EXISTS seed CASCADE")  # of the tests' own machinery

    def drop(self, name: str) -> None:
        """The database, and the machine's knowledge of the roles with it."""
        self._made.remove(name)
        with psycopg.connect(self._source.server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {self.stem}_{name} WITH (FORCE)")
            for role in ("web", "sequencer", "owner"):
                connection.execute(f"DROP ROLE IF EXISTS {self.stem}_{role}")

    def clear(self) -> None:
        for name in list(self._made):
            self.drop(name)

    def settings(self, name: str, role: str):
        user = self.server.username if role == "postgres" else f"{self.stem}_{role}"
        url = self.server.set(drivername="postgresql+psycopg", database=f"{self.stem}_{name}", username=user)
        found = self._source.app.extensions["settings"]
        return replace(
            found, database_url=url.render_as_string(hide_password=False), data_dir=self.folder,
            log_sequencing="inline" if role == "sequencer" else "batch",
        )  # fmt: skip

    def site(self, name: str, role: str, work):
        app = create_app(self.settings(name, role))
        with app.app_context():
            try:
                return work()
            finally:
                db.session.remove()
                db.engine.dispose()

    def command(self, name: str, role: str, *arguments: str):
        return self.site(name, role, lambda: current_app.test_cli_runner().invoke(args=["log", *arguments]))

    def apply(self, name: str) -> None:
        """As a superuser, as docs/operation.md says."""
        done = self.command(name, "postgres", "roles", "--prefix", self.stem, "--apply")
        assert done.exit_code == 0, (done.output, done.exception)

    def run(self, name: str, statement: str, role: str = "postgres") -> list[tuple]:
        user = self.server.username if role == "postgres" else f"{self.stem}_{role}"
        url = self.server.set(drivername="postgresql", database=f"{self.stem}_{name}", username=user)
        with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
            done = connection.execute(statement)
            return done.fetchall() if done.description else []


def write(now) -> None:
    with transaction():
        spray(now, [provenance.new_code()])
