"""Registering people who need a hand, and new slips for people who forgot their password."""

from flask import make_response, render_template
from flask_login import current_user

from marketplace.accounts import logins, services
from marketplace.accounts.consents import TEXTS
from marketplace.accounts.forms import AssistedForm, ReissueForm
from marketplace.accounts.views import bp
from marketplace.database import utcnow
from marketplace.errors import DomainError
from marketplace.extensions import limiter
from marketplace.web.access import role
from marketplace.web.errors import add_to_form


@bp.route("/quan-ly/dang-ky-ho", methods=["GET", "POST"])
@role("officer", "helper")
@limiter.limit("120 per hour", methods=["POST"])
def register_assisted():
    """Enter a farmer with the consents read aloud; answers with the slip to print."""
    form = AssistedForm()
    if form.validate_on_submit():
        try:
            slip = services.register_assisted(
                actor=current_user._get_current_object(),
                full_name=form.full_name.data,
                login=form.login.data,
                consents=form.purposes,
                channel=form.channel.data,
                note=form.note.data or "",
                now=utcnow(),
            )
        except DomainError as error:
            add_to_form(form, error)
            return render_template("accounts/register_assisted.html", form=form, texts=TEXTS), error.status
        return _slip_page(slip, "/quan-ly/dang-ky-ho")
    return render_template("accounts/register_assisted.html", form=form, texts=TEXTS), 422 if form.errors else 200


@bp.route("/quan-ly/cap-lai-mat-khau", methods=["GET", "POST"])
@role("officer")
@limiter.limit("60 per hour", methods=["POST"])
def reissue_password():
    """A new one-time password for somebody who stands before the officer."""
    form = ReissueForm()
    if form.validate_on_submit():
        try:
            slip = services.reissue_password(
                actor=current_user._get_current_object(), login=form.login.data, now=utcnow()
            )
        except DomainError as error:
            add_to_form(form, error)
            return render_template("accounts/reissue_password.html", form=form), error.status
        return _slip_page(slip, "/quan-ly/cap-lai-mat-khau")
    return render_template("accounts/reissue_password.html", form=form), 422 if form.errors else 200


def _slip_page(slip: services.Slip, again: str):
    """Shown as the answer itself, not after a redirect: the password is kept nowhere, so this page exists once."""
    response = make_response(
        render_template("accounts/slip.html", slip=slip, login=logins.shown(slip.login), again=again)
    )
    response.headers["Cache-Control"] = "no-store"
    return response
