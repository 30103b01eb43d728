"""Opening one's own account."""

from flask import flash, redirect, render_template
from flask_login import current_user

from marketplace.accounts import services
from marketplace.accounts.forms import RegisterForm
from marketplace.accounts.views import bp, cookie
from marketplace.database import utcnow
from marketplace.errors import DomainError
from marketplace.extensions import limiter
from marketplace.i18n import current_locale
from marketplace.i18n import gettext as _
from marketplace.web.access import public
from marketplace.web.errors import add_to_form


@bp.route("/dang-ky", methods=["GET", "POST"])
@public
@limiter.limit("20 per hour", methods=["POST"])
def register():
    """Name, phone number or e-mail, password, consents; signed in at once."""
    target = cookie.next_page()
    if current_user.is_authenticated:
        return redirect(target)
    form = RegisterForm()
    if form.validate_on_submit():
        now = utcnow()
        try:
            person = services.register(
                full_name=form.full_name.data,
                login=form.login.data,
                password=form.password.data,
                consents=form.purposes,
                locale=current_locale(),
                now=now,
            )
        except DomainError as error:
            add_to_form(form, error)
            return _page(form, target), error.status
        key = services.open_session(person=person, device=cookie.device(), remember=True, now=now)
        cookie.begin(person=person, key=key, remember=True)
        flash(_("Đã mở tài khoản. Chào mừng %(name)s!", name=person.full_name), "success")
        return redirect(target)
    return _page(form, target), 422 if form.errors else 200


def _page(form: RegisterForm, target: str) -> str:
    form.next.data = target
    return render_template("accounts/register.html", form=form, sign_in_href=cookie.with_next("/dang-nhap", target))
