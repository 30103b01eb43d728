"""Who may see and do what with an order, and the sums and clocks of the market. Pure: no database, no request."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplace.money import line_total

BUYER_KNOWN = frozenset(
    {"ACCEPTED", "PACKED", "SHIPPED", "READY_FOR_PICKUP", "DELIVERY_FAILED", "DELIVERED", "COMPLETED"}
)
"""States in which the seller sees the buyer's name, phone and address (I13)."""

OPEN = ("PENDING_PAYMENT", "PENDING_SELLER", "ACCEPTED", "PACKED", "SHIPPED", "READY_FOR_PICKUP", "DELIVERY_FAILED")
"""States that still need somebody to do something before the goods are delivered."""

HEAVIER_PERCENT = 5
"""Real weight may raise the price by at most this much, for cash only (T6)."""

MAX_LINES = 50
MAX_SELLERS = 20
MAX_PURCHASE = 500_000_000
"""Đồng; a larger basket is a wholesale deal to be agreed by phone."""

ANSWER_ROLES = ("owner", "manager")
HANDLE_ROLES = ("owner", "manager", "packer")


@dataclass(frozen=True)
class DeliveryTerms:
    """How a seller delivers: flat `fee` in đồng, free from `free_from` đồng of items, `pickup` offered or not."""

    fee: int
    free_from: int | None = None
    pickup: bool = False

    def price(self, *, items_total: int, way: str) -> int:
        """Đồng for bringing items of this worth to the buyer; fetching them oneself is free."""
        if way == "pickup" or (self.free_from is not None and items_total >= self.free_from):
            return 0
        return self.fee


@dataclass(frozen=True)
class CashHistory:
    """What a phone number has done with cash orders: unfinished ones, and parcels refused at the door."""

    unfinished: int
    refused: int


def buyer_known(state: str) -> bool:
    """Whether the seller may read who the buyer is (I13)."""
    return state in BUYER_KNOWN


def purchase_status(states: Iterable[str]) -> str:
    """What the whole purchase is at, from its seller orders alone (I7): the furthest behind of those still alive.

    Ended orders count only when nothing else is left; then one completed order makes the purchase completed.
    """
    states = list(states)
    order = (
        "PENDING_PAYMENT", "PENDING_SELLER", "ACCEPTED", "PACKED", "DELIVERY_FAILED", "SHIPPED", "READY_FOR_PICKUP",
        "DELIVERED", "COMPLETED", "RETURNED", "CANCELLED", "EXPIRED",
    )
    return min(states, key=order.index)


def fits(quantity: int, *, minimum: int, step: int) -> bool:
    """Whether a quantity can be asked for: from the minimum up, in whole steps."""
    return quantity >= minimum and (quantity - minimum) % step == 0


def most_packable(*, accepted: int, measure: str) -> int:
    """Most grams or pieces a packer may put in for what was accepted: 5 % more of mass goods, no piece more."""
    return accepted + accepted * HEAVIER_PERCENT // 100 if measure == "mass" else accepted


def packed_total(*, price: int, accepted: int, packed: int, measure: str, method: str) -> int:
    """Đồng for a packed line: follows the real weight down; up only for cash, since a card pays what it promised."""
    charged = packed if method == "cod" else min(packed, accepted)
    return line_total(price=price, quantity=charged, measure=measure)


def may_cancel(*, state: str, accepted_at: datetime | None, minutes: int, now: datetime) -> bool:
    """T12: until the seller answers, and for `minutes` after acceptance."""
    if state == "ACCEPTED":
        return accepted_at is not None and now < accepted_at + timedelta(minutes=minutes)
    return state in {"PENDING_PAYMENT", "PENDING_SELLER"}


def cash_allowed(*, parcel_totals: Collection[int], history: CashHistory, rules: dict[str, int]) -> str:
    """"" when cash on delivery is open to this buyer, else why not: cash-most, cash-open or cash-refusals."""
    if max(parcel_totals, default=0) > rules["cash-most"]:
        return "cash-most"
    if history.refused >= rules["cash-refusals"]:
        return "cash-refusals"
    if history.unfinished + len(parcel_totals) > rules["cash-open"]:
        return "cash-open"
    return ""


def first_expired_first(wanted: int, lots: Iterable) -> dict[int, int]:
    """Lot id → how much of `wanted` to take from it, walking the lots in the order given; may fall short."""
    picks: dict[int, int] = {}
    for lot in lots:
        take = min(wanted, lot.available)
        if take > 0:
            picks[lot.id] = take
            wanted -= take
    return picks
