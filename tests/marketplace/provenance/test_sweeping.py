"""Under the documented PostgreSQL roles what is erased leaves the files, or the command says that it has not."""

import shutil
import uuid
from contextlib import closing
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from marketplace import provenance
from marketplace.app import create_app
from marketplace.database import db, transaction
from marketplace.provenance.site import the_log
from tests.engines import settings
from tests.marketplace.provenance.stored import files_below, plain, postgres_files

NUMBER, NOTE = b"0909123456", "/cns:note"


class RoleSite:
    """A site whose worker signs in as the sequencer role; `run` gives a command to it, `own` to the superuser."""

    def __init__(self, url, folder, prefix):
        self.url, self.export = make_url(url), folder / "export"
        base = replace(settings(url, folder), log_export_dir=str(self.export))
        self._owner = create_app(base)
        assert self.own("roles", "--prefix", prefix, "--apply").exit_code == 0
        signed_in = self.url.set(username=f"{prefix}_sequencer").render_as_string(hide_password=False)
        self.app = create_app(replace(base, database_url=signed_in))

    def run(self, *arguments):
        db.session.remove()
        return self.app.test_cli_runner().invoke(args=["log", *arguments])

    def own(self, *arguments):
        with self._owner.app_context():
            done = self._owner.test_cli_runner().invoke(args=["log", *arguments])
            db.session.remove()
            db.engine.dispose()
            return done

    def files(self):
        return postgres_files(self.url)


@pytest.fixture
def site(postgres_database, tmp_path):
    prefix = f"t{uuid.uuid4().hex[:10]}"
    folder = postgres_database.app.extensions["settings"].signer_dir
    shutil.copytree(folder.with_name("signer.template"), tmp_path / "signer")
    made = RoleSite(postgres_database.copy(prefix), tmp_path, prefix)
    with made.app.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()
    with psycopg.connect(plain(made.url.set(database="postgres")), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {made.url.database} WITH (FORCE)")
        for name in ("web", "sequencer", "owner"):
            connection.execute(f"DROP ROLE {prefix}_{name}")


def put(now, **more):
    with transaction():
        return provenance.record(kind="irrigating", event=more, lots=["A1"], who="seller:a", now=now)


def put_note(now):
    with transaction():
        receipt = provenance.record(
            kind="irrigating", event={}, lots=["A1"], who="seller:a", now=now, personal={NOTE: "Lá xanh"}, subject="seller:1"
        )
    [row] = the_log().storage.openings(db.session.connection(), entry_ids=[receipt.event_id])
    return row.box


def test_a_withheld_body_leaves_the_files_and_the_kept_export(site, now):
    put(now, target=f"gọi {NUMBER.decode()}")
    provenance.publish_checkpoint(now=now)
    assert NUMBER in site.files()
    assert NUMBER in files_below(site.export)
    done = site.run("redact", "1", "--reason", "phone_number")
    assert (done.exit_code, "no file" in done.output) == (0, True), done.output
    assert NUMBER not in site.files()
    assert NUMBER not in files_below(site.export)
    assert site.run("check").exit_code == 0


def test_an_erased_opening_leaves_the_files(site, now):
    box = put_note(now)
    assert box in site.files()
    done = site.run("erase", "--subject", "seller:1")
    assert (done.exit_code, done.output) == (0, "1 values erased\n")
    assert box not in site.files()


def test_without_the_right_to_sweep_the_command_says_what_is_left_to_do(site, now):
    box = put_note(now)
    with closing(psycopg.connect(plain(site.url), autocommit=True)) as connection:
        connection.execute("DROP FUNCTION tlog_sweep(text)")
    done = site.run("erase", "--subject", "seller:1")
    assert (done.exit_code, "files of tlog_opening" in done.output, "roles --apply" in done.output) == (1, True, True)
    assert site.run("sweep").exit_code == 1
    assert box in site.files()
    assert site.own("sweep").exit_code == 0
    assert box not in site.files()


def test_what_an_older_transaction_may_still_read_is_not_called_gone(site, now):
    box = put_note(now)
    with closing(psycopg.connect(plain(site.url))) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("SELECT 1")  # a snapshot, and no lock on any table
        done = site.run("erase", "--subject", "seller:1")
        assert (done.exit_code, "may still read" in done.output) == (1, True), done.output
        assert box in site.files()
    assert site.run("sweep").exit_code == 0
    assert box not in site.files()


def test_the_sweeper_takes_no_other_table(site):
    for table in ("person", "tlog_head", "nothing"):
        with pytest.raises(DBAPIError), db.engine.begin() as connection:
            connection.execute(text("SELECT site_sweep(:name)"), {"name": table})
