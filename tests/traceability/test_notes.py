"""Signed notes, checkpoints and keys against published vectors and by mutation."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.checkpoint import (
    COSIGNATURE_V1,
    ED25519,
    Checkpoint,
    Note,
    Signer,
    VerifierKey,
    generate_signer,
    parse_checkpoint,
    parse_note,
    parse_signer,
    parse_verifier_key,
    verify_note,
)
from traceability.errors import NoteError


def verified_by(case):
    return verify_note(parse_note(case["note"].encode()), [parse_verifier_key(case["vkey"])])


def test_published_notes_are_accepted_or_refused_as_they_must(published):
    wrong = []
    for case in published("note/signed_notes.json"):
        try:
            times = [item.at for item in verified_by(case)]
            accepted = True
            if "cosignature_time" in case:
                assert times == [datetime.fromtimestamp(case["cosignature_time"], UTC)]
        except NoteError:
            accepted = False
        if accepted != case["valid"]:
            wrong.append(case["name"])
    assert wrong == []


def test_published_verifier_keys_are_read_and_written_back_or_refused(published):
    keys = published("note/verifier_keys.json")
    for text in keys["valid"]:
        assert str(parse_verifier_key(text)) == text
    for text in keys["invalid"]:
        with pytest.raises(NoteError):
            parse_verifier_key(text)


def test_every_substring_and_every_changed_byte_of_a_verifier_key_is_refused(published):
    for text in published("note/verifier_keys.json")["valid"]:
        pieces = {text[start:stop] for start in range(len(text)) for stop in range(start, len(text) + 1)} - {text}
        changed = {text[:at] + chr(ord(text[at]) + 1) + text[at + 1 :] for at in range(len(text))}
        for wrong in pieces | changed:
            with pytest.raises(NoteError):
                parse_verifier_key(wrong)


def test_published_checkpoint_bodies_are_refused_where_they_must(published):
    bodies = published("note/checkpoint_bodies.json")
    for text in bodies["invalid"] + bodies["invalid_by_the_spec_text"] + [case["text"] for case in bodies["valid"]]:
        with pytest.raises(NoteError):
            parse_checkpoint(text)


def test_published_signature_cases_verify_or_fail_as_they_must(published):
    wrong = []
    for case in published("ed25519/wycheproof_ed25519.json"):
        key = VerifierKey("wycheproof", ED25519, bytes.fromhex(case["pk"]))
        message = bytes.fromhex(case["msg"])
        try:
            message.decode()
        except UnicodeDecodeError:
            continue  # a note's text is UTF-8; these messages cannot be one
        try:
            key.verify(message.decode(), bytes.fromhex(case["sig"]))
            result = "valid"
        except NoteError:
            result = "invalid"
        if result != case["result"]:
            wrong.append(case["tc"])
    assert wrong == []


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_is_read_back(size, root):
    checkpoint = Checkpoint("trace.example/log/1", size, root)
    assert parse_checkpoint(checkpoint.text()) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "log\n1\n", "log\n1\n" + "A" * 43 + "=\nextension\n", "log\n1\n" + "A" * 43 + "=",
        "log\n9223372036854775808\n" + "A" * 43 + "=\n", "log\n1\n" + "A" * 42 + "B=\n", "log\n\n" + "A" * 43 + "=\n",
        "\n1\n" + "A" * 43 + "=\n", "log\n١\n" + "A" * 43 + "=\n",
    ],
)  # fmt: skip
def test_a_malformed_checkpoint_is_refused(text):
    with pytest.raises(NoteError):
        parse_checkpoint(text)


def test_a_note_we_sign_verifies_and_is_read_back(key: Signer):
    text = Checkpoint(key.name, 7, bytes(32)).text()
    note = Note(text, (key.sign(text),))
    assert parse_note(str(note).encode()) == note
    assert [item.key for item in verify_note(note, [key.verifier])] == [key.verifier]
    assert key.sign(text) == key.sign(text)


def test_no_changed_byte_of_a_note_verifies(key: Signer):
    text = Checkpoint(key.name, 7, bytes(32)).text()
    whole = str(Note(text, (key.sign(text),))).encode()
    for at in range(len(whole)):
        with pytest.raises(NoteError):
            verify_note(parse_note(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]), [key.verifier])


def test_an_unknown_key_does_not_count_and_a_known_key_that_fails_spoils_the_note(key: Signer):
    other = generate_signer("witness.example")
    text = Checkpoint(key.name, 7, bytes(32)).text()
    both = Note(text, (other.sign(text), key.sign(text)))
    assert [item.key for item in verify_note(both, [key.verifier])] == [key.verifier]
    with pytest.raises(NoteError) as refusal:
        verify_note(Note(text, (other.sign(text),)), [key.verifier])
    assert refusal.value.code == "no-known-key"
    with pytest.raises(NoteError) as refusal:
        verify_note(Note(text, (other.sign("x\n"), key.sign(text))), [key.verifier, other.verifier])
    assert refusal.value.code == "bad-signature"


def test_a_cosignature_whose_time_was_changed_is_refused(published):
    [case] = [case for case in published("note/signed_notes.json") if case["name"] == "cosignature-v1-witness"]
    note, key = parse_note(case["note"].encode()), parse_verifier_key(case["vkey"])
    assert key.type == COSIGNATURE_V1
    [line] = [line for line in note.signatures if line.name == key.name]
    with pytest.raises(NoteError):
        key.verify(note.text, line.value[:7] + bytes([line.value[7] ^ 1]) + line.value[8:])


def test_a_signing_key_is_read_back_from_its_text_and_a_wrong_one_is_refused():
    key = generate_signer("trace.example/log/1")
    assert parse_signer(key.secret() + "\n").verifier == key.verifier
    for wrong in ("", "PRIVATE+KEY+", key.secret()[:-4], key.secret().replace("trace.", "trade.", 1)):
        with pytest.raises(NoteError):
            parse_signer(wrong)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\x00b"])
def test_a_key_name_with_white_space_plus_or_control_is_refused(name):
    with pytest.raises(NoteError):
        generate_signer(name)
