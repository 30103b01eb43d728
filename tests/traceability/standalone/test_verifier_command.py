"""The command as an auditor runs it: exit codes, words, JSON, evidence of a fork."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.traceability.standalone.book import LOG, POLICY, STRANGER, WITNESS, Book, checkpoint_text, key_history, note, root_of
from tests.traceability.standalone.bundles import bundle
from tests.traceability.standalone.rewrites import rebuilt
from traceability.standalone.verifier import tlog_verify

PROGRAM = Path(tlog_verify.__file__)


@pytest.fixture
def command(tmp_path):
    """Runs the program as a file, away from this repository: (exit code, output, errors)."""
    (tmp_path / "policy").write_text(POLICY)

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-I", PROGRAM, *map(str, arguments)], cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60
        )
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture
def rewritten(tmp_path, whole):
    """A folder with another history than that of the notes of `whole`."""
    book = rebuilt(whole, 2, lambda thing: thing | {"rec": "2026-02-28T11:11:11.111Z"})
    return book.write(tmp_path / "rewritten", history=key_history())


def held(tmp_path, text, name="held"):
    (tmp_path / name).write_text(text)
    return tmp_path / name


def test_a_sound_export(command, export):
    code, said, errors = command("export", export, "--policy", "policy", "--lot", "LOT0")

    assert (code, errors) == (0, "")
    assert said.startswith("SOUND: trace.book.example/log/1\n")
    assert '/details/kg: "12.5" → "13"' in said
    assert "does not count: entry 10" in said
    assert f"signed by {WITNESS.vkey} at 2026-09-21T14:13:20Z" in said


def test_the_report_as_json(command, export):
    code, said, _ = command("export", export, "--policy", "policy", "--lot", "LOT0", "--json")
    report = json.loads(said)

    assert (code, report["exit"], report["verdict"], report["size"]) == (0, 0, "sound", 38)
    assert [one["seq"] for one in report["not_counting"]] == [10, 18, 22]
    assert report["lot"]["entries"][1]["void"] is True
    assert report["complete_up_to"] == {"seq": 36, "rec": "2026-03-01T00:00:36.000Z", "entries_after": 1}


def test_words_of_the_log_cannot_steer_a_terminal(command, tmp_path):
    book = Book()
    book.genesis(keys=(LOG,))
    book.event("LOT", note="\u009b31m\u202eđỏ\x7f")
    book.write(tmp_path / "export")

    said = command("export", tmp_path / "export", "--policy", "policy", "--lot", "LOT")[1]

    assert "\\u009b31m\\u202eđỏ\\u007f" in said


def test_without_a_policy_it_warns(command, export):
    code, said, errors = command("export", export)

    assert code == 0 and said.startswith("SOUND")
    assert "warning: no --policy" in errors


def test_a_tampered_export_names_the_first_bad_index(command, export):
    name = export / "tile/0/000.p/38"
    name.write_bytes(name.read_bytes()[:640] + bytes(32) + name.read_bytes()[672:])

    assert command("export", export, "--policy", "policy")[:2] == (
        1,
        "TAMPERED (first bad index 20): entry 20 is not the one that was sealed\n",
    )
    assert json.loads(command("export", export, "--policy", "policy", "--json")[1])["index"] == 20


@pytest.mark.parametrize("size", [2**k for k in range(2, 6)] + [3, 5, 37, 38])
def test_a_fork_is_written_out_and_believed_by_others(command, tmp_path, whole, rewritten, size):
    note_held = held(tmp_path, whole.checkpoint(size))

    code, said, _ = command("export", rewritten, "--policy", "policy", "--since", note_held, "--evidence-out", "out.json")
    written = json.loads((tmp_path / "out.json").read_text("utf-8"))

    assert code == 2 and "evidence written to out.json" in said
    assert written["notes"] == [whole.checkpoint(size), (rewritten / "checkpoint").read_text("utf-8")]
    assert command("evidence", "out.json", "--policy", "policy")[0] == 2


def test_a_note_of_the_same_history_is_no_fork(command, tmp_path, export, whole):
    older, newer = (held(tmp_path, whole.checkpoint(size), f"held{size}") for size in (5, 38))

    assert command("export", export, "--policy", "policy", "--since", older, "--since", newer)[0] == 0
    assert not (tmp_path / "tlog-evidence.json").exists()


def evidence_file(tmp_path, *notes, proof=()):
    proof = [base64.b64encode(one).decode() for one in proof]
    data = {"format": "chonongsan/evidence/1", "notes": list(notes), "proof": proof, "why": "x"}
    (tmp_path / "evidence.json").write_text(json.dumps(data))
    return tmp_path / "evidence.json"


def test_notes_of_a_file_of_evidence_are_held_against_an_export(command, tmp_path, whole, export, rewritten):
    kept = evidence_file(tmp_path, whole.checkpoint(5), whole.checkpoint(20))

    assert command("export", export, "--policy", "policy", "--since", kept)[0] == 0
    assert command("export", rewritten, "--policy", "policy", "--since", kept)[0] == 2


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"notes": []},
        {"notes": "x"},
        {"notes": [1, 2]},
        {"notes": ["x"]},
        {"notes": ["x", "y", "z"]},
        {"notes": ["x"], "bundle": []},
        {"notes": ["x", "y"], "bundle": 1},
    ],
)
def test_what_no_page_saves_is_no_evidence(command, tmp_path, data):
    (tmp_path / "evidence.json").write_text(json.dumps({"format": "chonongsan/evidence/1"} | data))

    code, said, _ = command("evidence", "evidence.json", "--policy", "policy")

    assert (code, said) == (4, "USAGE: not a file of evidence: it holds two notes of one log, or one note and the bundle of a lot\n")


def test_two_roots_of_one_size_are_a_fork(command, tmp_path, whole, rewritten):
    other = (rewritten / "checkpoint").read_text("utf-8")

    assert command("evidence", evidence_file(tmp_path, whole.checkpoint(), other), "--policy", "policy")[0] == 2
    assert command("evidence", evidence_file(tmp_path, other, other), "--policy", "policy")[0] == 0


@pytest.mark.parametrize("size", [4, 5])
def test_an_honest_pair_of_notes_is_no_fork_and_a_made_up_proof_proves_nothing(command, tmp_path, whole, size):
    leaves, pair = whole.leaves, (whole.checkpoint(size), whole.checkpoint(38))
    ranges = tlog_verify.consistency_ranges(size, 0, 38, False)
    proof = [root_of(leaves[lo:hi]) for lo, hi in ranges]
    served = proof[1:] if size == 4 else proof

    assert command("evidence", evidence_file(tmp_path, *pair, proof=proof), "--policy", "policy")[0] == 0
    assert command("evidence", evidence_file(tmp_path, *pair, proof=served), "--policy", "policy")[0] == 0
    assert command("evidence", evidence_file(tmp_path, *pair, proof=[bytes(32), *proof[1:]]), "--policy", "policy")[0] == 3
    assert command("evidence", evidence_file(tmp_path, *pair), "--policy", "policy")[0] == 3


def test_a_note_that_the_log_did_not_sign_is_no_evidence(command, tmp_path, whole):
    forged = note(checkpoint_text(38, bytes(32)), (STRANGER,))

    assert command("evidence", evidence_file(tmp_path, whole.checkpoint(), forged), "--policy", "policy")[0] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("check",),
        ("export",),
        ("export", "rewritten", "--polizy", "policy"),
        ("export", "rewritten", "--policy", "missing"),
        ("export", "rewritten", "--policy", "rewritten/checkpoint"),
        ("export", "rewritten", "--since", "policy"),
        ("evidence", "policy", "--policy", "policy"),
        ("evidence", "rewritten/checkpoint", "--policy", "policy"),
        ("bundle", "policy", "--policy", "policy"),
        ("bundle", "missing", "--policy", "policy"),
        ("evidence", "empty.json"),
    ],
)
def test_wrong_usage_is_4(command, tmp_path, rewritten, arguments):
    (tmp_path / "empty.json").write_text("{}")

    assert command(*arguments)[0] == 4


def test_what_is_not_there_is_incomplete(command):
    assert command("export", "nowhere", "--policy", "policy")[0] == 3


def test_a_bundle_from_a_file(command, tmp_path):
    book = Book()
    book.genesis(keys=(LOG,))
    book.event("LOT")
    (tmp_path / "bundle.json").write_text(json.dumps(bundle(book, "LOT")))

    code, said, _ = command("bundle", "bundle.json", "--policy", "policy")

    assert code == 0
    assert "lot LOT\n  1 2026-03-01T00:00:01.000Z org:coop chonongsan/event/1" in said
