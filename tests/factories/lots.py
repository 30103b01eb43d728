"""Growing areas, lots and stock for tests; every function commits. Lots made here have no log entries: use services."""

from datetime import UTC, date, datetime
from itertools import count

from marketplace.catalogue.models import Product
from marketplace.database import db, transaction
from marketplace.lots.models import GrowingArea, Lot, LotStock, Stock
from marketplace.sellers.models import Seller, SellerMember
from tests.factories.catalogue import make_product
from tests.factories.places import any_place
from traceability.identifiers import new_trace_code

EARLIER = datetime(2026, 11, 10, 2, 0, tzinfo=UTC)
_numbers = count(1)


def make_growing_area(seller: Seller, **columns) -> GrowingArea:
    """One hectare of mango with a code that looks right."""
    number = next(_numbers)
    values = {
        "name": f"Vườn số {number}", "crop": "Xoài cát", "code": f"VN-CTOR-{number:04d}", "code_state": "looks_right",
        "square_metres": 10_000, "created_at": EARLIER,
    } | columns
    place_id = values.pop("place_id", None) or any_place().id
    with transaction() as session:
        area = GrowingArea(seller_id=seller.id, place_id=place_id, **values)
        session.add(area)
    return area


def make_lot(product: Product | None = None, *, state: str = "released", quantity: int = 100_000, **columns) -> Lot:
    """A lot of `quantity` grams or pieces; released ones are on sale: their stock is added to the product's."""
    product = product or make_product()
    number = next(_numbers)
    creator = columns.pop("created_by_id", None) or db.session.query(SellerMember.person_id).filter_by(
        seller_id=product.seller_id).order_by(SellerMember.added_at).limit(1).scalar()
    values = {
        "number": f"L261110-{number}", "code": new_trace_code(), "harvested_on": date(2026, 11, 10),
        "packed_on": date(2026, 11, 10), "created_at": EARLIER, "best_before": date(2026, 12, 31),
        "released_at": None if state in {"draft", "cancelled"} else EARLIER,
    } | columns
    with transaction() as session:
        lot = Lot(seller_id=product.seller_id, product_id=product.id, state=state, quantity=quantity,
                  created_by_id=creator, **values)
        session.add(lot)
        session.flush()
        if state == "released":
            session.add(LotStock(lot_id=lot.id, on_hand=quantity, allocated=0, withdrawn=0))
            stock = session.get(Stock, product.id) or Stock(product_id=product.id, on_hand=0, allocated=0, held=0)
            stock.on_hand += quantity
            session.add(stock)
    return lot


def stock_row(product_id: int) -> Stock:
    """The product's stock as it is in the database now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(Stock, product_id)


def lot_stock_row(lot_id: int) -> LotStock:
    """The lot's stock as it is in the database now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(LotStock, lot_id)
