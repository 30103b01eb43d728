"""The door to the log: recording inside business transactions, reading back, publishing."""

import shutil
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from sqlalchemy import insert, text
from sqlalchemy.exc import DatabaseError

from marketplace import provenance
from marketplace.database import db, transaction
from traceability.checkpoint import Checkpoint
from traceability.errors import EventError, LogStateError
from traceability.merkle import EMPTY_ROOT
from traceability.storage import tables


def spray(now, lots, **more):
    return provenance.record(
        kind="spraying",
        event={
            "at": now - timedelta(hours=1),
            "place": "area-7",
            "inputs": [{"item": "Abamectin 1.8EC", "quantity": Decimal("0.250"), "unit": "LTR"}],
            "phiDays": 7,
            "target": None,
        },
        lots=lots,
        who="seller:htx-thoi-an",
        now=now,
        **more,
    )


def test_a_record_is_sealed_by_the_commit_of_the_business_act(app, now):
    code = provenance.new_code()
    with transaction():
        receipt = spray(now, [code])
        at_once = db.engine.dialect.name == "sqlite"  # its one writer is alone: no queue is needed
        assert receipt.state == ("sealed" if at_once else "waiting")
        assert [entry.seq for entry in provenance.lot_entries(code)] == [1 if at_once else None]
    [entry] = provenance.lot_entries(code)
    assert (entry.seq, entry.n, entry.event_id, entry.leaf_hex) == (1, 0, receipt.event_id, receipt.leaf_hex)
    assert entry.record_time == now
    told = entry.body["ev"]
    assert told["inputQuantityList"] == [{"epcClass": "cns:item-Abamectin%201.8EC", "quantity": "0.25", "uom": "LTR"}]
    assert (told["cns:phiDays"], "cns:target" in told) == (7, False)
    assert entry.body["who"] == "seller:htx-thoi-an"


def test_several_records_of_one_transaction_are_sealed_together_in_order(app, now):
    code, other = provenance.new_code(), provenance.new_code()
    with transaction():
        spray(now, [code])
        with transaction():
            spray(now, [other, code])
        spray(now, [code])
    assert [(entry.seq, entry.n) for entry in provenance.lot_entries(code)] == [(1, 0), (2, 1), (3, 2)]
    assert [(entry.seq, entry.n) for entry in provenance.lot_entries(other)] == [(2, 0)]


def test_a_transaction_of_more_records_than_a_batch_is_sealed_whole(app, now):
    code = provenance.new_code()
    with transaction():
        for _ in range(520):
            spray(now, [code])
    assert [entry.seq for entry in provenance.lot_entries(code)] == list(range(1, 521))


def test_an_entry_that_cannot_be_sealed_waits_and_does_not_stop_the_market(app, now):
    code, other = provenance.new_code(), provenance.new_code()
    with transaction() as session:
        spray(now, [code])
        # what a flipped bit between queue and seal would be; the queue's own guard is no use against a failing disk
        session.connection().execute(
            insert(tables.pending), {"id": "torn", "bytes": b'{"t":"torn"}', "leaf": bytes(32)}
        )
    with transaction():
        spray(now, [other])
    assert [entry.seq for entry in provenance.lot_entries(code) + provenance.lot_entries(other)] == [1, 2]
    report = provenance.check()
    assert (report.sound, report.size) == (False, 3)
    assert report.text.splitlines()[1].startswith("stopped in the queue: torn: changed-in-queue")


def test_a_record_of_a_failed_business_act_leaves_nothing(app, now):
    code = provenance.new_code()
    with pytest.raises(ZeroDivisionError), transaction():
        spray(now, [code])
        raise ZeroDivisionError
    assert provenance.lot_entries(code) == []
    with transaction():
        pass
    assert provenance.check().size == 1


def test_the_same_event_again_is_one_entry_and_another_content_is_refused_in_words(app, now):
    code, name = provenance.new_code(), "urn:uuid:0b5f6a52-8b66-4b0a-9a1f-0d6f5b7c1a11"
    with transaction():
        first = spray(now, [code], event_id=name)
    with transaction():
        again = spray(now, [code], event_id=name)
    assert (again.leaf_hex, again.state) == (first.leaf_hex, "sealed")
    with pytest.raises(provenance.EventReused), transaction():
        spray(now, [provenance.new_code()], event_id=name)
    assert len(provenance.lot_entries(code)) == 1


def test_an_event_of_tomorrow_is_refused_at_its_field(app, now):
    with pytest.raises(provenance.EventTooEarly) as refusal, transaction():
        provenance.record(
            kind="irrigating", event={"at": now + timedelta(days=1)}, lots=["A1"], who="seller:a", now=now
        )
    assert refusal.value.field == "happened_at"


