"""An order's claim on the stock: the hold rows and the stock verbs they stand for, always last in the transaction."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, update

from marketplace.database import db
from marketplace.lots import services as lots
from marketplace.orders.models import StockHold
from marketplace.orders.queries import life
from marketplace.orders.queries.life import Pick

_HOLD = StockHold.__table__  # the table itself: many rows in one call, without the ORM's update by primary key
_SET = (
    update(_HOLD)
    .where(_HOLD.c.order_id == bindparam("of_order"), _HOLD.c.product_id == bindparam("of_product"))
    .values(quantity=bindparam("left"), state=bindparam("now_state"), expires_at=None)
)
_RELEASE = update(_HOLD).where(_HOLD.c.order_id == bindparam("of_order")).values(state="released", expires_at=None)


@dataclass(frozen=True)
class Change:
    """One stock verb with its quantities by product, run when called."""

    verb: Callable[..., None]
    quantities: Mapping[int, int]

    def __call__(self) -> None:
        self.verb(quantities=self.quantities)


def sweep(changes: Iterable[Change]) -> None:
    """Run several changes as one walk over the products in id order (those named first go first), so that two
    transactions that give back and take the same goods never wait for each other in a ring."""
    changes = list(changes)
    for product in sorted({product for change in changes for product in change.quantities}):
        for change in changes:
            if product in change.quantities:
                change.verb(quantities={product: change.quantities[product]})


def confirm(order_id: int) -> list[Change]:
    """T1: what was held while the buyer paid is promised now."""
    state, quantities = life.holds_of(order_id)
    if state != "held":
        return []
    _write(order_id, quantities, "allocated")
    return [Change(lots.allocate_held, quantities)]


def release(order_id: int) -> list[Change]:
    """The order ends before packing: everything it held or was promised goes back on sale."""
    state, quantities = life.holds_of(order_id)
    if not quantities:
        return []
    db.session.execute(_RELEASE, {"of_order": order_id})
    return [Change(lots.release_hold if state == "held" else lots.release_allocation, quantities)]


def forget(order_id: int) -> None:
    """The hold rows end; the goods themselves are moved by the caller (shipped, or released by lot)."""
    db.session.execute(_RELEASE, {"of_order": order_id})


def resize(order_id: int, wanted: Mapping[int, int]) -> list[Callable[[], None]]:
    """Change what is promised to `wanted` (product → quantity, 0 for none): T3 lowers, T6 follows the real weight.

    The returned verbs raise OutOfStock when more is wanted than is free.
    """
    _, promised = life.holds_of(order_id)
    _write(order_id, dict(wanted), "allocated")
    fewer = {p: had - wanted.get(p, 0) for p, had in promised.items() if had > wanted.get(p, 0)}
    more = {p: want - promised.get(p, 0) for p, want in wanted.items() if want > promised.get(p, 0)}
    return [lambda: sweep([Change(lots.release_allocation, fewer), Change(lots.allocate_stock, more)])]


def _write(order_id: int, quantities: Mapping[int, int], state: str) -> None:
    rows = [
        {"of_order": order_id, "of_product": product, "left": left, "now_state": state}
        for product, left in sorted(quantities.items())
    ]
    if rows:
        db.session.execute(_SET, rows)


def by_lot(picks: Iterable[Pick]) -> dict[int, int]:
    """Lot id → grams or pieces packed from it, whichever line they went into."""
    totals: Counter[int] = Counter()
    for pick in picks:
        totals[pick.lot_id] += pick.quantity
    return dict(totals)


def unpack(picks: Iterable[Pick]) -> None:
    """Packed goods that never left go back: promises fall by product and by lot."""
    lots.release_lots(picks=by_lot(picks))
