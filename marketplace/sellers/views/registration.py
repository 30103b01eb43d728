"""Becoming a seller: what is needed in plain words, then one short form that opens the draft."""

from flask import abort, flash, redirect, render_template, request, session, url_for
from flask_login import current_user

from marketplace.database import utcnow
from marketplace.errors import DomainError
from marketplace.extensions import limiter
from marketplace.i18n import gettext as _
from marketplace.sellers import desk, labels, policies, queries, services
from marketplace.sellers.forms import NewRegistrationForm
from marketplace.sellers.views import bp
from marketplace.web.access import public, signed_in
from marketplace.web.errors import add_to_form


@bp.get("/dang-ky-ban-hang")
@public
def register_intro():
    """Who can sell and which papers each kind needs."""
    own = queries.member_of(current_user.id) if current_user.is_authenticated else []
    return render_template("sellers/register.html", labels=labels, policies=policies, own=own)


@bp.route("/dang-ky-ban-hang/ho-so", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
@signed_in
def register():
    """Step 2: who you are. `loai` says which kind was chosen in step 1."""
    form = NewRegistrationForm()
    if request.method == "GET":
        form.kind.data = request.args.get("loai")
        form.phone.data = current_user.phone
    if form.kind.data not in labels.KINDS:
        return redirect(url_for("sellers.register_intro"))
    if form.validate_on_submit():
        try:
            seller = services.register(
                actor=current_user, details=details_of(form), consent=form.consent.data, now=utcnow()
            )
        except DomainError as error:
            add_to_form(form, error)
        else:
            session[desk.SESSION_KEY] = seller.id
            flash(_("Đã lưu. Tiếp theo mời bạn nộp giấy tờ."), "success")
            return redirect(url_for("sellers.papers"))
    return render_template("sellers/register_form.html", form=form, labels=labels, policies=policies), _status(form)


def details_of(form) -> services.Details:
    """The registration form's values for the service."""
    return services.Details(
        kind=form.kind.data, name=form.name.data, tax_code=form.tax_code.data, phone=form.phone.data,
        email=form.email.data, show_phone=form.show_phone.data, address_line=form.address_line.data,
        place_id=form.place.data, about=form.about.data or "",
    )


def _status(form) -> int:
    return 422 if form.errors else 200


@bp.route("/kenh-ban/loi-moi/<token>", methods=["GET", "POST"])
@limiter.limit("30 per hour")
@signed_in
def take_up_invitation(token: str):
    """The link somebody was sent: says what it is, and joins on the button."""
    invitation = queries.open_invitation(token=token, now=utcnow())
    if invitation is None:
        abort(404)
    if request.method == "POST":
        seller_id = services.accept_invitation(actor=current_user, token=token, now=utcnow())
        session[desk.SESSION_KEY] = seller_id
        flash(_("Bạn đã vào gian hàng."), "success")
        return redirect(url_for("sellers.dashboard"))
    return render_template("sellers/invitation.html", invitation=invitation, role=labels.ROLES[invitation.role])
