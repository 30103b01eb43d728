"""Beginning the log and the life of its keys, as the operator does it."""

import shutil
from datetime import timedelta

import pytest

from marketplace import provenance
from marketplace.database import db, transaction
from tests.marketplace.test_provenance import spray
from traceability.checkpoint import parse_note, parse_verifier_key, verify_note
from traceability.errors import LogStateError
from traceability.signer import KeyFile


@pytest.fixture
def run(app):
    """Runs `flask log …`; returns (exit code, output)."""

    def call(*arguments):
        done = app.test_cli_runner().invoke(args=["log", *map(str, arguments)])
        db.session.rollback()
        return done.exit_code, done.output

    return call


def test_a_rotation_goes_by_commands(app, run, now):
    old = [row.key for row in provenance.key_rows()]
    code, out = run("keys", "add")
    new = out.split()
    assert (code, len(new)) == (0, 2)
    provenance.publish_checkpoint(now=now)
    note = parse_note(provenance.latest_checkpoint().note.encode())
    assert {str(item.key) for item in verify_note(note, map(parse_verifier_key, old + new))} == {*old, *new}

    key_id = parse_verifier_key(old[0]).id.hex()
    code, out = run("keys", "retire", key_id)
    assert (code, "90 days" in out) == (1, True)
    assert run("keys", "retire", key_id, "--early")[0] == 0
    assert [row.stop for row in provenance.key_rows() if row.key == old[0]] == [4]
    assert app.test_client().get("/log/1/keys").text.split() == old + new


def test_a_key_retired_after_a_compromise_is_never_promised_again(app, run, now):
    old = [row.key for row in provenance.key_rows()]
    assert len(provenance.add_keys(now=now)) == 2
    for key in old:
        provenance.retire_key(key_id=parse_verifier_key(key).id.hex(), now=now, early=True)
    made = run("keys", "add")[1].split()
    assert (len(made), set(made) & set(old)) == (2, set())
    assert len(provenance.key_rows()) == 6
    assert all(row.stop is not None for row in provenance.key_rows() if row.key in old)


def test_old_keys_may_go_after_ninety_days_but_never_the_last_of_a_kind(app, now):
    old = parse_verifier_key(provenance.key_rows()[0].key).id.hex()
    with pytest.raises(LogStateError) as refusal:
        provenance.retire_key(key_id=old, now=now)
    assert refusal.value.code == "last-key"
    provenance.add_keys(now=now)
    with pytest.raises(LogStateError) as refusal:
        provenance.retire_key(key_id=old, now=now + timedelta(days=89))
    assert refusal.value.code == "overlap"
    provenance.retire_key(key_id=old, now=now + timedelta(days=91))
    with pytest.raises(LogStateError) as refusal:
        provenance.retire_key(key_id=old, now=now + timedelta(days=91))
    assert refusal.value.code == "no-such-key"


def test_without_a_promised_root_no_history_is_published(app, run, tmp_path):
    assert run("keys", "root", tmp_path / "root.key")[0] == 0
    code, out = run("keys", "history", "--root", tmp_path / "root.key")
    assert (code, "promises no root key" in out) == (1, True)
    assert run("keys", "history")[1].startswith("chonongsan.test/log/1/key-history\n0 - ")
    assert app.test_client().get("/log/1/key-history").status_code == 404


def test_the_commands_say_what_is_so(run):
    assert run("start") == (0, "the log was begun before\n")
    assert run("resume")[1].startswith("1 entries were here, 1 are now, 0 are signed")


class TestNewLog:
    """A site before its inception."""

    @pytest.fixture
    def fresh(self, tmp_path):
        from marketplace.app import create_app
        from tests.engines import migrate, settings

        app = create_app(settings(f"sqlite:///{tmp_path / 'market.db'}", tmp_path))
        migrate(app)
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()

    def test_the_offline_root_key_is_promised_and_signs_the_key_history(self, fresh, tmp_path, now):
        root = provenance.make_root(tmp_path / "root.key")
        assert (tmp_path / "root.key").stat().st_mode & 0o777 == 0o600
        provenance.incept(now=now, root=root)
        provenance.add_keys(now=now)
        note = provenance.sign_history(tmp_path / "root.key")
        assert fresh.test_client().get("/log/1/key-history").text == note
        verify_note(parse_note(note.encode()), [parse_verifier_key(root)])
        assert len(parse_note(note.encode()).text.splitlines()) == 5

        (tmp_path / "other.key").touch()
        (tmp_path / "other.key").unlink()
        provenance.make_root(tmp_path / "other.key")
        with pytest.raises(LogStateError) as refusal:
            provenance.sign_history(tmp_path / "other.key")
        assert refusal.value.code == "other-root"

    def test_a_lost_database_is_not_begun_anew_while_the_signer_remembers(self, fresh, tmp_path, now):
        provenance.incept(now=now)
        provenance.publish_checkpoint(now=now)
        signer = fresh.extensions["log"].near
        with transaction() as session:
            session.execute(db.text("SELECT 1"))
        other = fresh.extensions["log"].log
        assert signer.state()[0] == 1
        shutil.copytree(tmp_path / "signer", tmp_path / "kept")
        with pytest.raises(LogStateError) as refusal:
            provenance.incept(now=now)
        assert refusal.value.code == "already-started"
        assert other.size(db.session.connection()) == 1

    def test_a_site_older_than_its_signer_gets_one_and_promises_the_second_key(self, fresh, tmp_path, now):
        provenance.incept(now=now)
        provenance.publish_checkpoint(now=now)
        settings = fresh.extensions["settings"]
        plain = KeyFile(settings.signer_dir / "keys").read()[0]
        shutil.rmtree(settings.signer_dir)
        settings.log_key_path.write_text(plain.secret() + "\n")
        assert provenance.adopt_old_key(now=now)
        assert not settings.log_key_path.exists()
        assert not provenance.adopt_old_key(now=now)
        with transaction():
            spray(now, [provenance.new_code()])
        provenance.publish_checkpoint(now=now)
        rows = provenance.key_rows()
        assert rows[0].key == str(plain.verifier)
        assert all(row.signs for row in rows if row.start or row.key == str(plain.verifier))
        assert provenance.check().sound
