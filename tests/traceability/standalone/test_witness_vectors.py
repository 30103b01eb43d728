"""The witness's own cryptography against published vectors and against the site's."""

import importlib.util
import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.traceability.standalone.witness_process import PROGRAM, SimpleLog
from traceability.checkpoint import generate_signer, parse_note

spec = importlib.util.spec_from_file_location("tlog_witness", PROGRAM)
program = importlib.util.module_from_spec(spec)
spec.loader.exec_module(program)


def test_wycheproof_signatures(published):
    wrong = [
        case["tc"]
        for case in published("ed25519/wycheproof_ed25519.json")
        if program.ed25519_verify(*(bytes.fromhex(case[name]) for name in ("pk", "msg", "sig"))) != (case["result"] == "valid")
    ]

    assert wrong == []


def test_first_key_of_rfc_8032():
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")

    assert program.ed25519_public(seed).hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert program.ed25519_sign(seed, b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )


def test_signs_as_the_site_does():
    drawn = random.Random(3)
    for length in (0, 1, 64, 1000):
        seed, message = drawn.randbytes(32), drawn.randbytes(length)
        theirs = Ed25519PrivateKey.from_private_bytes(seed)

        assert program.ed25519_public(seed) == theirs.public_key().public_bytes_raw()
        assert program.ed25519_sign(seed, message) == theirs.sign(message)


def test_consistency_proofs_of_the_published_suite(published):
    wrong = []
    for case in published("rfc6962/consistency.json"):
        roots = [program.base64.b64decode(case[name] or "") for name in ("root1", "root2")]
        proof = [program.base64.b64decode(item) for item in case["proof"] or []]
        sizes = case["size1"], case["size2"]
        formed = sizes[0] <= sizes[1] and all(len(item) == 32 for item in [*roots, *proof])  # requests ensure it
        if (formed and program.consistent(*sizes, *roots, proof)) == case["wantErr"]:
            wrong.append(case["case"])

    assert wrong == ["consistency/additional/sizes-are-equal-one-and-proof-is-empty"]  # roots that are not 32 bytes long


def test_every_proof_between_small_trees():
    log = SimpleLog(generate_signer("a")).grow(20)
    for second in range(21):
        for first in range(second + 1):
            roots = [log.checkpoint(size).root for size in (first, second)]
            proof = log.proof(first, second)

            assert program.consistent(first, second, *roots, proof)
            assert not program.consistent(first, second, *roots, [*proof, bytes(32)])
            assert first == 0 or not program.consistent(first, second, bytes(32), roots[1], proof)


@pytest.mark.parametrize("name", ["c2sp-spec-example", "tessera-15", "cosignature-v1-witness", "go-peter"])
def test_notes_are_read_as_the_site_reads_them(published, name):
    [case] = [case for case in published("note/signed_notes.json") if case["name"] == name]
    ours = parse_note(case["note"].encode())
    try:
        theirs = program.parse_checkpoint(case["note"])
    except ValueError:
        assert name in ("c2sp-spec-example", "go-peter")  # a note, but no checkpoint
        return

    assert theirs.text == ours.text
    assert [(line[0], line[1]) for line in theirs.lines] == [(line.name, line.key_id + line.value) for line in ours.signatures]


def test_a_published_cosignature_holds_over_our_message(published):
    [case] = [case for case in published("note/signed_notes.json") if case["name"] == "cosignature-v1-witness"]
    key = program.parse_key(case["vkey"], program.COSIGNATURE_V1)
    note = program.parse_checkpoint(case["note"])
    [value] = [data[4:] for name, data, _line in note.lines if data[:4] == key.id]
    stamp = int.from_bytes(value[:8], "big")

    assert stamp == case["cosignature_time"]
    assert program.ed25519_verify(key.public, b"cosignature/v1\ntime %d\n" % stamp + note.text.encode(), value[8:])


def test_verifier_keys(published):
    keys = published("note/verifier_keys.json")

    assert [str(program.parse_key(text, program.ED25519)) for text in keys["valid"]] == keys["valid"]
    for text in keys["invalid"] + [keys["valid"][0][:-4], keys["valid"][0].replace("c74f", "c75f")]:
        with pytest.raises(ValueError):
            program.parse_key(text, program.ED25519)
