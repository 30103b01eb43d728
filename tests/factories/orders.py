"""Baskets and placed orders for tests, through the real verbs."""

import secrets
from datetime import datetime

from marketplace.accounts.models import Person
from marketplace.database import db
from marketplace.orders import queries, services
from marketplace.orders.models import SellerOrder
from marketplace.orders.queries.life import OrderRow, lines_of, orders_of_purchase
from marketplace.orders.services import Details, Placed
from marketplace.sellers.models import SellerMember
from tests.factories.catalogue import make_product
from tests.factories.lots import make_lot
from tests.factories.places import any_place


def stocked_product(quantity: int = 100_000, seller=None, **columns):
    """A listed product with one released lot of so much."""
    product = make_product(seller, **columns)
    make_lot(product, quantity=quantity)
    return product


def make_basket(wishes: dict[int, int], *, now: datetime, person: Person | None = None) -> str:
    """A basket of product id → grams or pieces; returns its token."""
    token = None
    for product_id, quantity in wishes.items():
        state = services.add_to_basket(
            token=token, person_id=person.id if person else None, product_id=product_id, quantity=quantity, now=now
        )
        token = state.token
    return token


def details_for(token: str | None, *, now: datetime, person: Person | None = None, **overrides) -> Details:
    """What a buyer fills in, with the seal of the basket as it is now."""
    ways = overrides.get("ways", {})
    quote = queries.quote(token=token, person_id=person.id if person else None, now=now, ways=ways)
    values = {
        "recipient": "Trần Thị Sen", "phone": "+84912345678", "address_line": "Số 7, ấp Thới Bình",
        "place_id": any_place().id, "note": "", "seal": quote.seal,
    } | overrides
    return Details(**values)


def place(
    wishes: dict[int, int], *, now: datetime, method: str = "cod", buyer: Person | None = None,
    client_key: str | None = None, **overrides,
) -> Placed:
    """Fill a basket and place it."""
    token = make_basket(wishes, now=now, person=buyer)
    return services.place_order(
        buyer=buyer, basket_token=token, details=details_for(token, now=now, person=buyer, **overrides), method=method,
        client_key=client_key or secrets.token_urlsafe(24), now=now, public_url="https://chonongsan.test",
    )


def orders_of(placed: Placed) -> list[OrderRow]:
    """The seller orders of a placed purchase, as stored now."""
    db.session.rollback()
    return orders_of_purchase(placed.purchase_code)


def owner_of(seller_id: int) -> Person:
    """The first member of a seller."""
    member = db.session.query(SellerMember).filter_by(seller_id=seller_id).order_by(SellerMember.added_at).first()
    return db.session.get(Person, member.person_id)


def seller_step(verb, order: OrderRow, *, now: datetime, **wish):
    """A seller's verb on an order by its owner."""
    return verb(actor=owner_of(order.seller_id), seller_id=order.seller_id, order_code=order.code, now=now, **wish)


def packing_of(order: OrderRow, *, now: datetime, less: int = 0) -> dict[int, dict[int, int]]:
    """Everything promised, first expired first; `less` grams or pieces short on each line."""
    from marketplace.database import vietnam_day
    from marketplace.lots.queries import lots_for_packing
    from marketplace.orders.policies import first_expired_first

    day = vietnam_day(now)
    return {
        line.id: first_expired_first(
            line.promised - less, lots_for_packing(seller_id=order.seller_id, product_id=line.product_id, day=day)
        )
        for line in lines_of(order.id)
    }


def bring_to(state: str, order: OrderRow, *, now: datetime) -> OrderRow:
    """Walk a fresh cash order along the usual road up to `state`; returns it as it is then."""
    steps = {
        "ACCEPTED": lambda o: seller_step(services.accept, o, now=now),
        "PACKED": lambda o: seller_step(services.pack, o, now=now, packing=packing_of(o, now=now)),
        "SHIPPED": lambda o: seller_step(services.ship, o, now=now, carrier="Gian hàng tự giao"),
        "DELIVERED": lambda o: seller_step(services.deliver, o, now=now, collected=o.total, collected_by="Anh Ba"),
    }
    for name, walk in steps.items():
        walk(order)
        order = reread(order)
        if name == state:
            break
    return order


def reread(order: OrderRow) -> OrderRow:
    """The order as stored now."""
    from marketplace.orders.queries.life import order_by_id

    db.session.rollback()
    return order_by_id(order.id)


def stored(order: OrderRow) -> SellerOrder:
    """The row itself, freshly read."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(SellerOrder, order.id)
