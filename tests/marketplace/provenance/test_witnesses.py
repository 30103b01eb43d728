"""Outside witnesses of the site's log: asking, remembering, showing; a fork and a restored database."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from marketplace import provenance
from marketplace.config import BadSettings, read
from marketplace.database import db, transaction
from marketplace.provenance import witnesses
from marketplace.provenance.site import the_log, the_site
from marketplace.provenance.witnesses import LogWitness
from tests.traceability.standalone.witness_process import PROGRAM, SimpleLog, add_checkpoint, prepare, running
from traceability.canonical.entry import read_entry
from traceability.checkpoint import ED25519, Note, VerifierKey, parse_note, verify_note
from traceability.errors import PolicyError
from traceability.merkle import leaf_hash
from traceability.policy import parse_policy

ORIGIN = "chonongsan.test/log/1"
VERIFIER = PROGRAM.parents[1] / "verifier" / "tlog_verify.py"


@pytest.fixture
def now() -> datetime:
    """The true time: a witness signs it."""
    return datetime.now(UTC)


def write(now: datetime) -> None:
    with transaction():
        provenance.record(kind="irrigating", event={"at": now}, lots=[provenance.new_code()], who="seller:a", now=now)
    provenance.publish_checkpoint(now=now)


def size() -> int:
    return provenance.latest_checkpoint().size


def own_key() -> VerifierKey:
    [key] = [key for key in the_log().verifiers(db.session.connection()) if key.type == ED25519]
    return key


@pytest.fixture
def set_policy(app, tmp_path):
    """Gives the site a policy file with this text, for one test."""
    site, before = the_site(), the_site().settings

    def give(text: str) -> None:
        (tmp_path / "policy").write_text(text, encoding="utf-8")
        site.settings = replace(before, log_policy=tmp_path / "policy", data_dir=tmp_path)

    yield give
    site.settings = before


@pytest.fixture
def witness(app, tmp_path, set_policy):
    """A running witness of the university, named in the policy."""
    prepare(tmp_path / "witness", own_key())
    with running(tmp_path / "witness") as found:
        set_policy(f"log {own_key()}\nwitness dai-hoc {found.key} http://127.0.0.1:{found.port}\nquorum dai-hoc\n")
        yield found


def test_without_a_policy_nobody_is_asked(app, now):
    write(now)

    assert provenance.ask_witnesses(now=now) == 0
    assert provenance.log_status().witnesses == []


def test_cosignature_joins_the_published_note(app, client, witness, now):
    write(now)

    assert provenance.ask_witnesses(now=now) == 1
    note = parse_note(client.get("/log/1/checkpoint").data)
    signed = [item.key for item in verify_note(note, [own_key(), witness.key])]
    assert set(signed) == {own_key(), witness.key}
    assert parse_policy(client.get("/log/1/policy").data).check(signed)


def test_page_knows_who_signed_what_and_when(app, witness, now):
    write(now)
    provenance.ask_witnesses(now=now)

    [row] = provenance.log_status().witnesses
    assert (row.name, row.signed_size, row.state, row.differs) == ("dai-hoc", size(), "signed", False)
    assert now.replace(microsecond=0) <= row.signed_at <= datetime.now(UTC)


def test_asked_at_most_every_ten_minutes_and_again_each_hour(app, witness, now):
    write(now)
    asked = [provenance.ask_witnesses(now=now)]
    write(now + timedelta(minutes=1))
    for minutes in (2, 9, 10, 12, 69, 71, 140):
        asked.append(provenance.ask_witnesses(now=now + timedelta(minutes=minutes)))

    # the witness signs the true time, so to a clock that runs ahead its signature soon looks an hour old
    assert asked == [1, 0, 0, 1, 0, 1, 0, 1]


def test_own_keys_sign_the_same_size_again_each_hour_whatever_a_witness_signed(app, witness, now, monkeypatch):
    write(now)
    provenance.ask_witnesses(now=now + timedelta(minutes=50))
    at = {0: provenance.latest_checkpoint().at}
    for minutes in (59, 61):
        monkeypatch.setattr(the_site().near.keeper, "_clock", lambda passed=minutes: now + timedelta(minutes=passed))
        provenance.publish_checkpoint(now=now + timedelta(minutes=minutes))
        at[minutes] = provenance.latest_checkpoint().at

    moment = now.replace(microsecond=now.microsecond // 1000 * 1000)
    assert at == {0: moment, 59: moment, 61: moment + timedelta(minutes=61)}


def test_growth_is_followed_with_proofs(app, witness, now):
    for step in range(4):
        write(now + timedelta(hours=step))
        assert provenance.ask_witnesses(now=now + timedelta(hours=step)) == 1
    [row] = provenance.log_status().witnesses
    assert row.signed_size == size()


def test_witness_that_lost_count_of_us_is_found_again(app, witness, now):
    """Our table forgets what the witness holds; its 409 tells."""
    write(now)
    provenance.ask_witnesses(now=now)
    with transaction() as session:
        session.delete(session.scalar(select(LogWitness)))
    write(now + timedelta(hours=1))

    assert provenance.ask_witnesses(now=now + timedelta(hours=1)) == 1


def test_silent_witness_is_told_apart_and_asked_again_later(app, witness, now):
    write(now)
    witness.process.kill()
    witness.process.wait()

    assert provenance.ask_witnesses(now=now) == 0
    [row] = provenance.log_status().witnesses
    assert (row.state, row.signed_at, row.differs) == ("unreachable", None, False)
    assert "Connection" in row.detail


def test_a_witness_that_signed_our_longer_checkpoint_meanwhile_is_not_ahead(app, witness, now):
    """Another process published and asked while this one was on its way with an older checkpoint."""
    write(now)
    older = the_log().latest_checkpoint(db.session.connection())
    write(now)
    provenance.ask_witnesses(now=now)

    assert not witnesses._ask(witnesses.the_policy().witnesses[0], 0, older, now)
    [row] = provenance.log_status().witnesses
    assert (row.state, row.differs, the_site().halted()) == ("refused", False, None)
    assert provenance.ask_witnesses(now=now, at_once=True) == 1


def sent_by_a_second_log(witness, leaves: list[bytes]) -> int:
    """The same key signs another history and hands it to the witness: what a thief or a liar would do."""
    text = SimpleLog(SimpleNamespace(name=ORIGIN), leaves).checkpoint().text()
    line = the_site().near.key_file.read()[0].sign(text)
    return witness.post(add_checkpoint(0, [], str(Note(text, (line,))))).status


@pytest.mark.parametrize(("theirs", "state"), [(2, "fork"), (1, "fork"), (9, "ahead")])
def test_fork_drill(app, browser, witness, set_policy, tmp_path, theirs, state, now):
    """Two logs with one key: the witness signed the other; it refuses ours, page and command say so, the two notes
    are kept."""
    assert sent_by_a_second_log(witness, [leaf_hash(b"%d" % number) for number in range(theirs)]) == 200
    write(now)

    assert provenance.ask_witnesses(now=now) == 0
    [row] = provenance.log_status().forks
    assert row.state == state
    found = app.test_cli_runner().invoke(args=["log", "witness"])
    assert (found.exit_code, f"dai-hoc: {state}" in found.output) == (1, True)
    browser.open("/so-cai")
    assert "dai-hoc" in browser.text()
    assert "giữ một bản sổ khác" in browser.text()
    saved = list((tmp_path / "evidence").glob("*.json")) if (tmp_path / "evidence").exists() else []
    assert len(saved) == (state == "fork")
    for path in saved:
        notes = [parse_note(text.encode()) for text in json.loads(path.read_text("utf-8"))["notes"]]
        assert all(verify_note(note, [own_key()]) for note in notes)
        assert notes[0].text != notes[1].text
        checked = subprocess.run([sys.executable, VERIFIER, "evidence", path, "--policy", tmp_path / "policy"], capture_output=True)
        assert checked.returncode == 2


def test_command_shows_the_witnesses(app, witness, now):
    write(now)

    found = app.test_cli_runner().invoke(args=["log", "witness"])

    assert found.exit_code == 0
    assert found.output.startswith(f"dai-hoc: signed; signed {size()} entries at 20")


def test_policy_file_that_cannot_be_read_stops_the_job_not_the_page(app, browser, set_policy, now):
    set_policy("quorum nobody\n")
    write(now)

    with pytest.raises(PolicyError):
        provenance.ask_witnesses(now=now)
    assert provenance.log_status().witnesses is None
    browser.open("/so-cai")


def test_plain_policy_is_served_when_none_is_set(app, client):
    policy = parse_policy(client.get("/log/1/policy").data)

    assert policy.check([own_key()])
    assert [log.key.name for log in policy.logs] == [ORIGIN]


def test_first_entry_promises_the_policy_that_is_served(app, client):
    [genesis] = the_log().storage.sealed(db.session.connection(), 0, 1)

    assert read_entry(genesis.data).event["policy"] == sha256(client.get("/log/1/policy").data).hexdigest()


def test_export_for_an_auditor_reaches_the_quorum(app, witness, tmp_path, now):
    """Although the witness was asked a moment ago."""
    write(now)
    provenance.ask_witnesses(now=datetime.now(UTC))
    write(now)

    done = app.test_cli_runner().invoke(args=["log", "export", str(tmp_path / "export")])

    assert done.exit_code == 0
    command = [sys.executable, VERIFIER, "export", tmp_path / "export", "--policy", tmp_path / "policy"]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_policy_is_part_of_the_export(app, witness, tmp_path, now):
    write(now)
    provenance.export(tmp_path / "export")

    assert "dai-hoc" in (tmp_path / "export" / "policy").read_text("utf-8")


def test_anchor_is_a_note_anybody_can_check(app, witness, tmp_path, now):
    write(now)
    provenance.ask_witnesses(now=now)

    found = app.test_cli_runner().invoke(args=["log", "anchor", "--qr", str(tmp_path / "anchor.png")])

    note = parse_note(found.output.encode())
    assert [item.key for item in verify_note(note, [own_key()])] == [own_key()]
    assert len(note.signatures) == 1
    assert (tmp_path / "anchor.png").read_bytes().startswith(b"\x89PNG")


def test_anchor_picture_reads_back_as_the_text(app, tmp_path, now):
    from PIL import Image
    from zxingcpp import read_barcodes

    write(now)
    found = app.test_cli_runner().invoke(args=["log", "anchor", "--qr", str(tmp_path / "anchor.png")])

    assert read_barcodes(Image.open(tmp_path / "anchor.png"))[0].text == found.output


def test_no_anchor_before_the_first_checkpoint(app):
    assert app.test_cli_runner().invoke(args=["log", "anchor"]).exit_code == 1


@pytest.mark.parametrize("change", [{"LOG_POLICY": "nowhere"}, {"LOG_MIRRORS": "mirror.example"}, {"LOG_WITNESS_MINUTES": "ten"}])
def test_settings_that_cannot_work_stop_the_start(change):
    with pytest.raises(BadSettings, match=next(iter(change))):
        read(change)


def test_settings_name_the_policy_and_the_mirrors(tmp_path):
    (tmp_path / "policy").write_text("quorum none\n", encoding="utf-8")
    found = read({"LOG_POLICY": str(tmp_path / "policy"), "LOG_MIRRORS": "https://a.example/log https://b.example"})

    assert (found.log_policy, found.log_mirrors) == (tmp_path / "policy", ("https://a.example/log", "https://b.example"))
