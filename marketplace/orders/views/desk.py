"""/kenh-ban/don-hang: the seller's orders by state, one order, the packer's list, the delivery terms."""

from flask import flash, g, redirect, render_template, request, url_for

from marketplace.database import utcnow, vietnam_day
from marketplace.errors import DomainError, NotFound
from marketplace.i18n import gettext as _
from marketplace.lots import queries as lot_queries
from marketplace.orders import labels, queries, services
from marketplace.orders.forms import DeliverForm, DeliveryForm, RefuseForm, ShipForm, accept_form, pack_form
from marketplace.orders.policies import ANSWER_ROLES, HANDLE_ROLES, first_expired_first
from marketplace.orders.queries.desk import TABS, DeskOrder
from marketplace.orders.views import bp, person
from marketplace.payments import queries as payments
from marketplace.sellers.desk import require_member
from marketplace.web.access import signed_in
from marketplace.web.errors import add_to_form
from marketplace.web.paging import page_number


@bp.get("/kenh-ban/don-hang")
@signed_in
@require_member(*HANDLE_ROLES)
def desk_list():
    counts = queries.counts(g.member.seller_id)
    tab = request.args.get("tab", "")
    if tab not in TABS:
        tab = next((name for name in TABS if counts[name]), "moi")
    page = queries.desk_orders(
        seller_id=g.member.seller_id, tab=tab, page=page_number(request.args.get("trang")), total=counts[tab]
    )
    return render_template("orders/desk.html", tab=tab, counts=counts, page=page, labels=labels, now=utcnow())


@bp.get("/kenh-ban/don-hang/<code>")
@signed_in
@require_member(*HANDLE_ROLES)
def desk_order(code: str):
    return order_page(own_order(code))


@bp.get("/kenh-ban/don-hang/in")
@signed_in
@require_member(*HANDLE_ROLES)
def packing_list():
    orders = queries.orders_to_pack(g.member.seller_id)
    return render_template("orders/packing_list.html", orders=orders, labels=labels, now=utcnow())


@bp.route("/kenh-ban/don-hang/giao-hang", methods=["GET", "POST"])
@signed_in
@require_member(*ANSWER_ROLES)
def delivery_terms():
    now = utcnow()
    form = DeliveryForm(obj=queries.delivery_terms(seller_id=g.member.seller_id, now=now))
    if form.validate_on_submit():
        try:
            services.set_delivery(
                actor=person(), seller_id=g.member.seller_id, fee=form.fee.data, free_from=form.free_from.data,
                pickup=form.pickup.data, now=now,
            )
        except DomainError as error:
            add_to_form(form, error)
        else:
            flash(_("Đã lưu cách giao hàng."), "success")
            return redirect(url_for("orders.desk_list"))
    return render_template("orders/delivery.html", form=form), 422 if form.errors else 200


def own_order(code: str) -> DeskOrder:
    """This seller's order; anybody else's, and one the buyer has not paid yet, is 404."""
    order = queries.desk_order(seller_id=g.member.seller_id, code=code) if services.well_formed(code) else None
    if order is None:
        raise NotFound
    return order


def order_page(order: DeskOrder, *, form=None, refusal=None, status: int = 200):
    """One order with the form of its next step; `form` and `refusal` come back with errors."""
    lots = lots_of(order) if order.state == "ACCEPTED" else {}
    return render_template(
        "orders/desk_order.html", order=order, labels=labels, now=utcnow(), lots=lots, form=form or next_form(order, lots),
        refusal=refusal or RefuseForm(formdata=None),
        captured=order.method != "card" or payments.is_captured(reference=order.purchase_code),
    ), status


def next_form(order: DeskOrder, lots: dict[int, list]):
    """The form of the step the order waits for; a bare one where a press is enough."""
    if order.state == "PENDING_SELLER":
        return accept_form(order.lines)
    if order.state == "ACCEPTED":
        packed = [line for line in order.lines if line.promised]
        return pack_form(packed, lots, {line.id: first_expired_first(line.promised, lots[line.id]) for line in packed})
    if order.state in {"SHIPPED", "READY_FOR_PICKUP"}:
        return DeliverForm(data={"collected": order.total})
    return ShipForm()


def lots_of(order: DeskOrder) -> dict[int, list]:
    """Line id → lots it can be packed from, first expired first."""
    day = vietnam_day(utcnow())
    return {
        line.id: lot_queries.lots_for_packing(seller_id=g.member.seller_id, product_id=line.product_id, day=day)
        for line in order.lines if line.promised
    }
