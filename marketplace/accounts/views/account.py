"""The account page: own data, consents, devices, password, language, download, closing."""

from flask import Response, abort, flash, json, redirect, render_template, request, session
from flask_login import current_user

from marketplace.accounts import logins, queries, services
from marketplace.accounts.consents import TEXTS
from marketplace.accounts.forms import BareForm, CloseForm, NameForm, PasswordForm
from marketplace.accounts.views import bp, cookie
from marketplace.accounts.words import EVENTS, ROLES
from marketplace.database import utcnow
from marketplace.errors import DomainError
from marketplace.extensions import limiter
from marketplace.i18n import gettext as _
from marketplace.web.access import signed_in
from marketplace.web.errors import add_to_form


def _me():
    return current_user._get_current_object()


def _button_pressed() -> None:
    """A POST that is only a button: the CSRF token must be right."""
    if not BareForm().validate_on_submit():
        abort(400)


@bp.get("/tai-khoan")
@signed_in
def account():
    """Everything the person may see and do about the own account."""
    person = _me()
    return render_template(
        "accounts/account.html",
        person=person,
        form=BareForm(formdata=None),
        texts=TEXTS,
        roles=ROLES,
        events=EVENTS,
        login=logins.shown(person.phone or person.email),
        consents=queries.standing_consents(person_id=person.id),
        sessions=queries.live_sessions(person_id=person.id, key=session.get("key", ""), now=utcnow()),
        history=queries.history(person_id=person.id),
    )


@bp.route("/tai-khoan/ho-ten", methods=["GET", "POST"])
@signed_in
def rename():
    """Correct the name."""
    form = NameForm(data={"full_name": current_user.full_name})
    if form.validate_on_submit():
        services.rename(actor=_me(), full_name=form.full_name.data)
        flash(_("Đã sửa họ tên."), "success")
        return redirect("/tai-khoan")
    return render_template("accounts/rename.html", form=form), 422 if form.errors else 200


@bp.route("/tai-khoan/doi-mat-khau", methods=["GET", "POST"])
@signed_in
@limiter.limit("30 per minute", methods=["POST"])
def change_password():
    """Set a new password; every other device is signed out."""
    form = PasswordForm()
    first = current_user.must_change_password
    if first:
        del form.current
    if form.validate_on_submit():
        passed = session.get("second_factor", False)
        try:
            person = _me()
            key = services.change_password(
                actor=person,
                current="" if first else form.current.data,
                new=form.password.data,
                device=cookie.device(),
                now=utcnow(),
            )
        except DomainError as error:
            add_to_form(form, error)
            return render_template("accounts/change_password.html", form=form, first=first), error.status
        cookie.begin(person=person, key=key, remember=session.permanent, second_factor=passed)
        flash(_("Đã đổi mật khẩu. Các máy khác đã được đăng xuất."), "success")
        return redirect("/tai-khoan")
    return render_template("accounts/change_password.html", form=form, first=first), 422 if form.errors else 200


@bp.post("/tai-khoan/dong-y")
@signed_in
def change_consent():
    """Give (`give`) or take back (`withdraw`) one consent."""
    _button_pressed()
    purpose, giving = request.form.get("purpose", ""), request.form.get("do") == "give"
    verb = services.give_consent if giving else services.withdraw_consent
    try:
        verb(actor=_me(), purpose=purpose, now=utcnow())
    except DomainError as error:
        flash(error.render(_), "error")
    else:
        flash(_("Đã ghi nhận bạn đồng ý.") if giving else _("Đã rút lại đồng ý."), "success")
    return redirect("/tai-khoan#dong-y")


@bp.post("/tai-khoan/thiet-bi")
@signed_in
def end_session():
    """Sign out one device by its number."""
    _button_pressed()
    text = request.form.get("session", "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        abort(404)
    services.end_one_session(actor=_me(), session_id=int(text), now=utcnow())
    flash(_("Đã đăng xuất máy đó."), "success")
    return redirect("/tai-khoan#thiet-bi")


@bp.post("/tai-khoan/dang-xuat-het")
@signed_in
def end_all_sessions():
    """Sign out everywhere, here too."""
    _button_pressed()
    person = _me()
    services.end_all_sessions(person=person, actor=person, now=utcnow())
    cookie.end()
    flash(_("Đã đăng xuất trên mọi máy. Mời bạn đăng nhập lại."), "success")
    return redirect("/dang-nhap")


@bp.post("/tai-khoan/ngon-ngu")
@signed_in
def choose_language():
    """Vietnamese or English, on every device."""
    _button_pressed()
    locale = request.form.get("locale", "")
    services.choose_language(actor=_me(), locale=locale)
    session["lang"] = locale
    return redirect("/tai-khoan")


@bp.post("/tai-khoan/tai-du-lieu")
@signed_in
@limiter.limit("20 per hour")
def download_data():
    """Everything this slice keeps about the person, as a JSON file."""
    _button_pressed()
    person = _me()
    services.note_download(actor=person, now=utcnow())
    body = json.dumps(queries.own_data(person=person), ensure_ascii=False, indent=2)
    return Response(
        body,
        mimetype="application/json",
        headers={"Content-Disposition": "attachment; filename=tai-khoan.json", "Cache-Control": "no-store"},
    )


@bp.route("/tai-khoan/dong", methods=["GET", "POST"])
@signed_in
@limiter.limit("30 per minute", methods=["POST"])
def close_account():
    """Close the account for good."""
    form = CloseForm()
    if form.validate_on_submit():
        try:
            services.close_account(actor=_me(), password=form.current.data, now=utcnow())
        except DomainError as error:
            add_to_form(form, error)
            return render_template("accounts/close.html", form=form), error.status
        cookie.end()
        flash(_("Đã đóng tài khoản. Cảm ơn bạn đã dùng chợ."), "info")
        return redirect("/")
    return render_template("accounts/close.html", form=form), 422 if form.errors else 200
