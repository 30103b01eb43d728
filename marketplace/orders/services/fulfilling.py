"""Guards and effects of packing, handing over, delivering and completing (T6, T7, T8, T10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert

from marketplace.database import db, vietnam_day
from marketplace.errors import N_, DomainError
from marketplace.lots import queries as lot_queries
from marketplace.lots import services as lots
from marketplace.orders import policies
from marketplace.orders.models import OrderLineLot
from marketplace.orders.queries import life
from marketplace.orders.queries.life import LineRow, OrderRow
from marketplace.orders.services import codes, stock
from marketplace.orders.services.machine import Plan, Step
from marketplace.payments import queries as payment_queries
from marketplace.payments import services as payments
from marketplace.statistics import services as statistics
from marketplace.statistics.services import SaleLine


class LotMissing(DomainError):
    """A line is packed from at least one lot; at least one line of the order is packed."""

    code = "lot-missing"
    message = N_("Mời bạn chọn lô hàng và ghi số thực đóng cho ít nhất một món.")
    field = "lots"


class LotUnfit(DomainError):
    """The lot is not this seller's, not of this product, not released, past its date, or holds too little."""

    code = "lot-unfit"
    message = N_("%(product)s: lô đã chọn không dùng được hoặc không còn đủ hàng. Mời bạn chọn lô khác.")
    field = "lots"

    def __init__(self, line: LineRow) -> None:
        self.line_id = line.id
        super().__init__(product=line.product_name)


class PackedTooMuch(DomainError):
    """More than was accepted (pieces), or over 5 % more (mass)."""

    code = "packed-too-much"
    message = N_("%(product)s: số thực đóng vượt quá mức cho phép. Hàng cân được dư tối đa 5%%, hàng đếm thì không dư.")
    field = "lots"

    def __init__(self, line: LineRow) -> None:
        self.line_id = line.id
        super().__init__(product=line.product_name)


class CarrierMissing(DomainError):
    """Who carries the parcel is told to the buyer."""

    code = "carrier-missing"
    message = N_("Mời bạn ghi ai giao hàng: tên hãng và mã vận đơn, hoặc “gian hàng tự giao”.")
    field = "carrier"


class WrongWay(DomainError):
    """A parcel to be fetched is not shipped, and the other way round."""

    code = "wrong-way"
    message = N_("Đơn này có cách giao khác. Mời bạn tải lại trang.")
    status = 409


class NotPaidYet(DomainError):
    """A card order leaves only when the money has been taken (T7)."""

    code = "not-paid-yet"
    message = N_("Tiền thẻ của đơn này chưa thu xong. Mời bạn đợi ít phút rồi bấm lại.")
    status = 409


class CollectorMissing(DomainError):
    """Cash is recorded together with who took it (T8)."""

    code = "collector-missing"
    message = N_("Mời bạn ghi tên người đã thu tiền.")
    field = "collected_by"


class CashMissing(DomainError):
    """Cash on delivery is delivered only together with the sum that was taken."""

    code = "cash-missing"
    message = N_("Mời bạn ghi số tiền đã thu của khách.")
    field = "collected"


@dataclass(frozen=True)
class Cash:
    """Cash taken at the door: đồng, and by whom."""

    collected: int | None
    collected_by: str


def can_pack(step: Step) -> None:
    """T6: every packed line within bounds and from fit lots of its product; something is packed."""
    lines = {line.id: line for line in life.lines_of(step.order.id)}
    packing: Mapping[int, Mapping[int, int]] = step.details
    if not any(sum(lots_.values()) for lots_ in packing.values()) or not packing.keys() <= lines.keys():
        raise LotMissing
    day = vietnam_day(step.now)
    for line_id, line in lines.items():
        picks = {lot: quantity for lot, quantity in packing.get(line_id, {}).items() if quantity}
        if sum(picks.values()) > policies.most_packable(accepted=line.promised, measure=line.measure):
            raise PackedTooMuch(line)
        fit = fit_lots(seller_id=step.order.seller_id, product_id=line.product_id, day=day) if picks else {}
        if any(quantity < 0 or quantity > fit.get(lot, 0) for lot, quantity in picks.items()):
            raise LotUnfit(line)


def fit_lots(*, seller_id: int, product_id: int, day: date) -> dict[int, int]:
    """Lot id → free grams or pieces of the released, unexpired lots of a product."""
    rows = lot_queries.lots_for_packing(seller_id=seller_id, product_id=product_id, day=day)
    return {row.id: row.available for row in rows}


