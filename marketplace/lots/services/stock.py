"""Stock verbs: conditional UPDATEs by product and by lot, in id order, all or nothing, in the caller's transaction.

Quantities are grams or pieces by the product's measure. Every verb belongs LAST in the caller's transaction: it locks
hot rows until the commit. Rows are locked products first, then lots, each in id order, so no two verbs can wait for
each other. The CHECKs on `stock` and `lot_stock` are the last wall behind the conditions.
"""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Update, bindparam, exists, select, update
from sqlalchemy import insert as core_insert
from sqlalchemy.dialects import postgresql, sqlite

from marketplace.database import db, on_postgresql
from marketplace.errors import N_, DomainError
from marketplace.lots.models import Lot, LotStock, Stock


class OutOfStock(DomainError):
    """Less is left of a product than was asked for; `product_id` and `available` (grams or pieces) say what."""

    code = "out-of-stock"
    message = N_("Hàng vừa có người mua trước, kho không còn đủ số lượng bạn chọn.")
    field = "quantity"
    status = 409

    def __init__(self, product_id: int, available: int) -> None:
        self.product_id, self.available = product_id, available
        super().__init__(product_id=product_id, available=available)


class LotShort(DomainError):
    """A lot holds less than was picked from it, or is blocked, recalled or past its date."""

    code = "lot-short"
    message = N_("Lô này không còn đủ hàng hoặc đang tạm ngừng bán. Mời bạn chọn lô khác.")
    field = "lot"
    status = 409

    def __init__(self, lot_id: int, available: int) -> None:
        self.lot_id, self.available = lot_id, available
        super().__init__(lot_id=lot_id, available=available)


_Q, _KEY = bindparam("quantity"), bindparam("key")
_FREE = Stock.on_hand - Stock.allocated - Stock.held
_LOT_FREE = LotStock.on_hand - LotStock.allocated - LotStock.withdrawn


def _product(condition, **values) -> Update:
    return update(Stock).where(Stock.product_id == _KEY, condition).values(**values).execution_options(
        synchronize_session=False
    )


def _lot(condition, **values) -> Update:
    return update(LotStock).where(LotStock.lot_id == _KEY, condition).values(**values).execution_options(
        synchronize_session=False
    )


_HOLD = _product(_FREE >= _Q, held=Stock.held + _Q)
_UNHOLD = _product(Stock.held >= _Q, held=Stock.held - _Q)
_HELD_TO_ALLOCATED = _product(Stock.held >= _Q, held=Stock.held - _Q, allocated=Stock.allocated + _Q)
_ALLOCATED_TO_HELD = _product(Stock.allocated >= _Q, held=Stock.held + _Q, allocated=Stock.allocated - _Q)
_ALLOCATE = _product(_FREE >= _Q, allocated=Stock.allocated + _Q)
_UNALLOCATE = _product(Stock.allocated >= _Q, allocated=Stock.allocated - _Q)
_SHIP = _product(Stock.allocated >= _Q, on_hand=Stock.on_hand - _Q, allocated=Stock.allocated - _Q)
_UNSHIP = _product(_Q > 0, on_hand=Stock.on_hand + _Q, allocated=Stock.allocated + _Q)
_ADD = _product(_Q > 0, on_hand=Stock.on_hand + _Q)
_REMOVE = _product(_FREE >= _Q, on_hand=Stock.on_hand - _Q)

