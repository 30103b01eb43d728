"""Sealing in batches: the business act only queues; a loop seals, another takes over, and pages say what waits."""

import pytest

from marketplace import provenance
from marketplace.database import db, transaction, utcnow
from marketplace.provenance import sealing
from marketplace.provenance.loop import SealingLoop
from tests.factories.lots import grow_lot
from tests.marketplace.test_provenance import spray


@pytest.fixture
def batches(app):
    """The site as a city runs it: nothing is sealed by the commit."""
    site = app.extensions["log"]
    site.inline = False
    yield site
    site.inline, site.loop = True, None


def sealed(code) -> list[int | None]:
    db.session.rollback()
    return [entry.seq for entry in provenance.lot_entries(code)]


def test_a_commit_only_queues_and_a_drain_seals(batches, now):
    code = provenance.new_code()
    with transaction():
        assert spray(now, [code]).state == "waiting"
    assert sealed(code) == [None]
    assert provenance.drain() == 1
    assert sealed(code) == [1]
    assert provenance.drain() == 0


def test_a_drain_of_more_than_a_batch_goes_on_to_the_end(batches, now):
    code = provenance.new_code()
    with transaction():
        for _ in range(520):
            spray(now, [code])
    assert provenance.drain() == 520
    assert provenance.check().sound


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_business_act_never_waits_for_the_head(batches, now, app):
    """Another transaction holds the head, as a sequencer does, and a record is still committed."""
    code = provenance.new_code()
    with db.engine.begin() as other:
        batches.log.storage.lock_head(other, wait=True)
        with transaction() as session:
            session.execute(db.text("SET LOCAL lock_timeout = '1s'"))
            spray(now, [code])
        assert provenance.drain() == 0
    assert provenance.drain() == 1
    assert sealed(code) == [1]


def test_the_workers_loop_seals_and_publishes_on_its_own(batches, now, app):
    code = provenance.new_code()
    loop = provenance.start_sealing(app)
    try:
        with transaction():
            spray(now, [code])
        for _ in range(200):
            if sealed(code) == [1] and provenance.latest_checkpoint():
                break
            loop.wake()
            loop._stopping.wait(0.05)
    finally:
        loop.stop()
    db.session.rollback()
    assert sealed(code) == [1]
    assert provenance.latest_checkpoint().size >= 1


def test_a_takeover_waits_for_a_second_look_and_leaves_checkpoints_to_the_worker(batches, now, app):
    code = provenance.new_code()
    takeover = SealingLoop(app, takeover=True)
    with transaction():
        spray(now, [code])
    takeover.turn()
    assert sealed(code) == [None]
    takeover.turn()
    assert sealed(code) == [1]
    assert provenance.latest_checkpoint() is None


def test_a_checkpoint_seals_what_waits_first(batches, now):
    code = provenance.new_code()
    with transaction():
        spray(now, [code])
    provenance.publish_checkpoint(now=utcnow())
    assert sealed(code) == [1]
    assert provenance.latest_checkpoint().size >= 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_two_drains_at_once_on_sqlite_leave_it_to_the_first(batches, now, app):
    with transaction():
        spray(now, [provenance.new_code()])
    with sealing._alone(batches) as first:
        assert first
        assert provenance.drain() == 0
    assert provenance.drain() == 1


def test_the_trace_page_says_what_waits_and_turns_when_it_is_sealed(batches, browser):
    """Growing, releasing and reading a lot while nothing is sealed by the commits: no step depends on the seal."""
    lot = grow_lot(now=utcnow())
    browser.open(f"/t/{lot.code}")
    assert "verdict--none" in browser.page.select_one(".verdict")["class"]

    provenance.publish_checkpoint(now=utcnow())
    browser.open(f"/t/{lot.code}")
    assert "verdict--good" in browser.page.select_one(".verdict")["class"]
