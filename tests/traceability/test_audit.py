"""The tamper matrix (reference log.md §5.6) on a database whose owner took the guards away openly."""


import pytest

from tests.traceability.conftest import NOW, ORIGIN
from traceability.checkpoint import generate_signer
from traceability.log import Log
from traceability.merkle import Edge, leaf_hash


@pytest.fixture
def findings(engine, sealed):
    def run():
        with engine.begin() as connection:
            return [(problem.index, problem.kind) for problem in sealed.check(connection).problems]

    return run


def spoil(data: bytes) -> bytes:
    return data.replace(b"irrigating", b"harvesting")


def test_an_untouched_log_is_sound(findings):
    assert findings() == []


@pytest.mark.parametrize("seq", [5, 259])
def test_a_changed_body_is_named(findings, tamper, rows, seq):
    changed = {"seq": seq, "data": rows[seq].data[:-2] + b" }"}
    tamper(("UPDATE tlog_body SET bytes = :data WHERE seq = :seq", changed))
    assert findings() == [(seq, "body")]


@pytest.mark.parametrize("bit", [0, 4000])
def test_one_flipped_bit_anywhere_in_a_body_is_named(findings, tamper, rows, bit):
    data = bytearray(rows[100].data)
    data[bit // 8 % len(data)] ^= 1 << bit % 8
    tamper(("UPDATE tlog_body SET bytes = :data WHERE seq = 100", {"data": bytes(data)}))
    assert findings() == [(100, "body")]


def test_a_changed_leaf_row_is_told_from_a_changed_body(findings, tamper):
    tamper(("UPDATE tlog_entry SET leaf = :leaf WHERE seq = 5", {"leaf": bytes(32)}))
    assert findings()[0] == (5, "leaf")


def test_a_body_changed_with_its_leaf_breaks_its_lots_chain_and_the_tile(findings, tamper, rows):
    data = spoil(rows[5].data)
    tamper(
        ("UPDATE tlog_body SET bytes = :data WHERE seq = 5", {"data": data}),
        ("UPDATE tlog_entry SET leaf = :leaf WHERE seq = 5", {"leaf": leaf_hash(data)}),
    )
    assert findings() == [(5, "tile"), (8, "link"), (258, "checkpoint"), (262, "checkpoint"), (262, "head")]


def test_a_body_changed_with_its_leaf_beyond_the_tiles_is_named_by_head_and_checkpoint(findings, tamper, rows):
    data = spoil(rows[261].data)
    tamper(
        ("UPDATE tlog_body SET bytes = :data WHERE seq = 261", {"data": data}),
        ("UPDATE tlog_entry SET leaf = :leaf WHERE seq = 261", {"leaf": leaf_hash(data)}),
    )
    assert set(findings()) == {(262, "head"), (262, "checkpoint")}


def test_two_swapped_rows_are_named_by_the_tile(findings, tamper, rows):
    swap = [("UPDATE tlog_entry SET id = :id WHERE seq = :seq", {"id": f"x{seq}", "seq": seq}) for seq in (6, 7)]
    for seq, other in ((6, rows[7]), (7, rows[6])):
        values = {"seq": seq, "id": other.id, "leaf": other.leaf, "data": other.data}
        swap.append(("UPDATE tlog_entry SET id = :id, leaf = :leaf WHERE seq = :seq", values))
        swap.append(("UPDATE tlog_body SET bytes = :data WHERE seq = :seq", values))
    tamper(*swap)
    assert (6, "tile") in findings()
    assert findings()[0][0] == 6


def test_an_entry_removed_in_the_middle_ends_the_reading_there(findings, tamper):
    tamper(*removal(100))
    assert findings()[0] == (100, "entry")


def test_the_last_entry_removed_is_named_by_the_head(findings, tamper):
    tamper(*removal(261))
    assert {(261, "head"), (261, "checkpoint")} <= set(findings())


def test_the_last_entry_removed_with_the_head_set_back_is_noticed_by_the_checkpoint_only(findings, tamper, rows):
    edge = edge_of(rows[:261])
    tamper(*removal(261), *head_to(edge))
    assert findings() == [(261, "checkpoint")]


def test_a_body_row_removed_is_named(findings, tamper):
    tamper(("DELETE FROM tlog_body WHERE seq = 9", {}))
    assert findings() == [(9, "body")]


def test_a_link_row_changed_or_added_is_named(findings, tamper):
    tamper(("UPDATE tlog_lotlink SET n = 9999 WHERE seq = 12", {}))
    assert findings() == [(12, "link")]
    tamper(("INSERT INTO tlog_lotlink VALUES ('INVENTED', 0, 12)", {}))
    assert findings()[0] == (12, "link")


def test_a_changed_id_column_is_named(findings, tamper):
    tamper(("UPDATE tlog_entry SET id = 'other' WHERE seq = 3", {}))
    assert findings() == [(3, "id")]


def test_a_changed_tile_names_its_first_wrong_entry(findings, tamper, engine, sealed):
    with engine.begin() as connection:
        hashes = bytearray(sealed.storage.tile(connection, 0, 0))
    hashes[200 * 32] ^= 1
    tamper(("UPDATE tlog_tile SET hashes = :hashes", {"hashes": bytes(hashes)}))
    assert findings() == [(200, "tile")]


def test_a_changed_tile_root_and_a_missing_tile_are_named(findings, tamper):
    tamper(("UPDATE tlog_tile SET root = :root", {"root": bytes(32)}))
    assert findings() == [(0, "tile")]
    tamper(("DELETE FROM tlog_tile", {}))
    assert findings() == [(0, "tile")]


def test_a_changed_head_is_named(findings, tamper, rows):
    tamper(*head_to(Edge(262, tuple(bytes(32) for _ in edge_of(rows).hashes))))
    assert findings() == [(262, "head")]


def test_a_changed_checkpoint_root_breaks_its_signature_too(findings, tamper):
    tamper(("UPDATE tlog_checkpoint SET root = :root WHERE size = 258", {"root": bytes(32)}))
    assert findings() == [(258, "checkpoint"), (258, "note")]


def test_a_changed_signature_and_one_of_an_unknown_key_are_named(findings, tamper, sealed):
    stranger = generate_signer(ORIGIN).sign("x\n")
    tamper(("UPDATE tlog_note SET line = :line WHERE size = 258", {"line": str(stranger).rstrip()}))
    assert findings() == [(258, "note")]
    tamper(("UPDATE tlog_note SET line = :line WHERE size = 262", {"line": "— forged"}))
    assert findings() == [(258, "note"), (262, "note")]


def test_a_consistent_rewrite_of_everything_is_noticed_by_the_signed_checkpoint(
    engine, findings, tamper, rows, sealed, make_event, signer
):
    data = spoil(rows[261].data)
    forged = [*rows[:261], type(rows[0])(261, rows[261].id, leaf_hash(data), data)]
    edge = edge_of(forged)
    tamper(
        ("UPDATE tlog_body SET bytes = :data WHERE seq = 261", {"data": data}),
        ("UPDATE tlog_entry SET leaf = :leaf WHERE seq = 261", {"leaf": leaf_hash(data)}),
        ("UPDATE tlog_checkpoint SET root = :root WHERE size = 262", {"root": edge.root()}),
        *head_to(edge),
    )
    assert findings() == [(262, "note")]


def test_a_store_that_contradicts_itself_gets_no_signature(engine, sealed, fill, tamper, rows):
    from traceability.errors import TraceabilityError

    fill(1, start=9000)
    tamper(("UPDATE tlog_body SET bytes = :data WHERE seq = 262", {"data": b"{}"}))
    with pytest.raises(TraceabilityError) as refusal:
        sealed.checkpoint(engine.begin, NOW)
    assert refusal.value.code == "body-differs"
    with engine.begin() as connection:
        assert [size for size, _ in sealed.storage.checkpoints(connection)] == [258, 262]


def test_a_log_rolled_back_behind_its_checkpoint_gets_no_signature(engine, sealed, tamper, rows):
    from traceability.errors import TraceabilityError

    tamper(*removal(261), *head_to(edge_of(rows[:261])))
    with pytest.raises(TraceabilityError) as refusal:
        Log(ORIGIN, sealed.storage, sealed.signer).checkpoint(engine.begin, NOW)
    assert refusal.value.code == "behind-checkpoint"


def removal(seq: int) -> list:
    tables = ("tlog_lotlink", "tlog_body", "tlog_entry")
    return [(f"DELETE FROM {table} WHERE seq = :seq", {"seq": seq}) for table in tables]  # fixed names


def edge_of(rows) -> Edge:
    edge = Edge()
    for row in rows:
        edge, _ = edge.push(row.leaf)
    return edge


def head_to(edge: Edge) -> list:
    values = {"size": edge.size, "edge": b"".join(edge.hashes)}
    return [("UPDATE tlog_head SET size = :size, edge = :edge", values)]
