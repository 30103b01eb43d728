"""The stand-alone witness over HTTP: C2SP tlog-witness, word for word."""

import hashlib
import json
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from tests.traceability.standalone.witness_process import PROGRAM, SimpleLog, add_checkpoint, prepare, running
from traceability.checkpoint import generate_signer, parse_checkpoint, parse_note, verify_note

ORIGIN = "trace.test.example/log/1"
VERIFIER = PROGRAM.parents[1] / "verifier" / "tlog_verify.py"


@pytest.fixture
def log() -> SimpleLog:
    return SimpleLog(generate_signer(ORIGIN)).grow(5)


@pytest.fixture
def folder(tmp_path, log):
    prepare(tmp_path / "witness", log.signer.verifier)
    return tmp_path / "witness"


@pytest.fixture
def witness(folder):
    with running(folder) as found:
        yield found


def test_signs_what_grows_with_its_own_time(witness, log):
    began = datetime.now(UTC).replace(microsecond=0)
    first = witness.post(log.request(0))
    before = log.checkpoint().text()
    log.grow(300)
    second = witness.post(log.request(5))

    assert (first.status, second.status) == (200, 200)
    assert began <= witness.signed_time(first, before) <= witness.signed_time(second, log.checkpoint().text()) <= datetime.now(UTC)


def test_same_checkpoint_again_is_signed_again(witness, log):
    witness.post(log.request(0))

    again = witness.post(log.request(5, 5))

    assert again.status == 200
    assert witness.signed_time(again, log.checkpoint().text())


@pytest.mark.parametrize("old", [0, 3, 6])
def test_other_old_size_is_told_the_size_held(witness, log, old):
    witness.post(log.request(0))
    log.grow(4)

    answer = witness.post(log.request(old))

    assert (answer.status, answer.kind, answer.text) == (409, "text/x.tlog.size", "5\n")


def test_proof_that_does_not_lead_there_is_422_and_kept_as_evidence(witness, log, folder):
    fork = log.forked()
    witness.post(log.request(0))
    fork.leaves[2] = hashlib.sha256(b"another").digest()
    fork.grow(4)

    answer = witness.post(fork.request(5))

    assert answer.status == 422
    [evidence] = [json.loads(path.read_text("utf-8")) for path in (folder / "evidence").iterdir()]
    assert evidence["format"] == "chonongsan/evidence/1"
    held, offered = (parse_note(text.encode()) for text in evidence["notes"])
    for note in (held, offered):
        verify_note(note, [log.signer.verifier])
    assert [parse_checkpoint(note.text).size for note in (held, offered)] == [5, 9]
    (folder / "policy").write_text(f"log {log.signer.verifier}\nquorum none\n", encoding="utf-8")
    [path] = (folder / "evidence").iterdir()
    checked = subprocess.run([sys.executable, VERIFIER, "evidence", path, "--policy", folder / "policy"], capture_output=True)
    assert checked.returncode == 2


def test_second_root_of_one_size_is_never_signed(witness, log):
    fork = log.forked()
    fork.leaves[4] = hashlib.sha256(b"another").digest()
    witness.post(log.request(0))

    answer = witness.post(fork.request(5, 5))

    assert answer.status == 422
    assert witness.post(log.request(5, 5)).status == 200


@pytest.mark.parametrize("spoil", [lambda proof: proof[:-1], lambda proof: [*proof, bytes(32)], lambda proof: proof[::-1], lambda proof: []])
def test_wrong_proofs(witness, log, spoil):
    witness.post(log.request(0))
    log.grow(8)

    assert witness.post(log.request(5, proof=spoil(log.proof(5, 13)))).status == 422
    assert witness.post(log.request(5)).status == 200


def test_proof_from_nothing_must_be_empty(witness, log):
    assert witness.post(log.request(0, proof=[bytes(32)])).status == 422


def test_empty_tree_has_one_root(witness, log):
    text = f"{ORIGIN}\n0\n{'A' * 43}=\n"

    refused = witness.post(add_checkpoint(0, [], f"{text}\n{log.signer.sign(text)}"))
    signed = witness.post(log.request(0, 0))

    assert (refused.status, signed.status) == (422, 200)
    assert witness.post(log.request(0)).status == 200


def test_signature_of_another_key_is_403(witness, log):
    stranger = SimpleLog(generate_signer(ORIGIN), log.leaves)

    assert witness.post(stranger.request(0)).status == 403


def test_spoilt_signature_of_the_known_key_is_403(witness, log):
    other = log.forked().grow(1)
    line = other.note().splitlines()[-1]
    note = f"{log.checkpoint().text()}\n{line}\n"

    assert witness.post(add_checkpoint(0, [], note)).status == 403


