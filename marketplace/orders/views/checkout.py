"""/thanh-toan: who, where, how paid; one press is one purchase."""

from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user

from marketplace.database import utcnow
from marketplace.errors import DomainError
from marketplace.extensions import limiter
from marketplace.i18n import gettext as _
from marketplace.orders import queries, services
from marketplace.orders.forms import CheckoutForm
from marketplace.orders.services import BasketEmpty, Details, Placed
from marketplace.orders.views import COUNT, basket_token, bp, person, person_id
from marketplace.payments import queries as payments
from marketplace.web.access import public
from marketplace.web.errors import add_to_form
from marketplace.web.logs import request_id


@bp.get("/thanh-toan")
@public
def checkout():
    form = _form()
    form.client_key.data = services.new_client_key()
    if current_user.is_authenticated:
        form.recipient.data, form.phone.data = current_user.full_name, current_user.phone
    return _page(form)


@bp.post("/thanh-toan")
@public
@limiter.limit("30 per minute")
def place():
    form = _form()
    if "recount" in request.form or not form.validate_on_submit():
        return _page(form, 200 if "recount" in request.form else 422)
    try:
        placed = services.place_order(
            buyer=person(), basket_token=basket_token(), details=_details(form), method=form.method.data,
            client_key=form.client_key.data, now=utcnow(), public_url=current_app.extensions["settings"].public_url,
            request_id=request_id(),
        )
    except BasketEmpty as error:
        flash(error.render(_), "warning")
        return redirect(url_for("orders.show_basket"))
    except DomainError as error:
        add_to_form(form, error)
        return _page(form, error.status)
    session[COUNT] = 0
    return redirect(_onward(placed, form.method.data))


def _onward(placed: Placed, method: str) -> str:
    """To the card page while the gateway waits for a card, else to the order's own page."""
    return (payments.pay_page(reference=placed.purchase_code) if method == "card" else None) or placed.next_url


def _form() -> CheckoutForm:
    form = CheckoutForm()
    if not payments.card_available():
        form.method.choices = [choice for choice in form.method.choices if choice.value != "card"]
    return form


def _ways() -> dict[int, str]:
    """Seller id → ship or pickup, as chosen on the page."""
    asked = {name.removeprefix("way-"): value for name, value in request.form.items() if name.startswith("way-")}
    return {int(seller): way for seller, way in asked.items() if seller.isascii() and seller.isdecimal() and len(seller) < 16}


def _details(form: CheckoutForm) -> Details:
    return Details(
        recipient=form.recipient.data, phone=form.phone.data, address_line=form.address_line.data,
        place_id=form.place.data, note=form.note.data or "", ways=_ways(), seal=form.seal.data or "",
    )


def _page(form: CheckoutForm, status: int = 200):
    quote = queries.quote(token=basket_token(), person_id=person_id(), now=utcnow(), ways=_ways())
    if not quote.buyable:
        flash(_("Giỏ hàng có món chưa mua được. Mời bạn xem lại.") if quote.groups else _("Giỏ hàng đang trống."), "warning")
        return redirect(url_for("orders.show_basket"))
    form.seal.data = quote.seal
    return render_template("orders/checkout.html", quote=quote, form=form), status
