"""Personal values of entries: kept apart, shown by consent, erased for good, with the log as it was."""

import base64
import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from marketplace import backup, provenance
from marketplace.database import db, transaction
from marketplace.provenance import personal, privacy
from marketplace.provenance.site import the_log, the_site
from tests.marketplace.provenance.stored import files_below, postgres_files, wal_position, wal_since
from traceability.cli import main
from traceability.log.erasure import erase_openings

NOTE, WORKER = "/cns:note", "/cns:worker"
UNTIL = "2028-12-01"
"""When values written on the day of `now` are erased at the latest."""
SECRET = "Bác Bảy Quýt bón thúc"


@pytest.fixture
def spray(now):
    def run(note=SECRET, subject="seller:1", publish=False, **more):
        with transaction():
            return provenance.record(
                kind="irrigating", event={"at": now - timedelta(hours=1)}, lots=["A1"], who="seller:a", now=now,
                personal={NOTE: note}, subject=subject, publish=publish, **more,
            )  # fmt: skip

    return run


def values(receipt, **more):
    return [(item.path, item.value) for item in provenance.openings_of([receipt.event_id], **more)]


def test_the_entry_keeps_a_commitment_and_only_published_values_are_shown(app, spray):
    hidden, shown = spray(), spray("Lá xanh", publish=True)
    assert (values(hidden), values(shown)) == ([], [(NOTE, "Lá xanh")])
    assert values(hidden, published_only=False) == [(NOTE, SECRET)]
    entries = provenance.lot_entries("A1")
    assert all(list(entry.body["c"]) == [NOTE] for entry in entries)
    assert SECRET not in str(entries)
    assert provenance.check().sound


def test_the_same_record_again_keeps_its_first_commitment_another_value_is_refused(app, spray):
    name = "urn:uuid:0b5f6a52-8b66-4b0a-9a1f-0d6f5b7c1a11"
    first = spray(event_id=name)
    assert spray(event_id=name).leaf_hex == first.leaf_hex
    with pytest.raises(provenance.EventReused):
        spray("khác", event_id=name)
    assert len(provenance.lot_entries("A1")) == 1


def test_a_record_that_fails_leaves_no_opening(app, now, spray):
    with pytest.raises(ZeroDivisionError), transaction():
        spray()
        raise ZeroDivisionError
    assert db.session.scalar(text("SELECT count(*) FROM tlog_opening")) == 0


def test_values_of_one_record_may_speak_of_two_people(app, now):
    with transaction():
        receipt = provenance.record(
            kind="irrigating", event={}, lots=["A1"], who="seller:a", now=now,
            personal={NOTE: "x", WORKER: "Tư"}, subject={NOTE: "two-people-a", WORKER: "two-people-b"},
        )  # fmt: skip
    assert provenance.erase(subject="two-people-b", ground="request", now=now) == 1
    assert values(receipt, published_only=False) == [(NOTE, "x")]
    assert [(item.path, item.entry_id) for item in provenance.erasures_of([receipt.event_id])] == [(WORKER, receipt.event_id)]


def test_erasing_leaves_value_salt_key_and_box_nowhere_and_every_proof_standing(app, spray, now, tmp_path, capsys):
    server = db.engine.url if db.engine.dialect.name == "postgresql" else None
    start = wal_position(server) if server else 0
    receipt = spray(publish=True)
    needles = secrets_of(receipt)
    if server:
        assert found_in(wal_since(server, start), needles) == {"box"}
    provenance.publish_checkpoint(now=now)
    assert {"box", "key"} <= found_in(everything(), needles)  # before: what is looked for is there to be found
    assert "box" in found_in(backup_into(tmp_path / "before", now), needles)
    assert provenance.erase(subject="seller:1", ground="request", now=now) == 1
    assert provenance.erase(subject="seller:1", ground="request", now=now) == 0
    assert (values(receipt, published_only=False), provenance.check().sound) == ([], True)
    assert [entry.body["t"] for entry in provenance.lot_entries("A1")] == ["chonongsan/event/1"]
    provenance.publish_checkpoint(now=now)
    provenance.export(tmp_path / "export")
    assert main(["verify", str(tmp_path / "export")]) == 0
    logged = "".join(capsys.readouterr()).encode()
    for stored in (everything(), files_below(tmp_path / "export"), logged, backup_into(tmp_path / "after", now)):
        assert found_in(stored, needles) == set()
    if server:  # the server's log of changes keeps the box until it is aged out; nothing opens it any more
        assert found_in(wal_since(server, start), needles) <= {"box"}


