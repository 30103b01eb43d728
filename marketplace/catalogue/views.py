"""The seller's products: list, write, change, hand in, take off, put back."""

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user

from marketplace.catalogue import labels, queries, services
from marketplace.catalogue.forms import ProductForm, filled
from marketplace.database import utcnow, vietnam_day
from marketplace.errors import DomainError
from marketplace.i18n import current_locale, format_dong
from marketplace.i18n import gettext as _
from marketplace.sellers.desk import require_member
from marketplace.web.access import signed_in
from marketplace.web.errors import add_to_form
from marketplace.web.forms import Form

bp = Blueprint("catalogue", __name__)
LONGEST_ID = 15



@bp.app_template_filter("product_state")
def _product_state(code: str):
    return labels.STATES[code]


@bp.app_template_filter("channel")
def _channel(code: str):
    return labels.CHANNELS.get(code, code)


@bp.get("/kenh-ban/san-pham")
@signed_in
@require_member("owner", "manager")
def products():
    rows = queries.desk_products(g.member.seller_id)
    return render_template("catalogue/products.html", rows=rows, tones=labels.STATE_TONES, form=Form())


@bp.route("/kenh-ban/san-pham/moi", methods=["GET", "POST"])
@signed_in
@require_member("owner", "manager")
def new():
    form = _form(None)
    if form.validate_on_submit():
        try:
            product = services.create_product(
                actor=current_user, seller_id=g.member.seller_id, details=form.details(queries.categories()),
                photos=form.stored, now=utcnow(),
            )
        except DomainError as error:
            add_to_form(form, error)
        else:
            return _saved(product)
    return _page(form, None)


@bp.route("/kenh-ban/san-pham/<int:product_id>", methods=["GET", "POST"])
@signed_in
@require_member("owner", "manager")
def edit(product_id: int):
    product = _own(product_id)
    form = _form(product)
    if form.validate_on_submit():
        try:
            saved = services.update_product(
                actor=current_user, seller_id=g.member.seller_id, product_id=product_id, version=_number(form.version.data),
                details=form.details(queries.categories()), photos=form.stored,
                removed_photos=form.removed_photos.data or (), first_photo=_number(form.first_photo.data), now=utcnow(),
            )
        except DomainError as error:
            add_to_form(form, error)
            return _page(form, product, status=error.status)
        return _saved(saved)
    return _page(form, product)


@bp.post("/kenh-ban/san-pham/<int:product_id>/<any('gui-duyet', 'go', 'ban-lai'):step>")
@signed_in
@require_member("owner", "manager")
def move(product_id: int, step: str):
    verb, words = {
        "gui-duyet": (services.submit_product, _("Đã gửi duyệt. Sở thường trả lời trong một ngày làm việc.")),
        "go": (services.withdraw_product, _("Đã gỡ sản phẩm. Người mua không còn thấy trên chợ.")),
        "ban-lai": (services.relist_product, _("Sản phẩm đã lên chợ trở lại.")),
    }[step]
    _own(product_id)
    try:
        verb(actor=current_user, seller_id=g.member.seller_id, product_id=product_id, now=utcnow())
    except DomainError as error:
        flash(error.render(_), "error")
    else:
        flash(words, "success")
    return redirect(url_for("catalogue.edit", product_id=product_id))


def _own(product_id: int) -> queries.DeskProduct:
    """The current seller's product; 404 for everybody else's."""
    found = None
    if len(str(product_id)) <= LONGEST_ID:
        found = queries.desk_product(seller_id=g.member.seller_id, product_id=product_id)
    return found or abort(404)


def _form(product: queries.DeskProduct | None) -> ProductForm:
    certificates = queries.attachable_certificates(
        g.member.seller_id, day=vietnam_day(utcnow()), linked=product.certificate_ids if product else ()
    )
    return ProductForm(data=filled(product) if product else None).prepare(
        categories=queries.categories(), certificates=certificates, photos=product.photos if product else (),
        locale=current_locale(),
    )


def _page(form: ProductForm, product: queries.DeskProduct | None, status: int = 422):
    page = render_template("catalogue/product_form.html", form=form, product=product, tones=labels.STATE_TONES)
    return page, (status if request.method == "POST" else 200)


def _saved(product):
    """Say what was kept, the price in full (it may have been typed as 35k), then hand in when that was asked for."""
    price = _(" Giá: %(price)s.", price=f"{format_dong(product.price)}/{product.unit_label}") if product.price else ""
    if request.form.get("action") != "submit":
        words = {"submitted": _("Đã lưu. Sản phẩm chờ duyệt."), "listed": _("Đã lưu, người mua thấy ngay.")}
        flash(words.get(product.state, _("Đã lưu bản nháp.")) + price, "success")
        return redirect(url_for("catalogue.edit", product_id=product.id))
    try:
        services.submit_product(actor=current_user, seller_id=product.seller_id, product_id=product.id, now=utcnow())
    except DomainError as error:
        flash(error.render(_) + price, "warning")
        return redirect(url_for("catalogue.edit", product_id=product.id))
    flash(_("Đã gửi duyệt. Sở thường trả lời trong một ngày làm việc.") + price, "success")
    return redirect(url_for("catalogue.products"))


def _number(text: str | int | None) -> int:
    """An id or version from a hidden field; 0 (which fits nothing) when it is no number."""
    if not isinstance(text, str):  # the field was not sent at all, and the form still holds the stored number
        return 0
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID else 0
