"""After a compromise: the log is frozen, and the next one begins with a genesis that names its last good checkpoint."""

import subprocess
import sys
from dataclasses import replace

import pytest

from marketplace import provenance
from marketplace.app import create_app
from marketplace.database import db, transaction
from tests.browser import Browser
from tests.conftest import SeparateClient
from tests.engines import migrate, settings
from tests.marketplace.test_provenance import spray
from tests.traceability.standalone.witness_process import PROGRAM
from traceability.cli import main as verify

VERIFIER = PROGRAM.parents[1] / "verifier" / "tlog_verify.py"


@pytest.fixture
def make_site(tmp_path):
    """`make_site(name, origin)`: a migrated site of its own; call its result for a context."""
    made = []

    def make(name: str, origin: str):
        (tmp_path / name).mkdir()
        app = create_app(replace(settings(f"sqlite:///{tmp_path / name / 'market.db'}", tmp_path / name), log_origin=origin))
        app.test_client_class = SeparateClient
        migrate(app)
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def first(make_site, now):
    """A site whose log has two entries under a checkpoint."""
    app = make_site("first", "chonongsan.test/log/1")
    with app.app_context():
        provenance.incept(now=now)
        put(now)
        provenance.publish_checkpoint(now=now)
        yield app


def put(now):
    code = provenance.new_code()
    with transaction():
        spray(now, [code])
    return code


def run(app, *arguments):
    done = app.test_cli_runner().invoke(args=["log", *map(str, arguments)])
    db.session.rollback()
    return done.exit_code, done.output


def test_a_frozen_log_is_never_written_again(first, now):
    note = provenance.latest_checkpoint().note
    assert "\nfrozen at 3 entries; docs/log.md §4" in run(first, "freeze", "--yes")[1]
    code = put(now)
    assert [entry.seq for entry in provenance.lot_entries(code)] == [None]
    assert (provenance.publish_checkpoint(now=now), provenance.latest_checkpoint().note) == (0, note)
    assert provenance.read_only() == "frozen"
    for command in (["freeze", "--yes"], ["resume"], ["keys", "add"], ["keys", "retire", "00000000", "--early"]):
        exit_code, out = run(first, *command)
        assert (exit_code, "this log is frozen, by the operator at 20" in out, out.count("\n")) == (1, True, 1), command
    browser = Browser(first.test_client())
    browser.open("/so-cai")
    assert "Sổ này đã khóa lại, không ghi thêm" in browser.text()
    assert "frozen: nothing more is written" in Browser(first.test_client()).open("/so-cai?lang=en").get_text()


def test_the_next_log_names_the_last_good_checkpoint_and_lives_beside_the_first(first, make_site, tmp_path, now):
    run(first, "freeze", "--yes")
    (tmp_path / "note").write_text(provenance.latest_checkpoint().note, "utf-8")
    assert run(first, "start", "--previous", tmp_path / "note")[0] == 1
    second = make_site("second", "chonongsan.test/log/2")
    with second.app_context():
        assert run(second, "start", "--previous", tmp_path / "note") == (0, "the log has begun\n")
        put(now)
        provenance.publish_checkpoint(now=now)
        provenance.export(tmp_path / "export")
        browser = Browser(second.test_client())
        browser.open("/so-cai")
        assert "Sổ này nối sau sổ chonongsan.test/log/1, đã khóa lại ở 3 dòng." in browser.text()
        statuses = [second.test_client().get(f"/log/{number}/checkpoint").status_code for number in (1, 2)]
        assert (statuses, provenance.check().sound) == ([404, 200], True)
    assert verify(["verify", str(tmp_path / "export")]) == 0
    assert subprocess.run([sys.executable, VERIFIER, "export", tmp_path / "export"], capture_output=True).returncode == 0


@pytest.mark.parametrize("spoil", ["origin", "text"])
def test_a_note_that_cannot_be_the_former_logs_is_refused_and_nothing_begins(first, make_site, tmp_path, spoil):
    note = provenance.latest_checkpoint().note
    (tmp_path / "note").write_text("not a note\n" if spoil == "text" else note, "utf-8")
    second = make_site("second", "chonongsan.test/log/1" if spoil == "origin" else "chonongsan.test/log/2")
    with second.app_context():
        code, out = run(second, "start", "--previous", tmp_path / "note")
        assert (code, out.count("\n"), provenance.started()) == (1, 1, False), out