def pack(step: Step) -> Plan:
    """T6: bind lots to lines, let price and promise follow the real weight."""
    order, lines = step.order, life.lines_of(step.order.id)
    packing: Mapping[int, Mapping[int, int]] = step.details
    packed = {line.id: sum(packing.get(line.id, {}).values()) for line in lines}
    rows = [
        {
            "line_id": line.id, "new_accepted": line.promised, "new_packed": packed[line.id],
            "new_total": policies.packed_total(
                price=line.price, accepted=line.promised, packed=packed[line.id], measure=line.measure, method=order.method
            ),
        }
        for line in lines
    ]
    items_total = sum(row["new_total"] for row in rows)
    _follow_weight(order, items_total + order.delivery_fee, now=step.now)
    _bind_lots(step, lines, packing)
    wanted = {line.product_id: packed[line.id] for line in lines}
    picks = _by_lot(packing)
    return Plan(
        lines=rows, items_total=items_total,
        last=[*stock.resize(order.id, wanted), lambda: lots.allocate_lots(picks=picks)],
    )


def _follow_weight(order: OrderRow, total: int, *, now: datetime) -> None:
    if total == order.total:
        return
    if order.method == "cod":
        payments.change_cash(reference=order.code, amount=total, now=now)
    else:
        payments.give_back(
            reference=order.purchase_code, share=order.code, amount=order.total - total, reason="real weight",
            key=f"{order.code}-pack", now=now,
        )


def _bind_lots(step: Step, lines: list[LineRow], packing: Mapping[int, Mapping[int, int]]) -> None:
    day = vietnam_day(step.now)
    rows = []
    for line in lines:
        chosen = {lot: quantity for lot, quantity in packing.get(line.id, {}).items() if quantity}
        if not chosen:
            continue
        known = lot_queries.lots_for_packing(seller_id=step.order.seller_id, product_id=line.product_id, day=day)
        rows += [
            {
                "line_id": line.id, "lot_id": lot.id, "lot_code": lot.code, "harvested_on": lot.harvested_on,
                "quantity": chosen[lot.id],
            }
            for lot in known if lot.id in chosen
        ]
    db.session.execute(insert(OrderLineLot.__table__), rows)


def _by_lot(packing: Mapping[int, Mapping[int, int]]) -> dict[int, int]:
    totals: dict[int, int] = {}
    for picks in packing.values():
        for lot, quantity in picks.items():
            if quantity:
                totals[lot] = totals.get(lot, 0) + quantity
    return totals


def can_ship(step: Step) -> None:
    """T7 by a carrier: to be shipped, a carrier named, a card's money taken."""
    if step.order.delivery != "ship":
        raise WrongWay
    if not str(step.details or "").strip():
        raise CarrierMissing
    _paid(step.order)


def can_be_fetched(step: Step) -> None:
    """T7 by pickup: to be fetched, a card's money taken."""
    if step.order.delivery != "pickup":
        raise WrongWay
    _paid(step.order)


def _paid(order: OrderRow) -> None:
    if order.method == "card" and not payment_queries.is_captured(reference=order.purchase_code):
        raise NotPaidYet


def hand_over(step: Step) -> Plan:
    """T7: the goods leave the stock, and the log hears of each lot's shipment under an opaque number (no buyer data)."""
    order = step.order
    picks = stock.by_lot(life.picks_of(order.id))
    stock.forget(order.id)
    carrier = str(step.details).strip()[:255] if step.details else None
    return Plan(columns={"carrier": carrier}, last=[lambda: _record_shipments(step, picks), lambda: lots.ship_lots(picks=picks)])


def _record_shipments(step: Step, picks: Mapping[int, int]) -> None:
    document = codes.shipment_number(step.order.token_hash, step.order.code)
    for lot_id, quantity in sorted(picks.items()):
        lots.record_shipment(
            seller_id=step.order.seller_id, lot_id=lot_id, quantity=quantity, document=document, actor_id=step.person_id,
            now=step.now,
        )


def has_cash(step: Step) -> None:
    """T8: for cash on delivery the amount and the collector are part of the same step."""
    cash: Cash = step.details
    if step.order.method != "cod":
        return
    if not cash.collected_by.strip():
        raise CollectorMissing
    if cash.collected is None:
        raise CashMissing


def deliver(step: Step) -> Plan:
    """T8: cash becomes collected, and the sale becomes a fact of this day (I12)."""
    order, cash = step.order, step.details
    columns = {"delivered_at": step.now}
    if order.method == "cod":
        payments.collect_cash(reference=order.code, amount=cash.collected, now=step.now)
        columns |= {"collected": cash.collected, "collected_by": cash.collected_by.strip()[:255]}
    sold = [_sold(line) for line in life.lines_of(order.id) if line.promised]
    return Plan(
        columns=columns,
        last=[
            lambda: statistics.record_sale(
                source=order.code, at=step.now, seller_id=order.seller_id, seller_kind=order.seller_kind,
                place_id=order.seller_place_id, method=order.method, lines=sold,
            )
        ],
    )


def _sold(line: LineRow) -> SaleLine:
    mass = line.measure == "mass"
    return SaleLine(
        category_id=line.category_id, product_id=line.product_id, ocop=bool(line.ocop_stars),
        grams=line.promised if mass else line.promised * (line.grams_per_piece or 0), pieces=0 if mass else line.promised,
        dong=line.line_total,
    )


def complete(step: Step) -> Plan:
    """T10: nothing moves but the state."""
    return Plan()
