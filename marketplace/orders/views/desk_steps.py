"""The presses on an order page of the seller's desk: accept, refuse, pack, hand over, deliver."""

from flask import flash, g, redirect, url_for

from marketplace.database import utcnow
from marketplace.errors import DomainError, NotFound
from marketplace.i18n import gettext as _
from marketplace.orders import services
from marketplace.orders.forms import BasketForm, DeliverForm, RefuseForm, ShipForm, accept_form, pack_form
from marketplace.orders.policies import ANSWER_ROLES, HANDLE_ROLES
from marketplace.orders.views import bp, person
from marketplace.orders.views.desk import lots_of, order_page, own_order
from marketplace.sellers.desk import require_member
from marketplace.web.access import signed_in
from marketplace.web.errors import add_to_form
from marketplace.web.logs import request_id


@bp.post("/kenh-ban/don-hang/<code>/nhan")
@signed_in
@require_member(*ANSWER_ROLES)
def accept(code: str):
    order = own_order(code)
    form = accept_form(order.lines)
    quantities = {line.id: form[f"line_{line.id}"].data for line in order.lines} if form.validate() else None
    return _step(order, form, services.accept, _("Đã nhận đơn. Mời bạn đóng gói."), quantities=quantities)


@bp.post("/kenh-ban/don-hang/<code>/tu-choi")
@signed_in
@require_member(*ANSWER_ROLES)
def refuse(code: str):
    order, form = own_order(code), RefuseForm()
    return _step(order, form, services.refuse, _("Đã từ chối đơn và báo cho người mua."), reason=form.reason.data)


@bp.post("/kenh-ban/don-hang/<code>/dong-goi")
@signed_in
@require_member(*HANDLE_ROLES)
def pack(code: str):
    order = own_order(code)
    lots = lots_of(order)
    lines = [line for line in order.lines if line.promised]
    form = pack_form(lines, lots, {})
    packing = {
        line.id: {lot.id: form[f"pick_{line.id}_{lot.id}"].data or 0 for lot in lots[line.id]} for line in lines
    } if form.validate() else None
    return _step(order, form, services.pack, _("Đã đóng gói. Mời bạn giao hàng."), packing=packing)


@bp.post("/kenh-ban/don-hang/<code>/giao")
@signed_in
@require_member(*HANDLE_ROLES)
def ship(code: str):
    order, form = own_order(code), ShipForm()
    return _step(order, form, services.ship, _("Đã giao cho người vận chuyển."), carrier=form.carrier.data)


@bp.post("/kenh-ban/don-hang/<code>/san-sang")
@signed_in
@require_member(*HANDLE_ROLES)
def ready(code: str):
    return _step(own_order(code), BasketForm(), services.ready_for_pickup, _("Đã báo khách đến lấy hàng."))


@bp.post("/kenh-ban/don-hang/<code>/da-giao")
@signed_in
@require_member(*HANDLE_ROLES)
def deliver(code: str):
    order = own_order(code)
    form = DeliverForm() if order.method == "cod" else BasketForm()
    cash = {"collected": form.collected.data, "collected_by": form.collected_by.data or ""} if order.method == "cod" else {}
    return _step(order, form, services.deliver, _("Đã giao xong. Đơn được ghi vào doanh số."), **cash)


SOURCES = {
    "accept": ("PENDING_SELLER",), "refuse": ("PENDING_SELLER",), "pack": ("ACCEPTED",), "ship": ("PACKED",),
    "ready_for_pickup": ("PACKED",), "deliver": ("SHIPPED", "READY_FOR_PICKUP"),
}
"""States whose page carries the form of each verb: only there can it come back with its errors."""


def _step(order, form, verb, done: str, **wish):
    """Validate, call the one verb, then show the order again: with the error at its place, or in its new state."""
    if not form.validate_on_submit():
        return _again(order, form, verb, 422)
    try:
        moved = verb(
            actor=person(), seller_id=g.member.seller_id, order_code=order.code, now=utcnow(), request_id=request_id(),
            **wish,
        )
    except NotFound:
        raise
    except DomainError as error:
        if _place(form, error):
            return _again(order, form, verb, error.status)
        flash(error.render(_), "error")
    else:
        flash(done if moved.changed else _("Bước này đã được ghi trước đó rồi."), "success")
    return redirect(url_for("orders.desk_order", code=order.code))


def _place(form, error: DomainError) -> bool:
    """Put the error at the field, line or lot it speaks of; False when this form has no such place."""
    line, lot = getattr(error, "line_id", None), getattr(error, "lot_id", None)
    for name in form._fields:
        if name == error.field or name == f"line_{line}" or name.startswith(f"pick_{line}_") or name.endswith(f"_{lot}"):
            error.field = name
            add_to_form(form, error)
            return True
    return False


def _again(order, form, verb, status: int):
    if order.state not in SOURCES[verb.__name__]:
        flash(_("Đơn hàng đã sang bước khác. Mời bạn xem lại."), "warning")
        return redirect(url_for("orders.desk_order", code=order.code))
    if isinstance(form, RefuseForm):
        return order_page(order, refusal=form, status=status)
    return order_page(order, form=form, status=status)
