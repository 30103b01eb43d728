"""The restore drill on a whole site: backup, a hundred entries published since, restore, refusal, resume."""

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from marketplace import backup, provenance
from marketplace.app import create_app
from marketplace.database import db, transaction
from marketplace.lots import services
from marketplace.lots.personal import subject_of
from marketplace.provenance.personal import the_keys, used_keys
from marketplace.provenance.site import the_log
from tests.engines import migrate, settings
from tests.factories.catalogue import make_product
from tests.factories.lots import make_growing_area, owner_of
from tests.marketplace.provenance.stored import files_below
from tests.marketplace.test_provenance import spray
from tests.traceability.standalone.witness_process import PROGRAM, SimpleLog, add_checkpoint, prepare, running
from traceability.checkpoint import Checkpoint, Note, parse_verifier_key
from traceability.cli import main
from traceability.errors import LogStateError
from traceability.merkle import leaf_hash

VERIFIER = PROGRAM.parents[1] / "verifier" / "tlog_verify.py"


@pytest.fixture
def site(tmp_path, now):
    """A site that keeps its export at every checkpoint, in an app context."""
    chosen = replace(
        settings(f"sqlite:///{tmp_path / 'market.db'}", tmp_path), log_export_dir=str(tmp_path / "export")
    )
    app = create_app(chosen)
    migrate(app)
    with app.app_context():
        provenance.incept(now=now)
        yield app
        db.session.remove()
        db.engine.dispose()


def put(number, now):
    code = provenance.new_code()
    with transaction():
        for _ in range(number):
            spray(now, [code])
    return code


def restore(site, folder) -> None:
    db.session.remove()
    db.engine.dispose()
    for file in site.extensions["settings"].data_dir.glob("market.db*"):
        file.unlink()
    backup.load(site.extensions["settings"], folder)


def test_a_hundred_published_entries_come_back_after_a_restore(site, tmp_path, now):
    put(5, now)
    provenance.publish_checkpoint(now=now)
    backup.save(site.extensions["settings"], tmp_path / "copy", now)
    code = put(100, now)
    provenance.publish_checkpoint(now=now)
    published = provenance.latest_checkpoint()
    shutil.copy(tmp_path / "export" / "checkpoint", tmp_path / "seen")
    restore(site, tmp_path / "copy")

    elsewhere = put(1, now)
    assert [entry.seq for entry in provenance.lot_entries(elsewhere)] == [None]
    assert provenance.publish_checkpoint(now=now) == 0
    assert provenance.read_only() == "restored"

    runner = site.test_cli_runner()
    found = runner.invoke(args=["log", "check"])
    assert (found.exit_code, "read-only: behind-signer" in found.output) == (1, True)
    done = runner.invoke(args=["log", "resume"])
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "the log goes on")
    db.session.rollback()
    assert provenance.latest_checkpoint() == replace(published, at=provenance.latest_checkpoint().at)
    assert len(provenance.lot_entries(code)) == 100
    provenance.publish_checkpoint(now=now)
    assert [entry.seq for entry in provenance.lot_entries(elsewhere)] == [published.size]
    assert provenance.check().sound
    # whoever kept the last checkpoint from before the restore finds it continued
    command = [sys.executable, VERIFIER, "export", tmp_path / "export", "--since", tmp_path / "seen"]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert provenance.latest_checkpoint().size > published.size


def test_the_signer_is_in_no_backup(site, tmp_path, now):
    provenance.publish_checkpoint(now=now)
    backup.save(site.extensions["settings"], tmp_path / "copy", now)
    names = {path.name for path in (tmp_path / "copy").rglob("*")}
    assert names.isdisjoint({"signer", "keys", "state"})


def test_resuming_without_any_export_is_refused_in_one_line(site, tmp_path, now):
    backup.save(site.extensions["settings"], tmp_path / "copy", now)
    put(1, now)
    provenance.publish_checkpoint(now=now)
    restore(site, tmp_path / "copy")
    (tmp_path / "export" / "checkpoint").unlink()
    done = site.test_cli_runner().invoke(args=["log", "resume"])
    assert (done.exit_code, done.output.count("\n"), "give an export" in done.output) == (1, 1, True)
    with pytest.raises(LogStateError):
        provenance.incept(now=now)


def test_a_restored_log_is_read_only_until_it_is_resumed_even_when_nothing_is_missing(site, tmp_path, now):
    put(2, now)
    provenance.publish_checkpoint(now=now)
    backup.save(site.extensions["settings"], tmp_path / "copy", now)
    restore(site, tmp_path / "copy")
    code = put(1, now)
    assert ([entry.seq for entry in provenance.lot_entries(code)], provenance.read_only()) == ([None], "restored")
    found = site.test_cli_runner().invoke(args=["log", "check"])
    assert (found.exit_code, "read-only: restored" in found.output) == (1, True)

    assert site.test_cli_runner().invoke(args=["log", "resume"]).exit_code == 0
    provenance.publish_checkpoint(now=now)
    assert (len(provenance.lot_entries(code)), provenance.read_only()) == (1, None)
    assert provenance.check().sound


