"""Guards and effects of payment, acceptance, refusal, cancellation and expiry (T1 to T4, T12)."""

from collections.abc import Mapping

from marketplace.errors import N_, DomainError
from marketplace.money import line_total
from marketplace.orders import policies
from marketplace.orders.queries import life
from marketplace.orders.queries.life import LineRow
from marketplace.orders.services import stock
from marketplace.orders.services.machine import Plan, Step
from marketplace.payments import services as payments


class ReasonMissing(DomainError):
    """A seller who refuses says why: the buyer reads it."""

    code = "reason-missing"
    message = N_("Mời bạn ghi lý do từ chối để người mua được biết.")
    field = "reason"


class SellerNotSelling(DomainError):
    """A suspended or closed seller accepts no orders (I14)."""

    code = "seller-not-selling"
    message = N_("Gian hàng đang tạm ngừng nên chưa nhận đơn được. Mời bạn liên hệ Sở Công Thương.")
    status = 403


class AcceptedMore(DomainError):
    """Acceptance may lower a quantity, never raise it."""

    code = "accepted-more"
    message = N_("Số nhận không được nhiều hơn số khách đặt.")
    field = "quantity"

    def __init__(self, line_id: int) -> None:
        self.line_id = line_id
        super().__init__(line_id=line_id)


class NothingAccepted(DomainError):
    """Accepting nothing is refusing, and that needs a reason."""

    code = "nothing-accepted"
    message = N_("Đơn không còn món nào. Nếu không bán được, mời bạn bấm từ chối và ghi lý do.")
    field = "quantity"


class CancelTooLate(DomainError):
    """The seller is already at work; only a talk with the seller helps now."""

    code = "cancel-too-late"
    message = N_("Đã quá giờ hủy: người bán đang chuẩn bị hàng. Mời bạn gọi cho người bán.")
    status = 409


def can_accept(step: Step) -> None:
    """T3: the seller still sells; quantities are only lowered; something is left."""
    if step.order.seller_state != "approved":
        raise SellerNotSelling
    accepted = accepted_quantities(life.lines_of(step.order.id), step.details)
    if not any(accepted.values()):
        raise NothingAccepted


def accept(step: Step) -> Plan:
    """T3: freeze what the seller will deliver, lower the money and the promise by the shortfall."""
    order, lines = step.order, life.lines_of(step.order.id)
    accepted = accepted_quantities(lines, step.details)
    rows = [
        {"line_id": line.id, "new_accepted": accepted[line.id], "new_packed": None, "new_total": _worth(line, accepted[line.id])}
        for line in lines
    ]
    items_total = sum(row["new_total"] for row in rows)
    total = items_total + order.delivery_fee
    if order.method == "card":
        payments.answer_share(reference=order.purchase_code, share=order.code, accepted=total, now=step.now)
    elif total != order.total:
        payments.change_cash(reference=order.code, amount=total, now=step.now)
    promised = {line.product_id: accepted[line.id] for line in lines}
    last = stock.resize(order.id, promised) if items_total != order.items_total else []
    return Plan(columns={"accepted_at": step.now}, lines=rows, items_total=items_total, last=last)


def accepted_quantities(lines: list[LineRow], wanted: Mapping[int, int] | None) -> dict[int, int]:
    """Line id → accepted grams or pieces; lines not named are accepted whole. Raises AcceptedMore."""
    accepted = {}
    for line in lines:
        quantity = (wanted or {}).get(line.id, line.quantity)
        if not 0 <= quantity <= line.quantity:
            raise AcceptedMore(line.id)
        accepted[line.id] = quantity
    return accepted


def _worth(line: LineRow, quantity: int) -> int:
    return line_total(price=line.price, quantity=quantity, measure=line.measure)


def has_reason(step: Step) -> None:
    """T4: the buyer is told why."""
    if not step.reason.strip():
        raise ReasonMissing


def may_cancel(step: Step) -> None:
    """T12: before the seller's cut-off."""
    order = step.order
    minutes = step.rules["cancel-minutes"]
    if not policies.may_cancel(state=order.state, accepted_at=order.accepted_at, minutes=minutes, now=step.now):
        raise CancelTooLate


def take_payment(step: Step) -> Plan:
    """T1: the money is held, so the goods are promised."""
    return Plan(last=stock.confirm(step.order.id))


def give_up(step: Step) -> Plan:
    """T4, T12: nothing is paid for this order and its goods go back on sale."""
    order = step.order
    if order.method == "cod":
        payments.write_off_cash(reference=order.code, now=step.now)
    elif order.state == "PENDING_SELLER":
        payments.answer_share(reference=order.purchase_code, share=order.code, accepted=0, now=step.now)
    elif order.state == "ACCEPTED":
        payments.give_back(
            reference=order.purchase_code, share=order.code, amount=order.total, reason=step.reason or "cancelled",
            key=f"{order.code}-cancel", now=step.now,
        )
    return Plan(last=stock.release(order.id))


def let_go(step: Step) -> Plan:
    """T2 and a failed payment: the money side is already closed by payments; only the goods come back."""
    order = step.order
    if order.state != "PACKED":
        return Plan(last=stock.release(order.id))
    picks = life.picks_of(order.id)
    stock.forget(order.id)
    return Plan(last=[lambda: stock.unpack(picks)])
