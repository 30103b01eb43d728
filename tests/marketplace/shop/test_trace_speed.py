"""What the trace page costs: statements, bytes, and what a second reader saves."""

import gzip
import re
from pathlib import Path

import pytest

from marketplace import provenance
from marketplace.database import transaction, utcnow
from marketplace.lots import services
from marketplace.shop.prepared import Shelf
from marketplace.shop.views import trace
from tests.factories.accounts import make_officer
from tests.factories.catalogue import make_product
from tests.factories.lots import grow_lot, owner_of, write
from tests.factories.sellers import make_certificate, make_seller
from tests.statements import counted

BUDGET = 14 * 1024
STATIC = Path(__file__).parents[3] / "static"
CSS = STATIC / "css" / "trace.css"


@pytest.fixture
def lot(app):
    seller = make_seller()
    certificates = tuple(make_certificate(seller, kind=kind) for kind in ("vietgap", "ocop"))
    lot = grow_lot(make_product(seller, certificates=certificates, photos=1), now=utcnow())
    provenance.publish_checkpoint(now=utcnow())
    return lot


@pytest.fixture
def path(lot):
    """The page's address, read before statements are counted."""
    return f"/t/{lot.code}"


def test_page_made_anew_takes_five_statements(client, path):
    with counted() as seen:
        assert client.get(path).status_code == 200

    assert len(seen) == 5


@pytest.mark.parametrize("products", [10, 200])
def test_number_of_statements_does_not_grow_with_the_market(client, path, products):
    seller = make_seller()
    for _ in range(products):
        make_product(seller)

    with counted() as seen:
        client.get(path)

    assert len(seen) == 5


def test_kept_page_and_unchanged_page_take_one_statement(client, path):
    first = client.get(path)

    with counted() as kept:
        again = client.get(path)
    with counted() as unchanged:
        nothing = client.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert again.data == first.data
    assert (nothing.status_code, nothing.data) == (304, b"")
    assert (len(kept), len(unchanged)) == (1, 1)


def test_page_and_its_sheet_fit_into_one_round_trip_even_after_a_long_season(client, app):
    lot = grow_lot(make_product(make_seller()), now=utcnow(), release=False)
    for day in range(25):
        write(lot, "fertilising", {"material": f"Phân hữu cơ số {day}", "amount": "12.5", "unit": "kg", "method": "root"},
              days_ago=90 - day, now=utcnow())
    services.release_lot(actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id, now=utcnow())
    provenance.publish_checkpoint(now=utcnow())

    answer = client.get(f"/t/{lot.code}", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.data) + len(gzip.compress(CSS.read_bytes())) <= BUDGET


def test_page_loads_one_small_script_last_and_opens_no_session(client, lot):
    answer = client.get(f"/t/{lot.code}")

    assert answer.text.count("<script") == 1
    assert re.search(r'</footer>\s*<script type="module" src="/static/v[0-9a-f]{12}/js/trace\.js"></script>', answer.text)
    assert len((STATIC / "js" / "trace.js").read_bytes()) < 1000
    assert not [cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith("session=")]
    assert answer.headers["Cache-Control"] == "no-cache"


def test_reader_without_gzip_gets_the_same_page_plain(client, lot):
    packed = client.get(f"/t/{lot.code}", headers={"Accept-Encoding": "gzip"})
    plain = client.get(f"/t/{lot.code}", headers={"Accept-Encoding": "identity"})

    assert gzip.decompress(packed.data) == plain.data


def recalled(lot):
    services.recall_lot(actor=make_officer(), lot_id=lot.id, reason_code="quality", reason="Hàng bị dập", now=utcnow())


def renamed(lot):
    with transaction() as session:
        session.get(type(lot.product), lot.product_id).name = "Tên mới"


def checked(lot):
    with transaction() as session:
        session.get(type(lot.product), lot.product_id).certificate_links[0].certificate.checked_at = utcnow()


def sealed_elsewhere(lot):
    grow_lot(now=utcnow())
    provenance.publish_checkpoint(now=utcnow())


@pytest.mark.parametrize("change", [recalled, renamed, checked, sealed_elsewhere])
def test_every_change_the_page_shows_makes_a_new_version(client, lot, change):
    first = client.get(f"/t/{lot.code}")
    change(lot)

    second = client.get(f"/t/{lot.code}", headers={"If-None-Match": first.headers["ETag"]})

    assert second.status_code == 200
    assert second.headers["ETag"] != first.headers["ETag"]


def test_shelf_keeps_the_latest_asked_for_and_no_more(app):
    shelf = Shelf(limit=2)
    with app.test_request_context("/"):
        for key in ("a", "b", "a", "c"):
            shelf.answer(key, lambda key=key: (key * 600, 200))
        made = []
        shelf.answer("a", lambda: made.append("a") or ("new", 200))
        shelf.answer("b", lambda: made.append("b") or ("new", 200))

    assert made == ["b"]
    assert len(shelf) == 2


def test_pages_of_all_lots_share_one_bounded_shelf(client, lot):
    client.get(f"/t/{lot.code}")

    assert 1 <= len(trace.shelf) <= 1_000