def test_line_of_an_unknown_key_is_passed_over(witness, log):
    text = log.checkpoint().text()
    note = f"{text}\n{generate_signer('somebody.example').sign(text)}{log.signer.sign(text)}"

    answer = witness.post(add_checkpoint(0, [], note))

    assert answer.status == 200
    held = witness.get(f"/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint").text
    assert "somebody.example" not in held


def test_unknown_log_is_404(witness):
    assert witness.post(SimpleLog(generate_signer("another.example/log")).grow(3).request(0)).status == 404


def test_either_of_two_keys_of_one_log_will_do(tmp_path, log):
    second = SimpleLog(generate_signer(ORIGIN), log.leaves)
    prepare(tmp_path / "two", log.signer.verifier, second.signer.verifier)

    with running(tmp_path / "two") as witness:
        assert witness.post(log.request(0)).status == 200
        assert witness.post(second.request(5, 5)).status == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda body: b"",
        lambda body: body.replace(b"old 0", b"old 00"),
        lambda body: body.replace(b"old 0", b"old -1"),
        lambda body: body.replace(b"old 0", b"old 0\n" + b"\n".join([b"A" * 43 + b"="] * 64)),
        lambda body: body.replace(b"old 0", b"old 0\nAAAA"),
        lambda body: body.replace(b"old 0", b"old 6"),
        lambda body: body.replace(b"old 0", b"new 0"),
        lambda body: body.replace(b"\n5\n", b"\n05\n"),
        lambda body: body.replace(b"\n5\n", b"\n9223372036854775808\n"),
        lambda body: body.replace(b"\n", b"\r\n"),
        lambda body: body.replace("\N{EM DASH}".encode(), b"-"),
        lambda body: body[:-1],
        lambda body: body[:-20] + b"\n",
        lambda body: body.replace(b"log/1\n5", b"log/1\xff\n5"),
        lambda body: body.replace(b"\n5\n", b"\n5\n\n"),
        lambda body: body + b"\n",
        lambda body: body.split(b"\n\n")[0],
    ],
)
def test_malformed_is_400_and_changes_nothing(witness, log, change):
    answer = witness.post(change(log.request(0)))

    assert answer.status == 400
    assert witness.post(log.request(0)).status == 200


def test_huge_and_unmeasured_bodies_are_refused_unread(witness, log):
    assert witness.post(b"x" * 200_000).status == 413
    assert witness.post(b"", headers={"Content-Length": "9" * 15}).status == 413
    assert witness.post(b"", headers={"Transfer-Encoding": "chunked", "Content-Length": "0"}).status in (411, 413)
    assert witness.post(b"", headers={"Content-Length": "-1"}).status == 411
    assert witness.post(log.request(0)).status == 200


@pytest.mark.parametrize(("path", "body"), [("/", b"x"), ("/add-checkpoint/", b"x"), ("/%2e%2e/key", b"")])
def test_other_addresses_are_404(witness, path, body):
    assert witness.post(body, path).status == 404
    assert witness.get("/../key").status == 404
    assert witness.get("/add-checkpoint").status == 404


def test_twenty_roots_of_one_size_one_wins(witness, log):
    rivals = [SimpleLog(log.signer).grow(5, f"rival {number}") for number in range(20)]

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda rival: witness.post(rival.request(0)).status, rivals))

    assert sorted(statuses) == [200] + [409] * 19


def test_growth_sent_twenty_times_at_once_is_signed_for_one_root_only(witness, log):
    witness.post(log.request(0))
    rivals = [log.forked().grow(number + 1, f"rival {number}") for number in range(20)]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda rival: witness.post(rival.request(5)), rivals))

    won = [rival for rival, answer in zip(rivals, answers, strict=True) if answer.status == 200]
    assert len(won) == 1
    assert {answer.text for answer in answers if answer.status == 409} == {f"{len(won[0].leaves)}\n"}


def test_shows_the_note_signed_last(witness, log):
    address = f"/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
    before = witness.get(address)
    witness.post(log.request(0))

    after = witness.get(address)

    assert before.status == 404
    note = parse_note(after.text.encode())
    assert parse_checkpoint(note.text) == log.checkpoint()
    assert {item.key for item in verify_note(note, [log.signer.verifier, witness.key])} == {log.signer.verifier, witness.key}
    assert f"{ORIGIN}: 5 entries signed" in witness.get("/").text


def test_key_file_is_for_its_owner_only(folder):
    assert stat.S_IMODE((folder / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
