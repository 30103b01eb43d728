"""Keys promised by the log: which may sign a checkpoint of which size, through genesis, additions and retirements."""

import pytest

from tests.traceability.conftest import NOW, ORIGIN
from traceability.canonical.keys import Term, history_text, keys_at
from traceability.canonical.types import KEY
from traceability.checkpoint import COSIGNATURE_V1, ED25519, generate_signer, verify_note
from traceability.errors import TamperError
from traceability.log.keys import next_key_id
from traceability.signer import KeyFile


@pytest.fixture
def put_key(engine, log):
    """Writes and seals a key entry; returns its number."""

    def put(**event) -> int:
        with engine.begin() as connection:
            name = next_key_id(log.storage, connection)
            log.submit_entry(connection, type=KEY, event=event, who="org:market", recorded_at=NOW, entry_id=name)
            log.sequence(connection)
            return log.find(connection, name).seq

    return put


def test_genesis_keys_are_good_for_every_size_and_added_ones_from_their_entry_on(engine, log, signer, fill, put_key):
    first, second = (str(key) for key in signer.verifiers())
    new = str(generate_signer(ORIGIN).verifier)
    fill(2)
    assert put_key(add=new, **{"from": 2}) == 3
    with engine.begin() as connection:
        terms = log.terms(connection)
    assert terms == [Term(first, 0), Term(second, 0), Term(new, 4)]
    assert [keys_at(terms, size) for size in (0, 3)] == [[first, second]] * 2
    assert keys_at(terms, 4) == [first, second, new]


def test_a_bound_in_the_future_holds_and_a_retired_key_ends(engine, log, signer, put_key):
    first, second = (str(key) for key in signer.verifiers())
    new = str(generate_signer(ORIGIN).verifier)
    put_key(add=new, **{"from": 50})
    put_key(retire=first, to=60)
    with engine.begin() as connection:
        terms = log.terms(connection)
    assert [len(keys_at(terms, size)) for size in (49, 50, 59, 60)] == [2, 3, 3, 2]
    assert first not in keys_at(terms, 60)
    assert history_text(ORIGIN, terms) == f"{ORIGIN}/key-history\n0 60 {first}\n0 - {second}\n50 - {new}\n"


def test_a_key_waiting_to_be_sealed_promises_nothing_yet_but_its_name_is_taken(engine, log):
    new = str(generate_signer(ORIGIN).verifier)
    with engine.begin() as connection:
        log.submit_entry(
            connection, type=KEY, event={"add": new, "from": 1}, who="org:market", recorded_at=NOW, entry_id="key:1"
        )
        assert len(log.terms(connection)) == 2
        assert next_key_id(log.storage, connection) == "key:2"


def test_through_a_rotation_old_and_new_sign_side_by_side_and_then_the_new_alone(
    engine, log, signer, fill, put_key, tmp_path
):
    keys = KeyFile(tmp_path / "keys")
    old = signer.verifiers()
    new = [key.verifier for key in keys.add_pair(ORIGIN)]
    fill(1)
    lone = log.checkpoint(engine.begin, NOW)
    assert {item.key for item in verify_note(lone.note, [*old, *new])} == set(old)

    for key in new:
        put_key(add=str(key), **{"from": 0})
    both = log.checkpoint(engine.begin, NOW)
    assert {item.key for item in verify_note(both.note, [*old, *new])} == {*old, *new}

    for key in old:
        put_key(retire=str(key), to=0)
        keys.remove(key.id.hex())
    alone = log.checkpoint(engine.begin, NOW)
    assert {item.key for item in verify_note(alone.note, [*old, *new])} == set(new)
    with engine.begin() as connection:
        assert log.verifiers(connection) == [*old, *new]
        assert log.check(connection).sound
    assert [key.type for key in new] == [ED25519, COSIGNATURE_V1]


def test_a_signer_left_with_retired_keys_only_signs_nothing(engine, log, signer, put_key):
    put_key(add=str(generate_signer(ORIGIN).verifier), **{"from": 0})
    for key in signer.verifiers():
        put_key(retire=str(key), to=0)
    with pytest.raises(TamperError) as refusal:
        log.checkpoint(engine.begin, NOW)
    assert refusal.value.code == "unknown-signer"