def test_only_the_erased_subjects_values_go(app, spray, now):
    gone, kept = spray(subject="gone"), spray(subject="kept")
    assert provenance.erase(subject="gone", ground="request", now=now) == 1
    assert (values(gone, published_only=False), values(kept, published_only=False)) == ([], [(NOTE, SECRET)])


def test_values_kept_long_enough_are_erased_by_the_job(app, spray, now):
    receipt = spray()
    assert provenance.erase_due(now=now + timedelta(days=700)) == 0
    assert provenance.erase_due(now=now + timedelta(days=800)) == 1
    assert values(receipt, published_only=False) == []
    assert provenance.erase_due(now=now + timedelta(days=801)) == 0


def test_an_erasure_killed_before_its_commit_is_finished_by_the_job(app, spray, now):
    receipt = spray(subject="killed-1")
    personal.the_keys().mark("request", subject="killed-1")  # the process dies here
    assert values(receipt, published_only=False) == [(NOTE, SECRET)]
    assert provenance.erase_due(now=now) == 1
    assert (values(receipt, published_only=False), provenance.check().sound) == ([], True)


def test_an_erasure_killed_after_its_commit_still_destroys_the_key_and_logs_nothing_twice(app, spray, now):
    spray(subject="killed-2")
    keys, log = personal.the_keys(), the_log()
    keys.mark("request", subject="killed-2")
    [key_ids] = keys.marked("killed-2").values()
    with transaction() as session:
        writing = {"origin": log.origin, "who": provenance.OPERATOR, "ground": "request", "now": now}
        assert erase_openings(log.storage, session.connection(), key_ids=key_ids, **writing) == 1
    size = provenance.check().size  # the process dies here
    assert keys.read(key_ids)
    assert provenance.erase(subject="killed-2", ground="request", now=now) == 0
    assert (keys.read(key_ids), provenance.check().size) == ({}, size)


def test_what_is_recorded_while_a_subject_is_being_erased_gets_a_new_key(app, spray, now):
    first = spray(subject="busy")
    personal.the_keys().mark("request", subject="busy")
    second = spray(subject="busy")
    assert provenance.erase_due(now=now) == 1
    assert values(first, published_only=False) == []
    assert values(second, published_only=False) == [(NOTE, SECRET)]


@pytest.mark.parametrize("ground", ["", "Ông Bảy xin xóa", "x" * 41])
def test_a_ground_that_is_no_word_erases_nothing(app, spray, now, ground):
    receipt = spray(subject="words")
    with pytest.raises(ValueError, match="word"):
        provenance.erase(subject="words", ground=ground, now=now)
    assert values(receipt, published_only=False)


def test_a_lost_opening_is_told_from_an_erased_one(app, spray, now):
    receipt = spray(subject="lost")
    spray(subject="erased")
    provenance.erase(subject="erased", ground="request", now=now)
    with transaction() as session:
        session.execute(text("DELETE FROM tlog_opening"))
    report = provenance.check()
    [entry] = [entry for entry in provenance.lot_entries("A1") if entry.event_id == receipt.event_id]
    assert f"index {entry.seq}: opening: " in report.text
    assert report.text.count("is lost") == 1


def test_values_whose_keys_are_lost_are_given_up_only_on_the_operators_word(app, spray):
    receipt, kept = spray(subject="no-copy", publish=True), spray(subject="copied", publish=True)
    personal.the_keys().destroy([personal.the_keys().for_new("no-copy", UNTIL).id])
    assert not provenance.check().sound
    run = app.test_cli_runner()
    assert run.invoke(args=["log", "keys-lost"], input="n\n").exit_code == 1
    assert not provenance.check().sound
    assert run.invoke(args=["log", "keys-lost", "--yes"]).output == "1 values given up; the log says so\n"
    assert provenance.check().sound
    assert [item.ground for item in provenance.erasures_of([receipt.event_id, kept.event_id])] == ["lost"]
    assert values(kept) == [(NOTE, SECRET)]
    assert run.invoke(args=["log", "keys-lost", "--yes"]).output == "0 values given up; the log says so\n"


