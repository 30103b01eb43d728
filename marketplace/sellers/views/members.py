"""The people of a seller: invite, change role, take out, leave."""

from flask import current_app, flash, g, redirect, render_template, url_for
from flask_login import current_user

from marketplace.database import utcnow
from marketplace.errors import DomainError, NotFound
from marketplace.extensions import limiter
from marketplace.i18n import gettext as _
from marketplace.sellers import labels, policies, queries, services
from marketplace.sellers.desk import require_member
from marketplace.sellers.forms import InviteForm, PressForm, RoleForm
from marketplace.sellers.views import bp
from marketplace.web.access import signed_in
from marketplace.web.errors import add_to_form


@bp.route("/kenh-ban/thanh-vien", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
@signed_in
@require_member(*policies.MANAGERS)
def members():
    """Everybody in the seller; owners may invite."""
    form, link = InviteForm(), None
    if g.member.role == "owner" and form.validate_on_submit():
        try:
            link = _invite(form)
        except DomainError as error:
            add_to_form(form, error)
        else:
            form = InviteForm(formdata=None)
    rows = [
        (row, RoleForm(formdata=None, role=row.role, prefix=f"p{row.person_id}-"))
        for row in queries.members(g.member.seller_id)
    ]
    page = render_template(
        "sellers/members.html", form=form, link=link, labels=labels, press=PressForm(), rows=rows,
        invitations=queries.invitations(seller_id=g.member.seller_id, now=utcnow()),
    )
    return page, 422 if form.errors else 200


def _invite(form: InviteForm) -> str:
    """The link, for this one answer only: its secret is not stored, so it cannot be shown after a redirect."""
    base = f"{current_app.extensions['settings'].public_url}/kenh-ban/loi-moi/"
    invited = services.invite(
        actor=current_user, seller_id=g.member.seller_id, login=form.login.data, role=form.role.data, link_base=base,
        now=utcnow(),
    )
    return base + invited.token


@bp.post("/kenh-ban/thanh-vien/<int:person_id>/vai-tro")
@signed_in
@require_member(*policies.OWNERS)
def change_role(person_id: int):
    """Another role for a member."""
    form = RoleForm(prefix=f"p{person_id}-")
    if not form.validate_on_submit():
        flash(_("Mời bạn chọn vai trò trong danh sách."), "error")
        return redirect(url_for("sellers.members"))
    return _done(
        lambda: services.change_role(
            actor=current_user, seller_id=g.member.seller_id, person_id=person_id, role=form.role.data
        ),
        _("Đã đổi vai trò."),
    )


@bp.post("/kenh-ban/thanh-vien/<int:person_id>/bo")
@signed_in
@require_member()
def remove_member(person_id: int):
    """Take somebody out; anybody may leave."""
    return _done(
        lambda: services.remove_member(actor=current_user, seller_id=g.member.seller_id, person_id=person_id),
        _("Đã đưa ra khỏi gian hàng."),
    )


@bp.post("/kenh-ban/thanh-vien/loi-moi/<int:invitation_id>/huy")
@signed_in
@require_member(*policies.OWNERS)
def withdraw_invitation(invitation_id: int):
    """Make an invitation's link worthless."""
    return _done(
        lambda: services.withdraw_invitation(
            actor=current_user, seller_id=g.member.seller_id, invitation_id=invitation_id, now=utcnow()
        ),
        _("Đã hủy lời mời."),
    )


def _done(verb, sentence: str):
    try:
        verb()
    except NotFound:
        raise
    except DomainError as error:
        if error.status == 403:
            raise
        flash(error.render(_), "error")
    else:
        flash(sentence, "success")
    return redirect(url_for("sellers.members"))
