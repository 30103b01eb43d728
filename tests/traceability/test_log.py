"""Submitting, sealing and reading a log, in memory and on both engines."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.traceability.conftest import NOW, ORIGIN
from traceability.canonical.entry import Device, Reference, read_entry
from traceability.errors import ConflictError, LogStateError, ProfileError, ProofError, TamperError
from traceability.log import Log
from traceability.merkle import leaf_hash, verify_consistency, verify_inclusion
from traceability.signer import Keeper, KeyFile, StateFile
from traceability.storage.memory import MemoryStorage
from traceability.storage.sql import SqlStorage
from traceability.tiles import Tile, decode_bundle, split_hashes, tiles_of_tree


def put(log, connection, event, *lots, **more):
    return log.submit(connection, event=event, lots=lots, who="org:coop", recorded_at=NOW, **more)


def test_a_log_begins_with_a_genesis_entry_and_only_once(engine, log, signer):
    with engine.begin() as connection:
        [row] = log.storage.sealed(connection, 0, 10)
        promise = read_entry(row.data).event
        with pytest.raises(LogStateError) as refusal:
            log.incept(connection, entry_id="urn:uuid:again", who="org:market", policy=b"", now=NOW)
    assert refusal.value.code == "already-started"
    assert promise["keys"] == [str(key) for key in signer.verifiers()]


def test_nothing_is_taken_or_sealed_before_the_inception(engine, signer, make_event):
    log = Log(ORIGIN, SqlStorage(), signer)
    with engine.begin() as connection:
        for act in (lambda: put(log, connection, make_event()), lambda: log.sequence(connection)):
            with pytest.raises(LogStateError) as refusal:
                act()
            assert refusal.value.code == "not-started"
        assert log.check(connection).sound


def test_the_leaf_is_known_at_once_and_kept_by_the_seal(engine, log, make_event):
    with engine.begin() as connection:
        receipt = put(log, connection, make_event(1), "L1")
        assert not receipt.sealed
        assert log.sequence(connection).sealed == 1
    with engine.begin() as connection:
        record = log.find(connection, receipt.id)
        assert (record.seq, record.leaf) == (1, receipt.leaf) == (1, leaf_hash(record.data))
        assert log.storage.pending(connection, 10) == []


def test_an_entry_rolled_back_with_its_business_act_was_never_there(engine, log, make_event):
    with pytest.raises(ZeroDivisionError), engine.begin() as connection:
        put(log, connection, make_event(1), "L1")
        log.sequence(connection)
        raise ZeroDivisionError
    with engine.begin() as connection:
        assert log.find(connection, make_event(1)["eventID"]) is None
        assert put(log, connection, make_event(2), "L1").links[0].n == 0
        log.sequence(connection)
        assert log.size(connection) == 2


def test_each_lot_counts_its_entries_and_points_to_the_one_before(engine, log, make_event):
    with engine.begin() as connection:
        first = put(log, connection, make_event(1), "A")
        second = put(log, connection, make_event(2), "B", "A")
        log.sequence(connection)
        third = put(log, connection, make_event(3), "A")
        log.sequence(connection)
        assert [(link.lot, link.n) for link in second.links] == [("A", 1), ("B", 0)]
        assert second.links[0].previous == first.leaf
        assert third.links[0].previous == second.leaf
        assert [record.leaf for record in log.lot(connection, "A")] == [first.leaf, second.leaf, third.leaf]
        assert log.lot(connection, "unknown") == []


def test_waiting_entries_stand_last_in_their_lot(engine, log, make_event):
    with engine.begin() as connection:
        put(log, connection, make_event(1), "A")
        log.sequence(connection)
        put(log, connection, make_event(2), "A")
        put(log, connection, make_event(3), "A")
        assert [record.seq for record in log.lot(connection, "A")] == [1, None, None]
        assert [record.entry.links[0].n for record in log.lot(connection, "A")] == [0, 1, 2]


@pytest.mark.parametrize("sealed", [False, True])
def test_the_same_event_again_gets_the_first_receipt_and_another_content_is_refused(engine, log, make_event, sealed):
    event = make_event(1)
    with engine.begin() as connection:
        first = put(log, connection, event, "A", "B")
        if sealed:
            log.sequence(connection)
        again = log.submit(
            connection, event=event, lots=["B", "A"], who="org:coop", recorded_at=NOW + timedelta(hours=1)
        )
        assert (again.leaf, again.links, again.sealed) == (first.leaf, first.links, sealed)
        for other, lots in ((event | {"bizStep": "shipping"}, ["A", "B"]), (event, ["A"])):
            with pytest.raises(ConflictError) as refusal:
                put(log, connection, other, *lots)
            assert refusal.value.code == "id-reused"
        log.sequence(connection)
        assert log.size(connection) == 2


@pytest.mark.parametrize(
    "spoilt",
    [{"kg": 1.5}, {"eventTime": "now"}, {"eventID": ""}, {"note": None}, {"note": "e\u0301"}, {"note": "x" * 17_000}],
)
def test_an_event_outside_the_profile_is_refused_and_changes_nothing(engine, log, make_event, spoilt):
    with engine.begin() as connection:
        with pytest.raises(ProfileError):
            put(log, connection, make_event(1) | spoilt, "A")
        with pytest.raises(ProfileError):
            put(log, connection, make_event(2), "a lot with spaces")
        assert log.storage.pending(connection, 1) == []


def test_device_commitments_and_references_are_sealed_with_the_entry(memory_log, make_event):
    device, commitments = Device(NOW - timedelta(hours=2), -1500), {"ev.cns:harvester": bytes(32)}
    first = put(memory_log, None, make_event(1), "A")
    put(
        memory_log, None, make_event(2), "A",
        device=device, commitments=commitments, references=[Reference(first.leaf, "corrects")],
    )  # fmt: skip
    entry = memory_log.find(None, make_event(2)["eventID"]).entry
    assert (entry.device, entry.commitments) == (device, commitments)
    assert entry.references == (Reference(first.leaf, "corrects"),)


@given(st.lists(st.integers(1, 90), min_size=1, max_size=14))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_the_entries_are_split_into_batches_the_root_is_the_same(memory_log, signer, slow_root, splits):
    log = Log(ORIGIN, MemoryStorage(), signer)
    log.incept(None, entry_id="urn:uuid:genesis", who="org:market", policy=b"policy", now=NOW)
    total = sum(splits)
    for number in range(total):
        event = {"eventID": f"urn:x:{number}", "eventTime": "2026-01-31T02:00:00.000Z"}
        put(log, None, event, f"L{number % 5}")
    for limit in splits:
        log.sequence(None, limit)
    leaves = log.storage.leaves(None, 0, total + 1)
    assert len(leaves) == total + 1
    assert log.storage.edge.root() == slow_root(leaves) == log.tree(None).root(total + 1)
    assert log.check(None).sound


def test_roots_and_proofs_of_every_past_size_come_from_tiles_and_rows(engine, log, fill, slow_root):
    fill(519)
    with engine.begin() as connection:
        tree, leaves = log.tree(connection), log.storage.leaves(connection, 0, 520)
        for size in (1, 2, 255, 256, 257, 300, 511, 512, 513, 520):
            root = slow_root(leaves[:size])
            assert tree.root(size) == root
            for index in {0, size // 3, size - 1}:
                verify_inclusion(leaves[index], index, size, tree.inclusion(index, size), root)
            for first in {0, 1, size // 2, size}:
                verify_consistency(first, size, slow_root(leaves[:first]), root, tree.consistency(first, size))
        with pytest.raises(LogStateError):
            tree.root(521)
        with pytest.raises(ProofError):
            tree.inclusion(5, 5)


def test_tiles_and_bundles_hold_the_leaves_and_the_bytes(engine, log, fill):
    fill(259)
    with engine.begin() as connection:
        tree, rows = log.tree(connection), log.storage.sealed(connection, 0, 260)
        assert [tile.width for tile in tiles_of_tree(260)] == [256, 4, 1]
        assert split_hashes(tree.tile(Tile(0, 0))) == [row.leaf for row in rows[:256]]
        assert split_hashes(tree.tile(Tile(0, 1, 4))) == [row.leaf for row in rows[256:]]
        assert tree.tile(Tile(1, 0, 1)) == tree.root(256)
        assert decode_bundle(tree.bundle(Tile(0, 0))) == [row.data for row in rows[:256]]
        assert decode_bundle(tree.bundle(Tile(0, 1, 3))) == [row.data for row in rows[256:259]]
        for beyond in (Tile(0, 1, 5), Tile(1, 0, 2), Tile(9, 9)):
            with pytest.raises(LogStateError):
                tree.tile(beyond)
        with pytest.raises(LogStateError):
            tree.bundle(Tile(0, 1, 5))


def test_bytes_changed_in_the_queue_are_not_sealed_and_hold_up_their_lot_only(memory_log, make_event):
    for number, lot in ((1, "A"), (2, "A"), (3, "B")):
        put(memory_log, None, make_event(number), lot)
    queue = memory_log.storage.queue
    first = min(queue)
    queue[first] = replace(queue[first], data=queue[first].data.replace(b"irrigating", b"harvesting"))
    batch = memory_log.sequence(None)
    assert batch.sealed == 1
    assert [stop.code for stop in batch.stopped] == ["changed-in-queue", "not-linked"]
    assert [record.seq for record in memory_log.lot(None, "B")] == [1]


def test_a_thousand_stopped_entries_at_the_head_of_the_queue_do_not_hold_up_the_others(memory_log, make_event):
    for number in range(1200):
        put(memory_log, None, make_event(number), "TORN")
    queue = memory_log.storage.queue
    first = min(queue)
    queue[first] = replace(queue[first], data=queue[first].data[:-1])
    for number in range(2000, 2600):
        put(memory_log, None, make_event(number), f"L{number % 7}")

    batches = [memory_log.sequence(None, 512) for _ in range(3)]

    assert [batch.sealed for batch in batches] == [512, 88, 0]
    assert len(batches[2].stopped) == 1200
    assert [stop.code for stop in memory_log.stopped(None)] == ["changed-in-queue"] + ["not-linked"] * 1199
    assert memory_log.check(None).sound


def test_an_entry_of_another_log_is_not_sealed(memory_log, signer, make_event):
    other = Log("other.example/log/1", memory_log.storage, signer)
    put(other, None, make_event(1), "A")
    batch = memory_log.sequence(None)
    assert (batch.sealed, [stop.code for stop in batch.stopped]) == (0, ["wrong-log"])


def test_a_checkpoint_is_stored_signed_and_repeated_unchanged(engine, log, fill):
    fill(3)
    first = log.checkpoint(engine.begin, NOW)
    again = log.checkpoint(engine.begin, NOW + timedelta(hours=1))
    assert (first.checkpoint.size, str(first.note)) == (4, str(again.note))
    fill(2, start=2000)
    later = log.checkpoint(engine.begin, NOW + timedelta(hours=2))
    with engine.begin() as connection:
        assert log.latest_checkpoint(connection) == later
        assert later.checkpoint.root == log.tree(connection).root(6)
        assert [size for size, _ in log.storage.checkpoints(connection)] == [4, 6]
        assert log.check(connection).sound


def test_a_crash_between_storing_and_signing_is_made_good_by_the_next_call(engine, log, fill, signer):
    class Broken:
        state, verifiers = signer.state, signer.verifiers

        def sign(self, text, *, old_size, proof):
            raise OSError("the signer is gone")

    fill(3)
    with pytest.raises(OSError, match="gone"):
        Log(ORIGIN, log.storage, Broken()).checkpoint(engine.begin, NOW)
    with engine.begin() as connection:
        assert log.latest_checkpoint(connection) is None
        [(size, root)] = log.storage.checkpoints(connection)
    signed = log.checkpoint(engine.begin, NOW)
    assert (signed.checkpoint.size, signed.checkpoint.root) == (size, root)


def test_keys_the_log_did_not_promise_sign_nothing(engine, log, fill, tmp_path):
    fill(1)
    strangers = KeyFile(tmp_path / "strangers")
    strangers.add_pair(ORIGIN)
    with pytest.raises(TamperError) as refusal:
        Log(ORIGIN, log.storage, Keeper(StateFile(tmp_path / "state"), strangers)).checkpoint(engine.begin, NOW)
    assert refusal.value.code == "unknown-signer"
    with engine.begin() as connection:
        assert log.latest_checkpoint(connection) is None


def test_an_empty_log_and_a_process_without_key_make_no_checkpoint(engine, signer):
    with pytest.raises(LogStateError) as refusal:
        Log(ORIGIN, SqlStorage(), signer).checkpoint(engine.begin, NOW)
    assert refusal.value.code == "not-started"
    with pytest.raises(LogStateError) as refusal:
        Log(ORIGIN, SqlStorage()).checkpoint(engine.begin, NOW)
    assert refusal.value.code == "no-signer"


def test_the_stored_bytes_are_the_entry_in_the_specified_form(engine, log, make_event):
    with engine.begin() as connection:
        put(log, connection, make_event(1), "A")
        log.sequence(connection)
        data = connection.execute(text("SELECT bytes FROM tlog_body WHERE seq = 1")).scalar()
    record = json.loads(data)
    assert list(record) == ["ev", "id", "log", "lots", "rec", "t", "who"]
    assert record["lots"] == [{"lot": "A", "n": 0, "prev": "00" * 32}]
    assert record["rec"] == "2026-01-31T03:04:05.678Z"
