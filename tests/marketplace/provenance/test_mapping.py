"""The map every ten minutes, and the operator's upkeep: copies of keys, the map's tables built again."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from marketplace import backup, provenance
from marketplace.database import transaction
from marketplace.provenance import personal
from traceability.lotmap import verify_map


@pytest.fixture
def irrigate(now):
    def run(code, **more):
        with transaction():
            provenance.record(kind="irrigating", event={}, lots=[code], who="seller:a", now=now, **more)

    return run


def counted(code):
    proof = provenance.lot_proof(code)
    path = [proof.siblings[at : at + 32] for at in range(0, len(proof.siblings), 32)]
    found = verify_map(code, height=proof.height, root=proof.root, bucket=proof.bucket, siblings=path)
    return proof.seq, found and found[0]


def test_a_map_comes_with_the_first_checkpoint_then_every_ten_minutes_with_changes(app, now, irrigate):
    assert provenance.add_map(now=now) == 0
    irrigate("A1")
    provenance.publish_checkpoint(now=now)
    assert (counted("A1"), counted("INVENTED")) == ((2, 1), (2, None))
    irrigate("A1")
    assert provenance.add_map(now=now + timedelta(minutes=9)) == 0
    assert provenance.add_map(now=now + timedelta(minutes=10)) == 1
    assert counted("A1") == (4, 2)
    assert provenance.add_map(now=now + timedelta(hours=9)) == 0
    assert provenance.check().sound


def test_the_job_is_registered(app):
    assert {"map", "erasure"} <= app.extensions["jobs"].keys()


def test_lost_tables_are_built_again_by_command(app, now, irrigate):
    irrigate("A1")
    provenance.add_map(now=now)
    with transaction() as session:
        session.execute(text("DELETE FROM tlog_mapbucket"))
    assert not provenance.check().sound
    assert app.test_cli_runner().invoke(args=["log", "rebuild-map"]).output == "map entry 2: 1 lots\n"
    assert provenance.check().sound


def test_copies_of_keys_are_kept_two_weeks_and_stand_in_no_backup(app, now, irrigate, tmp_path):
    irrigate("A1", personal={"/cns:note": "x"}, subject="copied")
    keys = personal.the_keys().read()
    old = tmp_path / "keys" / f"subjects-{datetime.now(UTC) - timedelta(days=15):%Y%m%dT%H%M%SZ}.db"
    old.parent.mkdir()
    old.touch()
    result = app.test_cli_runner().invoke(args=["log", "copy-keys", str(tmp_path / "keys")])
    assert result.output == "1 copy written, 1 removed\n"
    [copy] = old.parent.iterdir()
    assert copy != old
    backup.save(app.extensions["settings"], tmp_path / "backup", now)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file())
    assert not any(key in stored or key.hex().encode() in stored for key in keys.values())
