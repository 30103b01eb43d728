"""Signing in and out."""

from flask import abort, current_app, flash, redirect, render_template, session
from flask_login import current_user

from marketplace.accounts import services
from marketplace.accounts.forms import BareForm, SignInForm
from marketplace.accounts.views import bp, cookie
from marketplace.database import utcnow
from marketplace.errors import DomainError
from marketplace.extensions import limiter
from marketplace.i18n import gettext as _
from marketplace.web.access import public
from marketplace.web.errors import add_to_form


@bp.route("/dang-nhap", methods=["GET", "POST"])
@public
@limiter.limit("60 per minute", methods=["POST"])
def sign_in():
    """Phone number or e-mail, and password; the code of the second factor comes on the next page."""
    target = cookie.next_page()
    if current_user.is_authenticated:
        return redirect(target)
    form = SignInForm()
    if form.validate_on_submit():
        try:
            outcome = services.sign_in(
                login=form.login.data,
                password=form.password.data,
                address=cookie.address(),
                device=cookie.device(),
                remember=form.remember.data,
                now=utcnow(),
                demo_allowed=not current_app.extensions["settings"].production,
            )
        except DomainError as error:
            add_to_form(form, error)
            return _page(form, target), error.status
        return _welcome(outcome, form.remember.data, target)
    return _page(form, target), 422 if form.errors else 200


def _welcome(outcome: services.SignedIn, remember: bool, target: str):
    person = outcome.person
    if outcome.key is None:
        session["half"] = {"who": person.get_id(), "at": utcnow().timestamp(), "remember": remember}
        return redirect(cookie.with_next("/dang-nhap/ma-xac-thuc", target))
    cookie.begin(person=person, key=outcome.key, remember=remember)
    flash(_("Chào %(name)s!", name=person.full_name), "success")
    return redirect(target)


def _page(form: SignInForm, target: str) -> str:
    form.next.data = target
    return render_template("accounts/sign_in.html", form=form, register_href=cookie.with_next("/dang-ky", target))


@bp.post("/dang-xuat")
@public
def sign_out():
    """End this device's session; a copied cookie is worthless afterwards."""
    if not BareForm().validate_on_submit():
        abort(400)
    if session.get("key"):
        services.end_session(key=session["key"], now=utcnow())
    cookie.end()
    flash(_("Bạn đã đăng xuất."), "info")
    return redirect("/")