def test_a_redacted_entry_is_withheld_announced_and_gone_from_store_and_kept_export(app, now, tmp_path, capsys, monkeypatch):
    kept = tmp_path / "kept"
    monkeypatch.setattr(the_site(), "settings", replace(the_site().settings, log_export_dir=str(kept)))
    with transaction():
        provenance.record(
            kind="irrigating", event={"target": "gọi 0909123456"}, lots=["A1"], who="seller:a", now=now
        )
        provenance.record(kind="irrigating", event={}, lots=["A1"], who="seller:a", now=now)
    provenance.publish_checkpoint(now=now)
    assert b"0909123456" in everything()
    assert b"0909123456" in files_below(kept)
    for _ in range(2):
        done = app.test_cli_runner().invoke(args=["log", "redact", "1", "--reason", "phone_number"])
        assert (done.exit_code, "no file" in done.output) == (0, True), done.output
    assert provenance.check().sound
    assert privacy.redactions().startswith("1 ")
    capsys.readouterr()
    assert main(["verify", str(kept)]) == 0
    assert "1 withheld" in capsys.readouterr().out
    assert b"0909123456" not in everything() + files_below(tmp_path) + backup_into(tmp_path / "after", now)
    with transaction():
        provenance.record(kind="irrigating", event={}, lots=["A1"], who="seller:a", now=now)
    assert [entry.n for entry in provenance.lot_entries("A1")] == [1, 2]
    assert provenance.check().sound


def test_a_redaction_that_cannot_be_published_is_done_and_says_what_remains(app, now, tmp_path, monkeypatch):
    kept = tmp_path / "kept"
    monkeypatch.setattr(the_site(), "settings", replace(the_site().settings, log_export_dir=str(kept)))
    with transaction():
        provenance.record(kind="irrigating", event={"target": "0909123456"}, lots=["A1"], who="seller:a", now=now)
    provenance.publish_checkpoint(now=now)
    signer, aside = app.extensions["settings"].signer_dir, tmp_path / "signer"
    signer.rename(aside)
    done = app.test_cli_runner().invoke(args=["log", "redact", "1", "--reason", "phone_number"])
    assert (done.exit_code, "signer" in done.output, str(kept) in done.output) == (1, True, True), done.output
    assert b"0909123456" not in everything()
    aside.rename(signer)
    provenance.publish_checkpoint(now=now)
    assert b"0909123456" not in files_below(kept)
    assert app.test_cli_runner().invoke(args=["log", "redact", "1", "--reason", "phone_number"]).exit_code == 0


def secrets_of(receipt) -> dict[str, bytes]:
    """What must not be found once the only value of this entry is erased."""
    [opening] = provenance.openings_of([receipt.event_id], published_only=False)
    [row] = the_log().storage.openings(db.session.connection(), entry_ids=[receipt.event_id])
    [key] = personal.the_keys().read([row.key_id]).values()
    return {"value": opening.value.encode(), "salt": opening.salt, "key": key, "box": row.box}


def found_in(stored: bytes, needles: dict[str, bytes]) -> set[str]:
    """Which of them stand there, as bytes, in hex (dumps) or in base64 (bundles)."""
    return {
        name for name, needle in needles.items()
        if any(form in stored for form in (needle, needle.hex().encode(), base64.b64encode(needle)))
    }


def everything() -> bytes:
    """Every byte of the database's own files with SQLite's write-ahead log, of the store of keys, and a dump."""
    db.session.rollback()
    stored = files_below(app_settings().data_dir)
    return stored if db.engine.dialect.name == "sqlite" else stored + postgres_files(db.engine.url)


def backup_into(folder, now) -> bytes:
    """A backup, as text where it would be compressed."""
    backup.save(app_settings(), folder, now)
    stored, dump = files_below(folder), folder / "market.dump"
    if dump.exists():
        stored += subprocess.run(["pg_restore", "--file=-", str(dump)], capture_output=True, check=True).stdout
    return stored


def app_settings():
    return the_site().settings
