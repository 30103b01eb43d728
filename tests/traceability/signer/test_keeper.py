"""The signer signs what extends what it signed before, and nothing else; it remembers before it signs."""

import resource

import pytest

from tests.traceability.conftest import NOW, ORIGIN
from traceability.checkpoint import COSIGNATURE_V1, ED25519, Checkpoint, Note, parse_checkpoint, verify_note
from traceability.errors import SignerError
from traceability.merkle import EMPTY_ROOT
from traceability.signer import Keeper, KeyFile, StateFile
from traceability.signer.state import record_of


def refused(keeper, text, old_size, proof) -> str:
    before = keeper.state()
    with pytest.raises(SignerError) as refusal:
        keeper.sign(text, old_size=old_size, proof=proof)
    assert keeper.state() == before
    return refusal.value.code


def test_both_keys_sign_and_the_second_signs_the_time(signer, tree):
    lines = signer.sign(tree.text(7), old_size=0, proof=[])
    verified = verify_note(Note(tree.text(7), tuple(lines)), signer.verifiers())
    assert [(item.key.name, item.key.type) for item in verified] == [(ORIGIN, ED25519), (ORIGIN, COSIGNATURE_V1)]
    assert [item.at for item in verified] == [None, NOW.replace(microsecond=0)]
    assert signer.state() == (7, tree.root(0, 7))


def test_growth_is_signed_with_a_proof_and_the_same_size_is_signed_again(signer, tree):
    signer.sign(tree.text(7), old_size=0, proof=[])
    first = signer.sign(tree.text(20), old_size=7, proof=tree.proof(7, 20))
    assert signer.sign(tree.text(20), old_size=0, proof=[]) == first


def test_what_does_not_extend_what_was_signed_is_refused(signer, tree, other_tree):
    signer.sign(tree.text(20), old_size=0, proof=[])
    assert refused(signer, tree.text(19), 19, []) == "smaller"
    assert refused(signer, other_tree.text(20), 20, []) == "other-root"
    assert refused(signer, tree.text(30), 19, tree.proof(19, 30)) == "wrong-size"
    assert refused(signer, tree.text(30), 20, []) == "no-proof"
    assert refused(signer, tree.text(30), 20, tree.proof(20, 30)[:-1]) == "no-proof"
    assert refused(signer, other_tree.text(30), 20, other_tree.proof(20, 30)) == "no-proof"
    assert refused(signer, tree.text(30, "other.example/log/1"), 20, tree.proof(20, 30)) == "other-log"
    assert refused(signer, "not a checkpoint\n", 20, []) == "not-checkpoint"


def test_a_lost_state_is_an_error_and_never_a_beginning(signer, tree, tmp_path):
    signer.sign(tree.text(5), old_size=0, proof=[])
    (tmp_path / "state").unlink()
    assert signer.state() is None
    assert refused(signer, tree.text(6), 0, []) == "state-missing"


@pytest.mark.parametrize(
    "spoilt", [b"", b"\xff", b"trace.test.example/log/1\n5\n", b"trace.test.example/log/1\n-1\nAA==\n", bytes(300), b"\n" * 8]
)
def test_a_torn_state_is_an_error(signer, tree, tmp_path, spoilt):
    (tmp_path / "state").write_bytes(spoilt)
    with pytest.raises(SignerError) as refusal:
        signer.sign(tree.text(6), old_size=0, proof=[])
    assert refusal.value.code == "state-unreadable"


def test_an_inception_is_done_once(signer):
    with pytest.raises(SignerError) as refusal:
        signer.incept(ORIGIN)
    assert refusal.value.code == "state-taken"


def test_nothing_is_signed_when_the_state_cannot_be_replaced(signer, tree, tmp_path):
    older_form(tmp_path / "state")
    (tmp_path / "state.new").mkdir()  # what is written aside cannot be written: as on a full disk
    assert refused(signer, tree.text(6), 0, []) == "state-not-written"


@pytest.mark.parametrize("room", [0, 1, 60])
def test_nothing_is_signed_when_the_state_has_no_room_for_its_next_record(signer, tree, tmp_path, room):
    signer.sign(tree.text(6), old_size=0, proof=[])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "state").stat().st_size + room, before[1]))
    try:
        code = refused(signer, tree.text(9), 6, tree.proof(6, 9))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert code == "state-not-written"
    assert signer.sign(tree.text(9), old_size=6, proof=tree.proof(6, 9))