@pytest.mark.parametrize(
    ("kind", "event"),
    [("dancing", {}), ("irrigating", {"weight": 1.5}), ("harvesting", {"quantity": 5, "unit": "kg"})],
)
def test_a_call_no_event_can_tell_is_an_error_of_the_program(app, now, kind, event):
    with pytest.raises(EventError), transaction():
        provenance.record(kind=kind, event=event, lots=["A1"], who="seller:a", now=now)


def test_recording_outside_a_transaction_is_refused(app, now):
    with pytest.raises(RuntimeError):
        spray(now, ["A1"])


def test_a_checkpoint_is_published_once_for_each_size(app, now):
    assert provenance.publish_checkpoint(now=now) == 1
    assert provenance.publish_checkpoint(now=now) == 0
    with transaction():
        spray(now, [provenance.new_code()])
    assert provenance.publish_checkpoint(now=now + timedelta(minutes=1)) == 2, "the record and its map"
    latest = provenance.latest_checkpoint()
    assert (latest.size, latest.origin, latest.at) == (3, "chonongsan.test/log/1", now + timedelta(minutes=1))
    assert latest.note.startswith(f"{latest.origin}\n3\n{latest.root_b64}\n\n— ")


def test_a_checkpoint_inside_a_transaction_is_refused(app, now):
    with pytest.raises(RuntimeError), transaction():
        provenance.publish_checkpoint(now=now)


def test_the_log_is_begun_once(app, now):
    assert provenance.started()
    with pytest.raises(LogStateError):
        provenance.incept(now=now)


def test_lost_keys_and_state_begin_nothing_anew(app, now):
    folder = app.extensions["settings"].signer_dir
    shutil.rmtree(folder)
    with pytest.raises(LogStateError) as refusal:
        provenance.incept(now=now)
    assert (refusal.value.code, folder.exists()) == ("already-started", False)


def test_nothing_is_sealed_while_the_signer_has_signed_more_than_is_here(app, now):
    """What a database restored from a backup finds: business goes on, entries wait, readiness and check name it."""
    site, code = app.extensions["log"], provenance.new_code()
    state = site.near.state_file
    state.write(Checkpoint(site.log.origin, 9, bytes(32)))
    site.stop(LogStateError("test", "as a new process begins"))
    with transaction():
        spray(now, [code])
    assert [entry.seq for entry in provenance.lot_entries(code)] == [None]
    assert provenance.publish_checkpoint(now=now) == 0
    assert provenance.read_only() == "behind-signer"
    assert app.test_client().get("/readyz").json["log"] == "read-only: behind-signer"
    assert "read-only: behind-signer" in provenance.check().text

    state.write(Checkpoint(site.log.origin, 0, EMPTY_ROOT))
    assert provenance.publish_checkpoint(now=now) == 3, "genesis, the record, the first map"
    assert [entry.seq for entry in provenance.lot_entries(code)] == [1]


def test_the_same_size_is_cosigned_again_after_an_hour(app, now):
    provenance.publish_checkpoint(now=now)
    first = provenance.latest_checkpoint()
    assert provenance.publish_checkpoint(now=now + timedelta(minutes=59)) == 0
    assert provenance.latest_checkpoint() == first
    with time_machine.travel(now + timedelta(hours=1)):
        assert provenance.publish_checkpoint(now=now + timedelta(hours=1)) == 0
    again = provenance.latest_checkpoint()
    assert (again.size, again.at) == (first.size, now + timedelta(hours=1))


@pytest.mark.parametrize("statement", ["UPDATE tlog_body SET bytes = bytes", "DELETE FROM tlog_entry"])
def test_the_sites_own_connection_cannot_change_the_log(app, now, statement):
    with pytest.raises(DatabaseError), transaction() as session:
        session.execute(text(statement))
    db.session.rollback()
    assert provenance.check().sound


def test_the_check_says_what_it_read(app, now):
    with transaction():
        spray(now, ["A1"])
    provenance.publish_checkpoint(now=now)
    report = provenance.check()
    assert (report.sound, report.size) == (True, 3)
    assert report.text.startswith("sound: 3 entries, root ")


def test_a_lots_events_are_published_as_an_epcis_document(app, now):
    with transaction():
        spray(now, ["A1"])
    found = provenance.lot_document("A1", base_url="https://chonongsan.test", now=now)
    [told] = found["epcisBody"]["eventList"]
    assert told["inputQuantityList"][0]["quantity"] == 0.25
    assert found["@context"][1]["cnt"] == "https://chonongsan.test/t/"


def test_a_typed_code_is_read_or_is_none(app):
    code = provenance.new_code()
    assert provenance.parse_code(provenance.grouped_code(code).lower()) == code
    assert provenance.parse_code("khong phai ma") is None
