"""The field diary on a phone: choose the lot, press the work, say what was used."""

import uuid
from datetime import date, datetime, time

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user

from marketplace.database import VIETNAM, utcnow, vietnam_day
from marketplace.errors import DomainError, NotFound
from marketplace.i18n import gettext as _
from marketplace.lots import labels, queries, services, vocabulary
from marketplace.lots.forms import diary_form
from marketplace.lots.policies import AMENDABLE, DIARISTS
from marketplace.lots.views import bp
from marketplace.lots.views.lots import own_lot, told_entries
from marketplace.sellers.desk import require_member
from marketplace.web.access import signed_in
from marketplace.web.errors import add_to_form

CROPS = ("land_preparation", "sowing", "fertilising", "spraying", "irrigating", "scouting", "harvesting", "packing")
ANIMALS = ("stocking", "feeding", "treatment")
SLUGS = {kind: slug for slug, kind in labels.KIND_SLUGS.items()}


@bp.get("/so-nong-ho")
@signed_in
@require_member(*DIARISTS)
def diary_home():
    """Which lot is it about?"""
    return render_template("lots/diary_home.html", rows=queries.open_lots(g.member.seller_id), words=labels)


@bp.get("/so-nong-ho/<int:lot_id>")
@signed_in
@require_member(*DIARISTS)
def diary(lot_id: int):
    """Big buttons, and what was written so far."""
    row = own_lot(lot_id)
    entries = told_entries(row)
    groups = [] if row.state != "draft" else [CROPS, ANIMALS]
    if row.state == "released":
        groups = [("packing",)]
    return render_template(
        "lots/diary.html", row=row, entries=entries, words=labels, groups=groups, slugs=SLUGS, amendable=row.state in AMENDABLE,
        receipts=queries.lot_receipts(row.id), fresh=request.args.get("moi", ""))


@bp.route("/so-nong-ho/<int:lot_id>/<slug>", methods=["GET", "POST"])
@signed_in
@require_member(*DIARISTS)
def write_diary(lot_id: int, slug: str):
    """One piece of work."""
    row, kind, now = own_lot(lot_id), labels.KIND_SLUGS.get(slug), utcnow()
    if kind is None:
        abort(404)
    form = diary_form(kind, row.measure, row.unit_label)()
    if not form.is_submitted():
        form.happened_on.data, form.client_key.data = vietnam_day(now), uuid.uuid4().hex
    elif form.validate():
        try:
            entry = services.record_diary(
                actor=current_user, seller_id=g.member.seller_id, lot_id=row.id, kind=kind, details=form.details(),
                happened_at=moment_of(form.happened_on.data, now), client_key=form.client_key.data or None, now=now,
                **form.personal())
        except NotFound:
            abort(404)
        except DomainError as error:
            add_to_form(form, error)
        else:
            flash(_("Đã ghi sổ: %(work)s.", work=labels.KINDS[kind]), "success")
            return redirect(url_for("lots.diary", lot_id=row.id, moi=entry.id, _anchor=f"viec-{entry.id}"))
    page = render_template(
        "lots/diary_form.html", form=form, row=row, kind=kind, words=labels, fields=list(vocabulary.FIELDS[kind]))
    return page, 422 if form.errors else 200


def moment_of(day: date, now: datetime) -> datetime:
    """Today's work is dated now, earlier work at noon of its day, a day to come at its first minute."""
    today = vietnam_day(now)
    if day == today:
        return now
    return datetime.combine(day, time(12) if day < today else time(0), VIETNAM)