def test_a_personal_note_written_after_the_backup_is_lost_openly(site, tmp_path, now):
    lot, note = diary(now)
    code, bay = lot.code, subject_of(lot.seller_id, worker="Bảy")
    note(worker="Bảy")
    note(worker="Út Tư")
    provenance.publish_checkpoint(now=now)
    backup.save(site.extensions["settings"], tmp_path / "copy", now)
    [gone] = boxes(bay)
    assert provenance.erase(subject=bay, ground="request", now=now) == 1
    note(worker="Chín", note="Trời mưa")
    provenance.publish_checkpoint(now=now)
    assert len(the_keys().read()) == 3
    restore(site, tmp_path / "copy")
    assert gone in files_below(tmp_path / "copy")

    done = site.test_cli_runner().invoke(args=["log", "resume"])
    assert (done.exit_code, "2 personal values were lost" in done.output) == (0, True), done.output
    db.session.rollback()
    assert provenance.check().text.startswith("sound")
    assert provenance.publish_checkpoint(now=now)
    assert main(["verify", str(tmp_path / "export")]) == 0
    [kept] = the_keys().read()
    assert {kept} == used_keys()
    assert gone not in b"".join(path.read_bytes() for path in tmp_path.glob("market.db*"))

    db.session.execute(text("UPDATE lot SET state = 'released'"))
    db.session.commit()
    page = site.test_client().get(f"/t/{code}").get_data(as_text=True)
    assert page.count("thông tin cá nhân đã mất khi máy chủ hỏng") == 1
    assert page.count("thông tin cá nhân đã xóa theo yêu cầu") == 1
    assert site.test_cli_runner().invoke(args=["log", "resume"]).output.count("lost") == 0


def diary(now):
    """A lot, and a way to write in its diary with values that belong to a person, open to all."""
    product = make_product()
    actor = owner_of(product.seller_id)
    lot = services.create_lot(
        actor=actor, seller_id=product.seller_id, product_id=product.id,
        growing_area_id=make_growing_area(product.seller).id, now=now,
    )  # fmt: skip

    def note(**personal):
        services.record_diary(
            actor=actor, seller_id=lot.seller_id, lot_id=lot.id, kind="irrigating", happened_at=now,
            details={"source": "rain"}, client_key=None, now=now, personal=personal, publish=True,
        )  # fmt: skip

    return lot, note


def boxes(subject):
    [key_id] = [key for key in the_keys().read() if the_keys().for_new(subject, "2028-12-01").id == key]
    return [row.box for row in the_log().storage.openings(db.session.connection(), key_ids=[key_id])]


class TestWitnesses:
    """A signer's state that was lost with the database knows no better; a witness does."""

    @pytest.fixture
    def witness(self, site, tmp_path):
        keys = provenance.key_rows()
        prepare(tmp_path / "witness", parse_verifier_key(keys[0].key))
        with running(tmp_path / "witness") as found:
            policy = tmp_path / "policy"
            policy.write_text(f"log {keys[0].key}\nwitness w {found.key} http://127.0.0.1:{found.port}\nquorum none\n", "utf-8")
            there = site.extensions["log"]
            there.settings = replace(there.settings, log_policy=policy)
            yield found

    def resume(self, site):
        done = site.test_cli_runner().invoke(args=["log", "resume"])
        db.session.rollback()
        return done.exit_code, done.output

    def test_an_older_database_and_signer_and_export_are_refused_by_what_a_witness_holds(self, site, witness, tmp_path, now):
        put(2, now)
        provenance.publish_checkpoint(now=now)
        backup.save(site.extensions["settings"], tmp_path / "copy", now)
        for name in ("signer", "export"):
            shutil.copytree(tmp_path / name, tmp_path / f"old-{name}")
        put(3, now)
        provenance.publish_checkpoint(now=now)
        assert provenance.ask_witnesses(now=datetime.now(UTC)) == 1
        restore(site, tmp_path / "copy")
        for name in ("signer", "export"):
            (tmp_path / name).rename(tmp_path / f"new-{name}")
            (tmp_path / f"old-{name}").rename(tmp_path / name)

        code, out = self.resume(site)
        assert (code, "behind-witness: w holds 7 entries, here are 4" in out) == (1, True), out
        assert provenance.read_only() == "restored"
        assert put(1, now) and provenance.publish_checkpoint(now=now) == 0

        done = site.test_cli_runner().invoke(args=["log", "resume", "--from", str(tmp_path / "new-export")])
        assert (done.exit_code, done.output.splitlines()[-1]) == (0, "the log goes on")

    def test_another_history_at_a_witness_keeps_the_log_read_only(self, site, witness, tmp_path, now):
        put(1, now)
        leaves = [leaf_hash(b"0"), leaf_hash(b"1")]
        text = SimpleLog(SimpleNamespace(name="chonongsan.test/log/1"), leaves).checkpoint().text()
        note = Note(text, (site.extensions["log"].near.key_file.read()[0].sign(text),))
        assert witness.post(add_checkpoint(0, [], str(note))).status == 200
        provenance.publish_checkpoint(now=now)

        code, out = self.resume(site)
        assert (code, "differs-from-witness: the first 2 entries are not those that w signed" in out) == (1, True), out

    def test_a_witness_that_differs_stops_every_process_until_resume(self, site, witness, tmp_path, now):
        put(1, now)
        far = site.extensions["log"].near.key_file.read()[0]
        text = Checkpoint("chonongsan.test/log/1", 99, leaf_hash(b"x")).text()
        assert witness.post(add_checkpoint(0, [], str(Note(text, (far.sign(text),))))).status == 200
        provenance.publish_checkpoint(now=now)
        provenance.ask_witnesses(now=datetime.now(UTC))

        assert provenance.read_only() == "witness-differs"
        again = create_app(site.extensions["settings"])
        with again.app_context():
            assert provenance.read_only() == "witness-differs"
            db.session.remove()
            db.engine.dispose()
        waiting = put(1, now)
        assert [entry.seq for entry in provenance.lot_entries(waiting)] == [None]
        assert self.resume(site)[0] == 1

        there = site.extensions["log"]
        there.settings = replace(there.settings, log_policy=None)  # people found that the witness is wrong
        assert self.resume(site)[0] == 0
        provenance.publish_checkpoint(now=now)
        assert None not in [entry.seq for entry in provenance.lot_entries(waiting)]
