"""/gio-hang: look at the basket, add, change, take out."""

from flask import flash, redirect, render_template, request, url_for

from marketplace.catalogue import queries as catalogue
from marketplace.database import utcnow
from marketplace.errors import DomainError, NotFound
from marketplace.i18n import gettext as _
from marketplace.money import UnreadableAmount, parse_grams
from marketplace.orders import queries, services
from marketplace.orders.forms import BasketForm
from marketplace.orders.views import basket_token, bp, keep, person_id
from marketplace.web.access import public, safe_next
from marketplace.web.forms import AMOUNT_WORDS


@bp.get("/gio-hang")
@public
def show_basket():
    return _page()


@bp.post("/gio-hang/them")
@public
def add():
    product = _product()
    try:
        quantity = _quantity(product)
        state = services.add_to_basket(
            token=basket_token(), person_id=person_id(), product_id=product.id, quantity=quantity, now=utcnow()
        )
    except (DomainError, UnreadableAmount) as error:
        flash(_words(error), "error")
        return redirect(f"/san-pham/{product.id}-{product.slug}")
    keep(state)
    flash(_("Đã thêm “%(product)s” vào giỏ.", product=product.name), "success")
    return redirect(safe_next(request.form.get("next"), url_for("orders.show_basket")))


@bp.post("/gio-hang/sua")
@public
def change():
    product = _product()
    try:
        quantity = _quantity(product)
        if quantity is None:
            raise UnreadableAmount("unreadable")
        state = services.set_quantity(
            token=basket_token(), person_id=person_id(), product_id=product.id, quantity=quantity, now=utcnow()
        )
    except (DomainError, UnreadableAmount) as error:
        return _page(wrong={product.id: _words(error)}), getattr(error, "status", 422)
    keep(state)
    return redirect(url_for("orders.show_basket"))


@bp.post("/gio-hang/bo")
@public
def take_out():
    product = _product()
    keep(services.remove(token=basket_token(), person_id=person_id(), product_id=product.id, now=utcnow()))
    flash(_("Đã bỏ “%(product)s” ra khỏi giỏ.", product=product.name), "info")
    return redirect(url_for("orders.show_basket"))


def _page(wrong: dict[int, str] | None = None) -> str:
    quote = queries.quote(token=basket_token(), person_id=person_id(), now=utcnow())
    return render_template("orders/basket.html", quote=quote, wrong=wrong or {}, form=BasketForm())


def _product() -> catalogue.Orderable:
    """The product named in the form. Raises NotFound for anything else."""
    text = request.form.get("product_id", "")
    found = catalogue.orderable([int(text)]) if text.isascii() and text.isdecimal() and len(text) <= 15 else {}
    if not found:
        raise NotFound
    return next(iter(found.values()))


def _quantity(product: catalogue.Orderable) -> int | None:
    """Grams or pieces as typed, None when nothing was typed. Raises UnreadableAmount."""
    text = request.form.get("quantity", "").strip()[:40]
    if not text:
        return None
    if product.measure == "mass":
        return parse_grams(text)
    if text.startswith("-"):
        raise UnreadableAmount("negative")
    if not (text.isascii() and text.isdecimal()):
        raise UnreadableAmount("unreadable")
    if len(text) > 12:
        raise UnreadableAmount("too-large")
    return int(text)


def _words(error: DomainError | UnreadableAmount) -> str:
    return error.render(_) if isinstance(error, DomainError) else str(AMOUNT_WORDS[error.reason])