_RELEASED = exists().where(Lot.id == LotStock.lot_id, Lot.state == "released")
_LOT_ALLOCATE = _lot((_LOT_FREE >= _Q) & _RELEASED, allocated=LotStock.allocated + _Q)
_LOT_REALLOCATE = _lot(_LOT_FREE >= _Q, allocated=LotStock.allocated + _Q)
_LOT_UNALLOCATE = _lot(LotStock.allocated >= _Q, allocated=LotStock.allocated - _Q)
_LOT_SHIP = _lot(LotStock.allocated >= _Q, on_hand=LotStock.on_hand - _Q, allocated=LotStock.allocated - _Q)
_LOT_UNSHIP = _lot(_Q > 0, on_hand=LotStock.on_hand + _Q, allocated=LotStock.allocated + _Q)
_LOT_ADD = _lot(_Q > 0, on_hand=LotStock.on_hand + _Q)
_LOT_REMOVE = _lot(_LOT_FREE >= _Q, on_hand=LotStock.on_hand - _Q)
_LOT_WITHDRAW = _lot(_LOT_FREE >= _Q, withdrawn=LotStock.withdrawn + _Q)
_LOT_RESTORE = _lot(LotStock.withdrawn >= _Q, withdrawn=LotStock.withdrawn - _Q)

_PRODUCT_LEFT = select(_FREE).where(Stock.product_id == _KEY)
_LOT_LEFT = select(_LOT_FREE).where(LotStock.lot_id == _KEY)
_LOT_WITHDRAWN = select(LotStock.withdrawn).where(LotStock.lot_id == _KEY)
_OFF_SALE = (
    select(LotStock.lot_id, Lot.product_id, _LOT_FREE.label("free"))
    .join(Lot, Lot.id == LotStock.lot_id)
    .where(Lot.product_id.in_(bindparam("products", expanding=True)), Lot.state.in_(("blocked", "recalled", "closed")))
    .where(_LOT_FREE > 0)
    .order_by(LotStock.lot_id)
)


def hold_stock(*, quantities: Mapping[int, int]) -> None:
    """Keep free stock aside while the buyer pays. Raises OutOfStock; then nothing is held."""
    _move(_HOLD, _UNHOLD, quantities)


def release_hold(*, quantities: Mapping[int, int]) -> None:
    """Give held stock back. Raises OutOfStock when less is held than given back (a bug in the caller)."""
    _move(_UNHOLD, _HOLD, quantities)
    _withdraw_off_sale(quantities)


def allocate_held(*, quantities: Mapping[int, int]) -> None:
    """Held stock becomes promised to a placed order. Raises OutOfStock."""
    _move(_HELD_TO_ALLOCATED, _ALLOCATED_TO_HELD, quantities)


def allocate_stock(*, quantities: Mapping[int, int]) -> None:
    """Promise free stock at once (cash on delivery). Raises OutOfStock; then nothing is promised."""
    _move(_ALLOCATE, _UNALLOCATE, quantities)


def release_allocation(*, quantities: Mapping[int, int]) -> None:
    """A promise falls away (refused, cancelled, accepted for less). Raises OutOfStock when less is promised."""
    _move(_UNALLOCATE, _ALLOCATE, quantities)
    _withdraw_off_sale(quantities)


def allocate_lots(*, picks: Mapping[int, int]) -> None:
    """Packing (T6): goods of these lots belong to an order now. Raises LotShort, also for a lot not released."""
    _move_lots(_LOT_ALLOCATE, _LOT_UNALLOCATE, picks)


def release_lots(*, picks: Mapping[int, int]) -> None:
    """A packed order is undone before it left: the promise falls away by product and by lot at once.

    Raises OutOfStock or LotShort when less was promised or picked (a bug in the caller).
    """
    by_product = _by_product(picks)
    _both(by_product, _UNALLOCATE, _ALLOCATE, picks, _LOT_UNALLOCATE, _LOT_REALLOCATE)
    _withdraw_off_sale(by_product)


def ship_lots(*, picks: Mapping[int, int]) -> None:
    """Goods leave (T7): on hand and allocation drop, by lot and by product. Raises LotShort, OutOfStock."""
    _both(_by_product(picks), _SHIP, _UNSHIP, picks, _LOT_SHIP, _LOT_UNSHIP)


def return_lots(*, picks: Mapping[int, int]) -> None:
    """Goods come back whole (T9): on hand rises by lot and by product; off-sale lots stay off sale."""
    by_product = _by_product(picks)
    _both(by_product, _ADD, _REMOVE, picks, _LOT_ADD, _LOT_REMOVE)
    _withdraw_off_sale(by_product)


