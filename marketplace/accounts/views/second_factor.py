"""The second factor: asking for a code, setting up a device, recovery codes."""

import base64
import io
from datetime import UTC, datetime

import qrcode
from flask import flash, redirect, render_template, session
from flask_login import current_user
from qrcode.image.svg import SvgPathImage

from marketplace.accounts import policies, queries
from marketplace.accounts.forms import CodeForm
from marketplace.accounts.services import second_factor as services
from marketplace.accounts.views import bp, cookie
from marketplace.database import utcnow
from marketplace.errors import DomainError
from marketplace.extensions import limiter
from marketplace.i18n import gettext as _
from marketplace.web.access import public, signed_in
from marketplace.web.errors import add_to_form


@bp.route("/dang-nhap/ma-xac-thuc", methods=["GET", "POST"])
@public
@limiter.limit("30 per minute", methods=["POST"])
def second_factor():
    """The code, after the password of a person with a confirmed device, or before an officer's page."""
    target = cookie.next_page()
    half = session.get("half")
    if half is None:
        if not current_user.is_authenticated:
            return redirect(cookie.with_next("/dang-nhap", target))
        if not policies.asks_second_factor(current_user):
            return redirect(cookie.with_next("/tai-khoan/xac-thuc-hai-lop", target))
    form = CodeForm()
    if not form.validate_on_submit():
        return _code_page(form, target), 422 if form.errors else 200
    try:
        _finish(half, form.code.data)
    except services.SignInAgain as error:
        session.pop("half", None)
        flash(error.render(_), "warning")
        return redirect(cookie.with_next("/dang-nhap", target))
    except DomainError as error:
        add_to_form(form, error)
        return _code_page(form, target), error.status
    return redirect(target)


def _finish(half: dict | None, code: str) -> None:
    now = utcnow()
    if half is None:
        services.check(person=current_user._get_current_object(), code=code, now=now)
        session["second_factor"] = True
        return
    person, key = services.finish_sign_in(
        identity=half["who"],
        password_at=datetime.fromtimestamp(half["at"], UTC),
        code=code,
        device=cookie.device(),
        remember=half["remember"],
        now=now,
    )
    cookie.begin(person=person, key=key, remember=half["remember"], second_factor=True)


def _code_page(form: CodeForm, target: str) -> str:
    form.code.data, form.next.data = "", target
    return render_template("accounts/second_factor.html", form=form)


@bp.route("/tai-khoan/xac-thuc-hai-lop", methods=["GET", "POST"])
@signed_in
@limiter.limit("30 per minute", methods=["POST"])
def set_up_second_factor():
    """Scan the picture with an authenticator app and prove it with a first code."""
    target = cookie.next_page()
    person = current_user._get_current_object()
    if policies.asks_second_factor(person):
        left = queries.recovery_codes_left(person_id=person.id)
        return render_template("accounts/second_factor_on.html", form=CodeForm(formdata=None), codes_left=left)
    secret = session.setdefault("new_totp", services.new_secret())
    form = CodeForm()
    if form.validate_on_submit():
        try:
            codes = services.turn_on(actor=person, secret=secret, code=form.code.data, now=utcnow())
        except DomainError as error:
            add_to_form(form, error)
            return _set_up_page(form, secret, target), error.status
        session.pop("new_totp", None)
        session["second_factor"] = True
        return render_template("accounts/recovery_codes.html", codes=codes, next_href=target)
    return _set_up_page(form, secret, target), 422 if form.errors else 200


@bp.post("/tai-khoan/ma-du-phong")
@signed_in
@limiter.limit("30 per minute")
def renew_recovery_codes():
    """New recovery codes against a code of the device; the old ones stop working."""
    person = current_user._get_current_object()
    if not policies.asks_second_factor(person):
        return redirect("/tai-khoan/xac-thuc-hai-lop")
    form = CodeForm()
    if form.validate_on_submit():
        try:
            codes = services.renew_recovery_codes(actor=person, code=form.code.data, now=utcnow())
        except DomainError as error:
            add_to_form(form, error)
        else:
            return render_template("accounts/recovery_codes.html", codes=codes, next_href="/tai-khoan")
    left = queries.recovery_codes_left(person_id=person.id)
    return render_template("accounts/second_factor_on.html", form=form, codes_left=left), 422


def _set_up_page(form: CodeForm, secret: str, target: str) -> str:
    form.code.data, form.next.data = "", target
    uri = services.provisioning_uri(person=current_user, secret=secret)
    return render_template(
        "accounts/second_factor_set_up.html",
        form=form,
        picture=_qr(uri),
        address=uri,
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        compulsory=policies.needs_second_factor(current_user),
    )


def _qr(text: str) -> str:
    """The QR code as an SVG data address."""
    drawn = io.BytesIO()
    qrcode.make(text, image_factory=SvgPathImage, border=4, error_correction=qrcode.constants.ERROR_CORRECT_M).save(
        drawn
    )
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode("ascii")
