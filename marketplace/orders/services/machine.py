"""How an order moves: the shape of a transition and the one function that applies it (I5, I6, I8).

Order of locks, everywhere: payment, seller order, purchase, log, stock. A transition therefore runs its money step
first and its stock step last.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, update

from marketplace.database import db, transaction, vietnam_day
from marketplace.errors import N_, Conflict
from marketplace.orders.models import OrderLine, OrderTransition, Purchase, SellerOrder
from marketplace.orders.queries import life
from marketplace.orders.queries.life import OrderRow
from marketplace.orders.services import messages


class StepTooLate(Conflict):
    """The order is no longer in a state from which this step leads on; `state` is where it is now."""

    code = "step-too-late"
    message = N_("Đơn hàng này vừa chuyển sang bước khác. Mời bạn xem lại trạng thái hiện tại.")

    def __init__(self, state: str) -> None:
        self.state = state
        super().__init__(state=state)


@dataclass(frozen=True)
class Step:
    """One wish to move one order: who, why, when, with what input; `rules` are the market's clocks of the day."""

    order: OrderRow
    actor: str  # buyer, seller, timer, payment
    now: datetime
    rules: dict[str, int]
    person_id: int | None = None
    reason: str = ""
    request_id: str = ""
    details: object = None


@dataclass
class Plan:
    """What the move writes beside the state: order columns, line columns by id, and the stock verbs run last."""

    columns: dict = field(default_factory=dict)
    lines: list[dict] = field(default_factory=list)  # [{"line_id", "accepted", "packed", "line_total"}]
    items_total: int | None = None
    last: list[Callable[[], None]] = field(default_factory=list)


@dataclass(frozen=True)
class Transition:
    """A row of the table: from where, to where, who may, what must hold, what follows, which clock starts."""

    number: str
    sources: tuple[str, ...]
    target: str
    actors: tuple[str, ...]
    effect: Callable[[Step], Plan]
    guard: Callable[[Step], None] = lambda step: None
    clock: Callable[[OrderRow, dict[str, int]], timedelta] | None = None
    tell: tuple[str, ...] = ()  # whom: buyer, seller


@dataclass(frozen=True)
class Moved:
    """Where the order is now, and whether this call brought it there."""

    code: str
    state: str
    changed: bool


_LEAVE = (
    update(SellerOrder)
    .where(SellerOrder.id == bindparam("order_id"), SellerOrder.state == bindparam("expected"))
    .execution_options(synchronize_session=False)
)
_LINE = OrderLine.__table__  # the table itself: many rows in one call, without the ORM's update by primary key
_SET_LINE = (
    update(_LINE)
    .where(_LINE.c.id == bindparam("line_id"))
    .values(accepted=bindparam("new_accepted"), packed=bindparam("new_packed"), line_total=bindparam("new_total"))
)
_LOWER_PURCHASE = (
    update(Purchase)
    .where(Purchase.id == bindparam("purchase_id"))
    .values(items_total=Purchase.items_total + bindparam("change"), total=Purchase.total + bindparam("change"))
    .execution_options(synchronize_session=False)
)
_LOG = insert(OrderTransition.__table__)


class _Lost(Exception):
    """Somebody else moved the order between our look and our step."""


def apply(transition: Transition, step: Step, *, defer: list[Callable[[], None]] | None = None) -> Moved:
    """Move one order, or return its state when somebody already brought it there (I5).

    With `defer` the stock verbs are handed back instead of run, for a caller that has more of them to bring into order.
    Raises StepTooLate when the order is anywhere else, and whatever the guard or a verb below raises; then nothing changed.
    """
    if step.actor not in transition.actors:
        raise ValueError(f"{transition.number} is not for {step.actor}")
    order = step.order
    if order.state not in transition.sources:
        return _settled(transition, order.code, order.state)
    try:
        with transaction():
            transition.guard(step)
            last = _move(transition, step)
            if defer is None:
                for work in last:
                    work()
            else:
                defer.extend(last)
    except _Lost:
        return _settled(transition, order.code, life.state_of(order.id))
    return Moved(order.code, transition.target, True)


def _settled(transition: Transition, code: str, state: str) -> Moved:
    if state == transition.target:
        return Moved(code, state, False)
    raise StepTooLate(state)


def _move(transition: Transition, step: Step) -> list[Callable[[], None]]:
    order, plan = step.order, transition.effect(step)
    clock = transition.clock(order, step.rules) if transition.clock else None
    columns = {"state": transition.target, "due_at": step.now + clock if clock else None, **plan.columns}
    if plan.items_total is not None:
        columns |= {"items_total": plan.items_total, "total": plan.items_total + order.delivery_fee}
    left = db.session.execute(_LEAVE.values(**columns), {"order_id": order.id, "expected": order.state})
    if left.rowcount != 1:
        raise _Lost
    if plan.lines:
        db.session.execute(_SET_LINE, plan.lines)
    if plan.items_total is not None and plan.items_total != order.items_total:
        db.session.execute(
            _LOWER_PURCHASE, {"purchase_id": order.purchase_id, "change": plan.items_total - order.items_total}
        )
    log_move(step, before=order.state, after=transition.target)
    for audience in transition.tell:
        messages.tell(audience, transition.target, order=order, reason=step.reason, now=step.now)
    return plan.last


def log_move(step: Step, *, before: str, after: str) -> None:
    """Write who moved which order from where to where, why and in which request (I8)."""
    db.session.execute(
        _LOG,
        {
            "order_id": step.order.id, "before": before, "after": after, "actor": step.actor, "reason": step.reason[:255],
            "actor_id": step.person_id, "request_id": step.request_id, "at": step.now,
        },
    )


def step_of(order: OrderRow, *, actor: str, now: datetime, **more) -> Step:
    """A step under the rules in force today; `more` are Step's other fields."""
    return Step(order=order, actor=actor, now=now, rules=life.rules_on(vietnam_day(now)), **more)
