"""The quick audit finds every changed byte of an entry, and agrees with the full one on a sound log."""

import pytest

from traceability.log.rehash import rehash
from traceability.merkle import leaf_hash


@pytest.fixture
def findings(engine, sealed):
    def run():
        with engine.begin() as connection:
            return [(problem.index, problem.kind) for problem in rehash(sealed.storage, connection).problems]

    return run


def test_a_sound_log_has_the_root_of_the_full_audit(engine, sealed):
    with engine.begin() as connection:
        quick, full = rehash(sealed.storage, connection), sealed.check(connection)

    assert (quick.sound, quick.size, quick.root) == (True, full.size, full.root)


def test_an_empty_log_is_sound(engine, log):
    with engine.begin() as connection:
        assert rehash(log.storage, connection).sound


@pytest.mark.parametrize("seq", [0, 100, 255, 256, 261])
def test_a_changed_body_is_named(tamper, findings, rows, seq):
    changed = rows[seq].data.replace(b"chonongsan", b"chonongsam", 1)
    tamper(("UPDATE tlog_body SET bytes = :bytes WHERE seq = :seq", {"bytes": changed, "seq": seq}))

    assert findings() == [(seq, "body")]


def test_a_changed_body_with_its_leaf_is_named_by_the_tile(tamper, findings, rows):
    changed = rows[100].data + b" "
    tamper(
        ("UPDATE tlog_body SET bytes = :bytes WHERE seq = 100", {"bytes": changed}),
        ("UPDATE tlog_entry SET leaf = :leaf WHERE seq = 100", {"leaf": leaf_hash(changed)}),
    )

    assert findings()[0] == (100, "tile")
    assert {"head", "checkpoint"} <= {kind for _, kind in findings()}


def test_a_changed_entry_beyond_the_last_tile_is_named_by_head_and_checkpoint(tamper, findings, rows):
    changed = rows[260].data + b" "
    tamper(
        ("UPDATE tlog_body SET bytes = :bytes WHERE seq = 260", {"bytes": changed}),
        ("UPDATE tlog_entry SET leaf = :leaf WHERE seq = 260", {"leaf": leaf_hash(changed)}),
    )

    assert [kind for _, kind in findings()] == ["head", "checkpoint"]


def test_a_missing_body_is_named(tamper, findings):
    tamper(("DELETE FROM tlog_body WHERE seq = 7", {}))

    assert findings() == [(7, "body")]


def test_a_missing_tile_is_named(tamper, findings):
    tamper(("DELETE FROM tlog_tile", {}))

    assert findings() == [(0, "tile")]