def test_a_state_of_the_older_form_is_read_and_taken_over(signer, tree, tmp_path):
    older_form(tmp_path / "state", tree.text(5))
    assert signer.state() == (5, tree.root(0, 5))
    signer.sign(tree.text(6), old_size=5, proof=tree.proof(5, 6))
    assert (tmp_path / "state").read_bytes().startswith(tree.text(6).encode())
    assert signer.state() == (6, tree.root(0, 6))


def test_wherever_a_record_was_cut_short_the_one_before_counts_and_the_next_is_whole(signer, tree, tmp_path):
    signer.sign(tree.text(5), old_size=0, proof=[])
    kept = (tmp_path / "state").read_bytes()
    signer.sign(tree.text(9), old_size=5, proof=tree.proof(5, 9))
    whole = (tmp_path / "state").read_bytes()
    for end in range(len(kept), len(whole)):
        for filling in (b"", bytes(len(whole) - end)):  # a file system may have lengthened the file before it wrote
            (tmp_path / "state").write_bytes(whole[:end] + filling)
            assert signer.state() == (5, tree.root(0, 5))
    signer.sign(tree.text(7), old_size=5, proof=tree.proof(5, 7))
    assert (tmp_path / "state").read_bytes() == kept + record_of(parse_checkpoint(tree.text(7)))


def test_a_whole_record_that_was_changed_is_an_error_and_not_the_one_before(signer, tree, tmp_path):
    signer.sign(tree.text(5), old_size=0, proof=[])
    start = (tmp_path / "state").stat().st_size
    signer.sign(tree.text(9), old_size=5, proof=tree.proof(5, 9))
    whole = (tmp_path / "state").read_bytes()
    for at in range(start, len(whole)):
        (tmp_path / "state").write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(SignerError) as refusal:
            signer.state()
        assert refusal.value.code == "state-unreadable"


def test_a_long_state_is_replaced_by_its_last_record(signer, tree, tmp_path):
    sizes = []
    for _ in range(300):
        signer.sign(tree.text(5), old_size=0, proof=[])
        sizes.append((tmp_path / "state").stat().st_size)
    assert signer.state() == (5, tree.root(0, 5))
    assert min(sizes[150:]) < 500 < 16_000 < max(sizes) < 17_000


def older_form(state, text=""):
    state.write_text(text or Checkpoint(ORIGIN, 0, EMPTY_ROOT).text())


def test_the_state_is_on_disk_before_a_signature_exists(tmp_path, signer, tree, monkeypatch):
    class Failing(KeyFile):
        def read(self):
            class Broken:
                def sign(self, *_):
                    raise ZeroDivisionError

            return [Broken()]

    keeper = Keeper(StateFile(tmp_path / "state"), Failing(tmp_path / "keys"))
    with pytest.raises(ZeroDivisionError):
        keeper.sign(tree.text(6), old_size=0, proof=[])
    assert (tmp_path / "state").read_bytes().endswith(record_of(parse_checkpoint(tree.text(6))))


def test_a_second_signer_on_one_state_is_refused(signer, tree, tmp_path):
    holder = StateFile(tmp_path / "state")
    holder.hold()
    late = Keeper(StateFile(tmp_path / "state", patience=0), KeyFile(tmp_path / "keys"))
    with pytest.raises(SignerError) as refusal:
        late.sign(tree.text(6), old_size=0, proof=[])
    assert refusal.value.code == "held"
    with pytest.raises(SignerError):
        StateFile(tmp_path / "state", patience=0).hold()


def test_keys_are_for_their_owner_only_and_a_new_pair_signs_at_once(signer, tree, tmp_path):
    keys = KeyFile(tmp_path / "keys")
    made = [key.verifier for key in keys.add_pair(ORIGIN)]
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600
    assert signer.verifiers()[2:] == made
    assert len(signer.sign(tree.text(3), old_size=0, proof=[])) == 4
    keys.remove(made[0].id.hex())
    assert made[0] not in signer.verifiers()
    with pytest.raises(SignerError):
        keys.remove("00000000")


def test_missing_and_torn_keys_are_errors_that_hold_no_key(tmp_path):
    for content, code in ((None, "keys-missing"), ("PRIVATE+KEY+x\n", "keys-unreadable")):
        if content:
            (tmp_path / "torn").write_text(content)
        with pytest.raises(SignerError) as refusal:
            KeyFile(tmp_path / "torn").read()
        assert refusal.value.code == code
        assert "PRIVATE" not in str(refusal.value)
