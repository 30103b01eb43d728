"""Growing areas, lots and stock for tests; every function commits.

`make_lot` writes rows only, without log entries; `grow_lot` goes through the services, so its entries are in the log.
"""

from datetime import UTC, date, datetime, timedelta
from itertools import count

from marketplace.accounts.models import Person
from marketplace.catalogue.models import Product
from marketplace.database import db, transaction
from marketplace.lots import services
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


SPRAY = {
    "material": "Confidor 200SL", "ingredient": "Imidacloprid", "registration": "1234/CNĐKT-BVTV", "dose": "0.5",
    "dose_unit": "ml_per_l", "water_litres": "400", "target": "Rầy bông xoài", "interval_days": 14,
    "interval_source": "label",
}


def owner_of(seller_id: int) -> Person:
    """The seller's first member."""
    return db.session.query(Person).join(SellerMember, SellerMember.person_id == Person.id).filter(
        SellerMember.seller_id == seller_id).order_by(SellerMember.added_at).first()


def write(lot: Lot, kind: str, details: dict, *, days_ago: float, now: datetime, key: str | None = None):
    """One diary entry by the lot's seller."""
    return services.record_diary(
        actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id, kind=kind, details=details,
        happened_at=now - timedelta(days=days_ago), client_key=key, now=now,
    )


def grow_lot(
    product: Product | None = None, *, now: datetime, release: bool = True, quantity: int = 100_000, area: bool = True,
    in_date: bool = True,
) -> Lot:
    """A lot with a whole season in its diary, released through the services unless told otherwise."""
    product = product or make_product()
    seller, actor = db.session.get(Seller, product.seller_id), owner_of(product.seller_id)
    lot = services.create_lot(
        actor=actor, seller_id=seller.id, product_id=product.id,
        growing_area_id=make_growing_area(seller).id if area else None, quantity=quantity,
        best_before=(now + timedelta(days=60)).date() if in_date else None, now=now,
    )
    write(lot, "fertilising", {"material": "NPK 16-16-8", "amount": "50", "unit": "kg", "method": "root"}, days_ago=60, now=now)
    write(lot, "spraying", SPRAY, days_ago=30, now=now)
    write(lot, "harvesting", {"quantity": quantity, "grade": "first"}, days_ago=2, now=now)
    write(lot, "packing", {"quantity": quantity, "packaging": "box"}, days_ago=1, now=now)
    if release:
        services.release_lot(actor=actor, seller_id=seller.id, lot_id=lot.id, now=now)
    return db.session.get(Lot, lot.id)


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
