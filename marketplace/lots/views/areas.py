"""Growing areas of the seller."""

from flask import abort, flash, g, redirect, render_template, url_for
from flask_login import current_user

from marketplace.database import utcnow
from marketplace.errors import DomainError, NotFound
from marketplace.i18n import gettext as _
from marketplace.lots import labels, queries, services
from marketplace.lots.forms import AreaForm, PressForm
from marketplace.lots.policies import DIARISTS, EDITORS
from marketplace.lots.views import bp
from marketplace.sellers.desk import require_member
from marketplace.web.access import signed_in
from marketplace.web.errors import add_to_form


@bp.get("/kenh-ban/vung-trong")
@signed_in
@require_member(*DIARISTS)
def areas():
    """The areas in use."""
    rows = queries.growing_areas(g.member.seller_id)
    return render_template("lots/areas.html", rows=rows, words=labels, press=PressForm(), editors=EDITORS)


@bp.route("/kenh-ban/vung-trong/them", methods=["GET", "POST"])
@signed_in
@require_member(*EDITORS)
def new_area():
    """A new area."""
    form = AreaForm()
    if form.validate_on_submit():
        try:
            services.create_growing_area(actor=current_user, seller_id=g.member.seller_id, **form.values(), now=utcnow())
        except DomainError as error:
            add_to_form(form, error)
        else:
            flash(_("Đã lưu vùng trồng."), "success")
            return redirect(url_for("lots.areas"))
    return render_template("lots/area_form.html", form=form, row=None), 422 if form.errors else 200


@bp.route("/kenh-ban/vung-trong/<int:area_id>", methods=["GET", "POST"])
@signed_in
@require_member(*EDITORS)
def edit_area(area_id: int):
    """Change an area."""
    row = queries.growing_area(area_id=area_id, seller_id=g.member.seller_id)
    if row is None:
        abort(404)
    form = AreaForm()
    if not form.is_submitted():
        form.fill(row)
    elif form.validate():
        try:
            services.update_growing_area(
                actor=current_user, seller_id=g.member.seller_id, area_id=area_id, **form.values())
        except DomainError as error:
            add_to_form(form, error)
        else:
            flash(_("Đã lưu vùng trồng."), "success")
            return redirect(url_for("lots.areas"))
    return render_template("lots/area_form.html", form=form, row=row), 422 if form.errors else 200


@bp.post("/kenh-ban/vung-trong/<int:area_id>/bo")
@signed_in
@require_member(*EDITORS)
def retire_area(area_id: int):
    """No new lots from this area; old ones keep it."""
    try:
        services.retire_growing_area(
            actor=current_user, seller_id=g.member.seller_id, area_id=area_id, now=utcnow())
    except NotFound:
        abort(404)
    flash(_("Đã ngừng dùng vùng trồng này. Các lô cũ vẫn giữ thông tin."), "success")
    return redirect(url_for("lots.areas"))