def stock_lot(*, lot_id: int, product_id: int, quantity: int) -> None:
    """A released lot's goods go on sale: its LotStock row is made, and the product's stock rises by as much."""
    insert = postgresql.insert if on_postgresql() else sqlite.insert
    # Two first lots of one product may be released at the same moment: whoever is second finds the row.
    row = insert(Stock).values(product_id=product_id, on_hand=0, allocated=0, held=0).on_conflict_do_nothing()
    db.session.execute(row)
    db.session.execute(
        core_insert(LotStock).values(lot_id=lot_id, on_hand=quantity, allocated=0, withdrawn=0)
    )
    _move(_ADD, _REMOVE, {product_id: quantity})


def withdraw_lot(*, product_id: int) -> None:
    """Take what is free of this product's blocked, recalled and closed lots out of sale (call after the state change).

    Goods already promised stay promised; they follow as soon as an order lets go of them.
    """
    _withdraw_off_sale([product_id])


def restore_lot(*, lot_id: int, product_id: int) -> None:
    """A block is lifted: what was withdrawn is on sale again."""
    withdrawn = db.session.scalar(_LOT_WITHDRAWN, {"key": lot_id})
    if withdrawn:
        _both({product_id: withdrawn}, _ADD, _REMOVE, {lot_id: withdrawn}, _LOT_RESTORE, _LOT_WITHDRAW)


def _withdraw_off_sale(products) -> None:
    rows = db.session.execute(_OFF_SALE, {"products": sorted(products)}).all()
    for lot_id, product_id, free in rows:
        on_sale = db.session.scalar(_PRODUCT_LEFT, {"key": product_id}) or 0
        taken = min(free, on_sale)
        # Both are conditional: when somebody bought in between, the rest leaves sale when that order lets go.
        if taken and _execute(_REMOVE, product_id, taken):
            _execute(_LOT_WITHDRAW, lot_id, taken)


def _move(statement: Update, inverse: Update, quantities: Mapping[int, int]) -> None:
    _apply(statement, inverse, quantities, _short_product)


def _move_lots(statement: Update, inverse: Update, picks: Mapping[int, int]) -> None:
    _apply(statement, inverse, picks, _short_lot)


def _both(quantities, statement: Update, inverse: Update, picks, lot_statement: Update, lot_inverse: Update) -> None:
    _move(statement, inverse, quantities)
    try:
        _move_lots(lot_statement, lot_inverse, picks)
    except LotShort:
        _move(inverse, statement, quantities)
        raise


def _apply(statement: Update, inverse: Update, quantities: Mapping[int, int], refuse) -> None:
    """One UPDATE per row in id order, so that two baskets with the same lines never wait for each other in a ring."""
    if any(quantity <= 0 for quantity in quantities.values()):
        raise ValueError("a stock quantity is a positive number of grams or pieces")
    done: list[tuple[int, int]] = []
    for key, quantity in sorted(quantities.items()):
        if not _execute(statement, key, quantity):
            for earlier, amount in reversed(done):
                _execute(inverse, earlier, amount)
            refuse(key)
        done.append((key, quantity))


def _execute(statement: Update, key: int, quantity: int) -> bool:
    return db.session.execute(statement, {"key": key, "quantity": quantity}).rowcount == 1


def _short_product(product_id: int) -> None:
    raise OutOfStock(product_id, db.session.scalar(_PRODUCT_LEFT, {"key": product_id}) or 0)


def _short_lot(lot_id: int) -> None:
    raise LotShort(lot_id, db.session.scalar(_LOT_LEFT, {"key": lot_id}) or 0)


def _by_product(picks: Mapping[int, int]) -> dict[int, int]:
    sums: dict[int, int] = defaultdict(int)
    for lot_id, product_id in db.session.execute(select(Lot.id, Lot.product_id).where(Lot.id.in_(sorted(picks)))):
        sums[product_id] += picks[lot_id]
    return dict(sums)
