"""What the seller's people do with an order of theirs. Every verb looks the order up by (code, seller)."""

from collections.abc import Mapping
from datetime import datetime

from marketplace.accounts.models import Person
from marketplace.errors import NotFound
from marketplace.orders.queries import life
from marketplace.orders.queries.life import OrderRow
from marketplace.orders.services import table
from marketplace.orders.services.fulfilling import Cash
from marketplace.orders.services.machine import Moved, Transition, apply, step_of


def accept(
    *, actor: Person, seller_id: int, order_code: str, now: datetime, quantities: Mapping[int, int] | None = None,
    request_id: str = "",
) -> Moved:
    """T3: promise the goods. `quantities` (line id → grams or pieces) may lower a line, never raise it.

    Raises NotFound, StepTooLate, SellerNotSelling, AcceptedMore, NothingAccepted.
    """
    return _move(table.ACCEPT, actor, seller_id, order_code, now, request_id, details=quantities)


def refuse(
    *, actor: Person, seller_id: int, order_code: str, reason: str, now: datetime, request_id: str = ""
) -> Moved:
    """T4: say no, with a reason the buyer reads. Raises NotFound, StepTooLate, ReasonMissing."""
    return _move(table.REFUSE, actor, seller_id, order_code, now, request_id, reason=reason)


def pack(
    *, actor: Person, seller_id: int, order_code: str, packing: Mapping[int, Mapping[int, int]], now: datetime,
    request_id: str = "",
) -> Moved:
    """T6: bind lots and real weights: `packing` is line id → lot id → grams or pieces.

    Raises NotFound, StepTooLate, LotMissing, LotUnfit, PackedTooMuch, LotShort, OutOfStock.
    """
    return _move(table.PACK, actor, seller_id, order_code, now, request_id, details=packing)


def ship(
    *, actor: Person, seller_id: int, order_code: str, carrier: str, now: datetime, request_id: str = ""
) -> Moved:
    """T7: hand the parcel to a carrier. Raises NotFound, StepTooLate, WrongWay, CarrierMissing, NotPaidYet."""
    return _move(table.SHIP, actor, seller_id, order_code, now, request_id, details=carrier)


def ready_for_pickup(*, actor: Person, seller_id: int, order_code: str, now: datetime, request_id: str = "") -> Moved:
    """T7: the parcel waits for the buyer. Raises NotFound, StepTooLate, WrongWay, NotPaidYet."""
    return _move(table.READY, actor, seller_id, order_code, now, request_id)


def deliver(
    *, actor: Person, seller_id: int, order_code: str, now: datetime, collected: int | None = None,
    collected_by: str = "", request_id: str = "",
) -> Moved:
    """T8: the buyer has the goods; for cash, `collected` đồng were taken by `collected_by`. The sale becomes a fact.

    Raises NotFound, StepTooLate, CashMissing, CollectorMissing, WrongCash.
    """
    cash = Cash(collected, collected_by)
    return _move(table.DELIVER, actor, seller_id, order_code, now, request_id, details=cash)


def _move(
    transition: Transition, actor: Person, seller_id: int, code: str, now: datetime, request_id: str, **more
) -> Moved:
    order = _own(code, seller_id)
    return apply(
        transition, step_of(order, actor="seller", now=now, person_id=actor.id, request_id=request_id, **more)
    )


def _own(code: str, seller_id: int) -> OrderRow:
    order = life.order_of_seller(code=code, seller_id=seller_id)
    if order is None:
        raise NotFound
    return order
