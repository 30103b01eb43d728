"""The receipt a seller keeps of what was written: the mark, when, and until when it is sealed."""

import pytest

from marketplace import provenance
from marketplace.database import db, transaction, utcnow
from marketplace.lots.models import DiaryEntry
from tests.factories.accounts import sign_in
from tests.factories.catalogue import make_product
from tests.factories.lots import make_lot, owner_of
from tests.marketplace.provenance.test_batches import batches  # noqa: F401 - a fixture used here too


@pytest.fixture
def lot(app):
    return make_lot(make_product(), state="draft")


@pytest.fixture
def desk(browser, lot):
    """A browser signed in as the lot's seller."""
    sign_in(browser.client, owner_of(lot.seller_id))
    return browser


def written(desk, lot):
    """The open receipt the seller lands on, and the entry it is of."""
    desk.open(f"/so-nong-ho/{lot.id}/tuoi-nuoc")
    desk.submit({"source": "river"})
    page = desk.open(desk.response.location)
    [entry] = db.session.query(DiaryEntry).filter_by(lot_id=lot.id).populate_existing().all()
    [receipt] = page.select("details[open]")
    return " ".join(receipt.get_text(" ").split()), entry


def test_seller_lands_on_the_receipt_of_what_was_just_written(desk, lot):
    words, entry = written(desk, lot)

    assert entry.leaf[:12] in words and entry.leaf in words and len(entry.leaf) == 64
    assert "Ghi vào sổ lúc" in words and "Đã niêm phong ở dòng 2. Sẽ được chốt sổ trước" in words
    provenance.publish_checkpoint(now=utcnow())
    assert "Đã niêm phong ở dòng 2 và đã chốt sổ." in desk.open(f"/so-nong-ho/{lot.id}").get_text()


def test_receipt_of_what_waits_promises_a_time(desk, lot, batches):  # noqa: F811
    words, entry = written(desk, lot)
    day = (entry.recorded_at + provenance.PROMISE).strftime("%m/%Y")

    assert "Đang chờ. Sẽ được niêm phong và chốt sổ trước" in words and day in words
    provenance.drain()
    assert "Đã niêm phong ở dòng 2." in desk.open(f"/so-nong-ho/{lot.id}").get_text()


def test_receipt_is_the_leaf_the_log_has(desk, lot):
    _words, entry = written(desk, lot)

    assert [found.leaf_hex for found in provenance.lot_entries(lot.code)] == [entry.leaf]
    with transaction() as session:
        session.get(DiaryEntry, entry.id).leaf = "0" * 64
    assert "Dòng trong sổ không khớp với biên nhận này" in desk.open(f"/so-nong-ho/{lot.id}").get_text()


def test_other_entries_receipts_stay_folded_and_are_on_the_lots_page_too(desk, lot):
    _words, entry = written(desk, lot)
    page = desk.open(f"/kenh-ban/lo-hang/{lot.id}")

    assert page.select("details[open]") == [] and entry.leaf in page.get_text()
