"""/don-hang/<code>: the buyer follows a purchase by link or signed in; /tai-khoan/don-hang lists one's own."""

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user

from marketplace.database import utcnow, vietnam_day
from marketplace.errors import DomainError, NotFound
from marketplace.i18n import gettext as _
from marketplace.orders import labels, queries, services
from marketplace.orders.forms import BasketForm
from marketplace.orders.views import bp, person
from marketplace.payments import queries as payments
from marketplace.web.access import public, signed_in
from marketplace.web.logs import request_id
from marketplace.web.paging import page_number


@bp.get("/don-hang/<code>")
@public
def show_purchase(code: str):
    purchase, token = _opened(code), request.args.get("k", "")
    now = utcnow()
    waiting = purchase.status == "PENDING_PAYMENT"
    page = payments.pay_page(reference=code) if waiting else None
    response = make_response(render_template(
        "orders/purchase.html", purchase=purchase, token=token, now=now, pay_page=page, form=BasketForm(), labels=labels,
        minutes=queries.rules_on(vietnam_day(now))["cancel-minutes"],
        payment=payments.payment_of(reference=code) if purchase.method == "card" else None,
    ))
    response.headers["X-Robots-Tag"] = "noindex"
    if waiting and page is None:
        response.headers["Refresh"] = "5"  # the gateway has not answered yet
    return response


@bp.post("/don-hang/<code>/huy")
@public
def cancel(code: str):
    return _act(code, services.cancel_by_buyer, _("Đã hủy đơn %(code)s."))


@bp.post("/don-hang/<code>/da-nhan")
@public
def received(code: str):
    return _act(code, services.confirm_received, _("Cảm ơn bạn. Đơn %(code)s đã hoàn tất."))


@bp.get("/tai-khoan/don-hang")
@signed_in
def own_purchases():
    page = queries.own_purchases(person_id=current_user.id, page=page_number(request.args.get("trang")))
    return render_template("orders/own.html", page=page, labels=labels)


def _act(code: str, verb, done: str):
    if not services.well_formed(code):
        raise NotFound
    token, order_code = request.form.get("k", "")[:200], request.form.get("order", "")[:40]
    try:
        moved = verb(
            buyer=person(), token=token, purchase_code=code, order_code=order_code, now=utcnow(), request_id=request_id()
        )
    except NotFound:
        raise
    except DomainError as error:
        flash(error.render(_), "warning")
    else:
        flash(done % {"code": moved.code}, "success")
    return redirect(url_for("orders.show_purchase", code=code, k=token or None))


def _opened(code: str):
    """The purchase, if the link's token or the signed-in person opens it; anything else is 404."""
    purchase = queries.purchase_view(code) if services.well_formed(code) else None
    token = request.args.get("k", "")[:200]
    if purchase is None or not services.opens(purchase.token_hash, purchase.buyer_id, token=token, buyer=person()):
        raise NotFound
    return purchase
