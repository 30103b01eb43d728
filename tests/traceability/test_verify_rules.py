"""The app's own verifier on the books of the stand-alone one: every rule broken once, sealed and signed again."""

import copy
import json
import shutil
import tarfile
from collections import Counter

import pytest

from tests.traceability.standalone.agreement import judged
from tests.traceability.standalone.book import (
    LATER,
    LOG,
    OPERATOR,
    POLICY,
    STRANGER,
    TIMED,
    WITNESS,
    Book,
    checkpoint_text,
    full_book,
    key_history,
    note,
)
from tests.traceability.standalone.mutations import Mutations
from tests.traceability.standalone.rewrites import rebuilt
from tests.traceability.standalone.test_verifier_rules import BROKEN, HIDDEN, REDACT, put
from traceability.cli import main
from traceability.exported import Folder
from traceability.policy import parse_trust
from traceability.verify import verify_export

WHOLE = full_book()
CASES = 300


@pytest.fixture
def judge(tmp_path, capsys):
    """Writes a book and verifies the export: (exit code, first bad index)."""

    def run(book, spoil=lambda folder: None, policy=POLICY, **how):
        folder = book.write(tmp_path / "export", **how)
        spoil(folder)
        (tmp_path / "policy").write_text(policy, encoding="utf-8")
        capsys.readouterr()
        code = main(["verify", str(folder), "--policy", str(tmp_path / "policy"), "--json"])
        answer = json.loads(capsys.readouterr().out)
        assert answer["outcome"] == code
        return code, answer["index"]

    return run


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A fork is written into the working folder."""
    monkeypatch.chdir(tmp_path)



def test_the_whole_log_is_sound(judge):
    assert judge(WHOLE) == (0, None)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_named(judge, name):
    seq, change = BROKEN[name]
    assert judge(rebuilt(WHOLE, seq, change)) == (1, seq)


@pytest.mark.parametrize("who", [OPERATOR, "org:coop"])
def test_only_the_operator_withholds(judge, who):
    assert judge(rebuilt(WHOLE, REDACT, put("who", value=who))) == ((0, None) if who == OPERATOR else (1, HIDDEN))


@pytest.mark.parametrize("rows", ["", "14 15\n", "14 999\n", "15 16\n", "14 35\n"])
def test_an_entry_withheld_without_its_redact_entry_is_tampering(judge, rows):
    assert judge(WHOLE, lambda folder: (folder / "redactions").write_text(rows)) == (1, HIDDEN)


@pytest.mark.parametrize("rows", ["14  16\n", "14 16\n14 16\n", "16 14\n", "0 16\n", "014 16\n", "x\n", "14 16\r\n"])
def test_a_list_of_redactions_that_is_malformed_is_tampering(judge, rows):
    assert judge(WHOLE, lambda folder: (folder / "redactions").write_bytes(rows.encode())) == (1, None)


def test_a_body_that_is_served_may_not_be_listed_as_withheld(judge):
    assert judge(WHOLE, lambda folder: (folder / "redactions").write_text("1 35\n14 16\n")) == (1, 1)


def test_the_genesis_cannot_be_withheld(judge):
    book = copy.deepcopy(WHOLE)
    book.redact(0)
    assert judge(book)[0] == 1


@pytest.mark.parametrize(("lots", "height", "expected"), [(16, 0, 0), (17, 1, 0), (17, 0, 1), (32, 1, 0), (33, 1, 1)])
def test_the_first_map_has_the_smallest_height(judge, lots, height, expected):
    book = Book()
    book.genesis(keys=(LOG, LATER))
    for number in range(lots):
        book.event(f"LOT{number}")
    seq = book.map(height)
    assert judge(book) == (expected, seq if expected else None)


@pytest.mark.parametrize(("signers", "expected"), [((LOG,), 0), ((LATER,), 1)])
def test_a_checkpoint_is_signed_by_a_key_that_the_log_promises(judge, signers, expected):
    book = Book()
    book.genesis(keys=(LOG,))
    book.event("LOT1")
    found = judge(book, signers=signers, policy=f"{LOG.vkey}\n{LATER.vkey}\n")
    assert found[0] == expected


def test_a_tar_of_the_export_is_read_and_a_cut_one_is_incomplete(tmp_path):
    folder = WHOLE.write(tmp_path / "export")
    with tarfile.open(tmp_path / "export.tar", "w") as archive:
        archive.add(folder, "log-2026")
    assert main(["verify", str(tmp_path / "export.tar")]) == 0
    whole = (tmp_path / "export.tar").read_bytes()
    (tmp_path / "cut.tar").write_bytes(whole[: len(whole) // 2])
    assert main(["verify", str(tmp_path / "cut.tar")]) == 3


@pytest.mark.parametrize("signers", [(TIMED,), (TIMED, WITNESS)])
def test_a_checkpoint_that_only_the_cosignature_key_of_the_log_signed_is_not_signed_by_the_log(judge, signers):
    assert judge(WHOLE, signers=signers, policy=f"{LOG.vkey}\n{TIMED.vkey}\n{WITNESS.vkey}\n") == (1, None)


@pytest.mark.parametrize(
    ("more", "expected"),
    [("name+00000000+BgAA\n", 0), ("\n", 0), ("x\n", 1), (f"{LATER.vkey}\r\n", 1), ("name+0000000G+BgAA\n", 1)],
)
def test_keys_of_other_types_are_passed_over_and_malformed_lines_are_tampering(judge, more, expected):
    def add(folder):
        with (folder / "keys").open("ab") as file:
            file.write(more.encode())

    assert judge(WHOLE, add) == (expected, None)


def since(tmp_path, size, text=None, signers=(LOG,), policy=POLICY):
    (tmp_path / "held").write_text(text or note(checkpoint_text(size, bytes(32)), signers), encoding="utf-8")
    found = verify_export(
        Folder(tmp_path / "export"), policy=parse_trust(policy.encode()), since=(tmp_path / "held").read_bytes()
    )
    return found.outcome


def test_a_broken_rule_does_not_hide_a_fork_and_a_newer_note_does_not_hide_a_broken_rule(tmp_path):
    seq, change = BROKEN[min(BROKEN)]
    rebuilt(WHOLE, seq, change).write(tmp_path / "export")
    assert since(tmp_path, 9) == 2
    assert since(tmp_path, 999) == 1
    WHOLE.write(tmp_path / "export")
    assert since(tmp_path, 999) == 3


@pytest.mark.parametrize("held", [{"text": "x"}, {"signers": (STRANGER,)}, {"policy": f"{LATER.vkey}\n{LOG.vkey}\n", "signers": (TIMED,)}])
def test_an_older_note_of_no_use_is_wrong_use(tmp_path, held):
    WHOLE.write(tmp_path / "export")
    assert since(tmp_path, 9, **held) == 4


def test_a_missing_file_wins_over_a_broken_rule_and_a_fork(tmp_path):
    seq, change = BROKEN[min(BROKEN)]
    folder = rebuilt(WHOLE, seq, change).write(tmp_path / "export")
    next((folder / "tile" / "entries").rglob("*.p/*")).unlink()
    assert since(tmp_path, 9) == 3


def evidence(tmp_path, notes, proof=()):
    (tmp_path / "policy").write_text(POLICY, encoding="utf-8")
    document = {"format": "chonongsan/evidence/1", "notes": notes, "proof": list(proof), "why": "x"}
    (tmp_path / "evidence").write_text(json.dumps(document), encoding="utf-8")
    return main(["evidence", str(tmp_path / "evidence"), "--policy", str(tmp_path / "policy")])


def test_two_roots_of_one_size_are_a_fork_and_one_note_twice_is_none(tmp_path):
    one, other = (note(checkpoint_text(5, bytes([number]) * 32)) for number in (1, 2))
    assert evidence(tmp_path, [one, other]) == 2
    assert evidence(tmp_path, [one, one]) == 0


@pytest.mark.parametrize("first", [8, 11])
def test_a_newer_tree_that_does_not_grow_out_of_the_older_is_a_fork(tmp_path, first):
    import base64

    from traceability.merkle import consistency_ranges, hash_of_range
    from traceability.merkle import node_hash as join

    leaves = WHOLE.leaves

    def node(height, index):
        return leaves[index] if not height else join(node(height - 1, 2 * index), node(height - 1, 2 * index + 1))

    ranges = consistency_ranges(first, len(leaves))
    proof = [hash_of_range(*one, node) for one in ([(0, first), *ranges] if first == 8 else ranges)]
    told = [base64.b64encode(item).decode() for item in proof]
    newer = WHOLE.checkpoint()
    honest = note(checkpoint_text(first, hash_of_range(0, first, node)))
    forged = note(checkpoint_text(first, bytes(32)))
    assert evidence(tmp_path, [honest, newer], told) == 0
    assert evidence(tmp_path, [forged, newer], told) == 2
    assert evidence(tmp_path, [forged, newer], told[:-1]) == 3


@pytest.mark.parametrize("notes", [[], [note(checkpoint_text(5, bytes(32)))], 7])
def test_what_is_no_file_of_evidence_is_wrong_use(tmp_path, notes):
    assert evidence(tmp_path, notes) == 4


@pytest.mark.parametrize("signers", [(TIMED,), (STRANGER,), (WITNESS,)])
def test_notes_that_no_plain_key_of_the_log_signed_prove_nothing(tmp_path, signers):
    assert evidence(tmp_path, [note(checkpoint_text(5, bytes([number]) * 32), signers) for number in (1, 2)]) == 1
    assert evidence(tmp_path, ["x", "y"]) == 1


def test_the_key_history_says_what_the_entries_say(judge):
    def drop(folder):
        text = (folder / "key-history").read_text(encoding="utf-8")
        (folder / "key-history").write_text(text.replace(" - ", " 7 ", 1), encoding="utf-8")

    assert judge(WHOLE, history=key_history()) == (0, None)
    assert judge(WHOLE, drop, history=key_history()) == (1, None)


def test_the_apps_verifier_and_the_stand_alone_one_judge_mutated_exports_alike(tmp_path):
    mutations, differences, outcomes = Mutations(tmp_path, seed=31), [], Counter()
    for number in range(CASES):
        case = mutations.case(number)
        policy = parse_trust(case.policy.read_bytes()) if case.policy else None
        verdict = verify_export(Folder(case.folder), policy=policy, since=case.since and case.since.read_bytes(), lot="LOT0")
        at = "-" if verdict.index is None else verdict.index
        ours, theirs = f"1 {at}" if verdict.outcome == 1 else str(verdict.outcome), judged(case)
        theirs = "0" if theirs.startswith("0 ") else theirs  # the story of a lot is told by another part of ours
        outcomes[ours[0]] += 1
        if ours != theirs:
            differences.append(f"case {number} ({case.name}): {ours} ({verdict.message}) against {theirs}")
        shutil.rmtree(case.folder)
    assert differences == []
    assert set(outcomes) == set("01234"), "the cases reach every outcome"
