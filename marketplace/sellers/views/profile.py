"""The seller's own data: everything while the registration is open, contact data afterwards."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_login import current_user

from marketplace.database import utcnow
from marketplace.errors import DomainError
from marketplace.i18n import gettext as _
from marketplace.sellers import labels, policies, queries, services, tax_code
from marketplace.sellers.desk import require_member
from marketplace.sellers.forms import IdentityForm, ProfileForm, RegistrationForm, fill_contact
from marketplace.sellers.views import bp
from marketplace.sellers.views.registration import details_of
from marketplace.web.access import signed_in
from marketplace.web.errors import add_to_form


@bp.route("/kenh-ban/ho-so", methods=["GET", "POST"])
@signed_in
@require_member(*policies.MANAGERS)
def profile():
    """One page for both: what may be changed depends on the state."""
    seller = queries.get(g.member.seller_id)
    correctable = seller.state in policies.CORRECTABLE
    form = RegistrationForm() if correctable else ProfileForm()
    if request.method == "GET":
        form.fill(seller) if correctable else fill_contact(form, seller)
    if form.validate_on_submit():
        try:
            _save(form, seller.id, correctable=correctable)
        except DomainError as error:
            add_to_form(form, error)
        else:
            flash(_("Đã lưu hồ sơ."), "success")
            return redirect(url_for("sellers.dashboard" if correctable else "sellers.profile"))
    page = render_template(
        "sellers/profile.html", form=form, seller=seller, correctable=correctable, labels=labels, policies=policies
    )
    return page, 422 if form.errors else 200


def _save(form, seller_id: int, *, correctable: bool) -> None:
    if correctable:
        services.update_registration(actor=current_user, seller_id=seller_id, details=details_of(form), now=utcnow())
        return
    contact = services.Contact(
        phone=form.phone.data, email=form.email.data, show_phone=form.show_phone.data,
        address_line=form.address_line.data, place_id=form.place.data, about=form.about.data or "",
    )
    services.update_profile(actor=current_user, seller_id=seller_id, contact=contact)


@bp.route("/kenh-ban/ho-so/doi-ten", methods=["GET", "POST"])
@signed_in
@require_member(*policies.OWNERS)
def identity():
    """Kind, name, tax code of an approved seller: a change sends it back to review."""
    seller = queries.get(g.member.seller_id)
    if seller.state != "approved":
        return redirect(url_for("sellers.profile"))
    form = IdentityForm()
    if request.method == "GET":
        form.kind.data, form.name.data, form.tax_code.data = seller.kind, seller.name, tax_code.printed(seller.tax_code)
    if form.validate_on_submit():
        try:
            services.change_identity(
                actor=current_user, seller_id=seller.id, kind=form.kind.data, name=form.name.data,
                tax_code_text=form.tax_code.data, now=utcnow(),
            )
        except DomainError as error:
            add_to_form(form, error)
        else:
            flash(_("Đã đổi. Mời bạn nộp giấy tờ mới rồi gửi Sở duyệt lại."), "success")
            return redirect(url_for("sellers.papers"))
    return render_template("sellers/identity.html", form=form, seller=seller), 422 if form.errors else 200
