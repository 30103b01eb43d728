"""Reviewing listings: the pile, one listing as the buyer would see it, the decision."""

from flask import abort, flash, redirect, render_template, url_for
from flask_login import current_user

from marketplace.catalogue import queries as catalogue
from marketplace.catalogue import services
from marketplace.database import utcnow, vietnam_day
from marketplace.errors import DomainError
from marketplace.i18n import gettext as _
from marketplace.officers import queries as desk
from marketplace.officers.forms import ProductReviewForm
from marketplace.officers.views import bp
from marketplace.sellers.policies import can_review, officer_areas
from marketplace.web.access import role


@bp.get("/quan-ly/san-pham/duyet")
@role("officer")
def products():
    """Submitted listings of the officer's areas, the longest waiting first."""
    rows = desk.products_to_review(areas=officer_areas(current_user))
    return render_template("officers/products.html", rows=rows, today=vietnam_day(utcnow()), vietnam_day=vietnam_day)


@bp.get("/quan-ly/san-pham/<int:product_id>")
@role("officer")
def product(product_id: int):
    """One listing with everything the officer decides on."""
    return _product_page(product_id)


@bp.post("/quan-ly/san-pham/<int:product_id>/quyet-dinh")
@role("officer")
def decide_product(product_id: int):
    """List, reject or take down."""
    form = ProductReviewForm()
    if not form.validate_on_submit():
        return _product_page(product_id, form=form, sentence=str(next(iter(form.errors.values()))[0]))
    named = {"actor": current_user, "product_id": product_id, "now": utcnow()}
    try:
        if form.action.data == "list":
            services.list_product(version=form.version.data, **named)
        elif form.action.data == "reject":
            services.reject_product(reason=form.reason.data or "", version=form.version.data, **named)
        else:
            services.take_down_product(reason=form.reason.data or "", **named)
    except DomainError as error:
        if error.status in {403, 404}:
            raise
        return _product_page(product_id, form=form, sentence=error.render(_), status=error.status)
    flash(_("Đã ghi quyết định và báo cho người bán."), "success")
    return redirect(url_for("officers.products"))


def _product_page(product_id: int, *, form: ProductReviewForm | None = None, sentence: str = "", status: int = 422):
    found = desk.product_area(product_id)
    if found is None:
        abort(404)
    if not can_review(current_user, former_area=found[0]):
        abort(403)
    page = catalogue.product_page(product_id)
    if page is None or page.state == "draft":
        abort(404)
    certificates = catalogue.certificates_of([product_id], vietnam_day(utcnow())).get(product_id, [])
    html = render_template(
        "officers/product.html", product=page, photos=catalogue.photos_of(product_id), certificates=certificates,
        today=vietnam_day(utcnow()), sentence=sentence, typed=(form.reason.data or "") if form else "",
        target=form.action.data if form else "",
    )
    return html, status if form else 200
