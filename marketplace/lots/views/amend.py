"""Correcting a diary entry and taking one back, on a phone."""

import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Protocol

from flask import abort, flash, g, redirect, render_template, url_for
from flask_login import current_user

from marketplace.database import utcnow, vietnam_day
from marketplace.errors import DomainError, Forbidden, NotFound
from marketplace.i18n import gettext as _
from marketplace.lots import labels, queries, services, vocabulary, wording
from marketplace.lots.forms import VoidForm, correction_form
from marketplace.lots.policies import AMENDABLE, DIARISTS
from marketplace.lots.views import bp
from marketplace.lots.views.diary import moment_of
from marketplace.lots.views.lots import own_lot
from marketplace.sellers.desk import require_member
from marketplace.web.access import signed_in
from marketplace.web.errors import add_to_form

DESK = "sellers/_desk.html"


class LotShown(Protocol):
    """What the forms need of a lot: the seller's own, or one that an inspector looks at."""

    id: int
    number: str
    state: str
    product: str
    measure: str
    unit_label: str


@bp.route("/so-nong-ho/<int:lot_id>/viec/<int:entry_id>/sua", methods=["GET", "POST"])
@signed_in
@require_member(*DIARISTS)
def correct_diary(lot_id: int, entry_id: int):
    """What was really done; what was written first stays in sight."""
    row, entry = _own_entry(lot_id, entry_id)
    return correct_page(row, entry, seller_id=g.member.seller_id, back=url_for("lots.diary", lot_id=row.id))


@bp.route("/so-nong-ho/<int:lot_id>/viec/<int:entry_id>/bo", methods=["GET", "POST"])
@signed_in
@require_member(*DIARISTS)
def void_diary(lot_id: int, entry_id: int):
    """It never happened, or not on this lot."""
    row, entry = _own_entry(lot_id, entry_id)
    return void_page(row, entry, seller_id=g.member.seller_id, back=url_for("lots.diary", lot_id=row.id))


def correct_page(row: LotShown, entry: queries.EntryRow, *, seller_id: int | None, back: str, layout: str = DESK):
    """The form that corrects an entry the caller has found to be within reach; then `back`. `seller_id` None: as inspector."""
    form, now = correction_form(entry.kind, row.measure, row.unit_label)(), utcnow()
    if not form.is_submitted():
        form.fill(vietnam_day(entry.happened_at), entry.details)
    elif form.validate() and _done(form, lambda: services.correct_entry(
        actor=current_user, seller_id=seller_id, lot_id=row.id, entry_id=entry.id, details=form.details(),
        happened_at=_moment(entry, form.happened_on.data, now), reason=form.reason.data, seen=form.version,
        client_key=form.client_key.data or None, now=now), _("Đã sửa. Người mua thấy cả số cũ và số mới.")):
        return redirect(back)
    fields = list(vocabulary.FIELDS[entry.kind])
    return _page("lots/correct_form.html", form, entry, back, row=row, layout=layout, fields=fields)


def void_page(row: LotShown, entry: queries.EntryRow, *, seller_id: int | None, back: str, layout: str = DESK):
    """The form that takes an entry back; as `correct_page`."""
    form, now = VoidForm(), utcnow()
    if form.validate_on_submit() and _done(form, lambda: services.void_entry(
        actor=current_user, seller_id=seller_id, lot_id=row.id, entry_id=entry.id, reason=form.reason.data,
        seen=form.version, client_key=form.client_key.data or None, now=now), _("Đã bỏ việc ghi nhầm.")):
        return redirect(back)
    facts = wording.diary_facts(entry.kind, entry.details, measure=row.measure, unit_label=row.unit_label)
    return _page("lots/void_form.html", form, entry, back, row=row, layout=layout, facts=facts)


def _own_entry(lot_id: int, entry_id: int) -> tuple[queries.LotPage, queries.EntryRow]:
    """The entry of the current seller's lot; 404 for anybody else's, and for what cannot be amended."""
    row = own_lot(lot_id)
    entry = queries.diary_entry(lot_id=row.id, entry_id=entry_id)
    if entry is None or entry.kind not in vocabulary.KINDS or row.state not in AMENDABLE:
        abort(404)
    return row, entry


def _moment(entry: queries.EntryRow, day: date, now: datetime) -> datetime:
    """The same day keeps its hour."""
    return entry.happened_at if day == vietnam_day(entry.happened_at) else moment_of(day, now)


def _done(form, call: Callable[[], services.Amended], words: str) -> bool:
    """Do it and say so; a refusal is put on the form."""
    try:
        amended = call()
    except (NotFound, Forbidden) as error:
        abort(error.status)
    except DomainError as error:
        add_to_form(form, error)
        return False
    flash(words, "success")
    if amended.stopped:
        flash(_("Lô này tạm ngừng bán.") + " " + amended.stopped.render(_), "error")
    return True


def _page(template: str, form, entry: queries.EntryRow, back: str, **more):
    if not form.is_submitted() and entry.voided_at:
        flash(_("Việc này đã được bỏ trước đó."), "error")
        return redirect(back)
    if not form.is_submitted():
        form.seen.data, form.client_key.data = str(len(entry.changes)), uuid.uuid4().hex
    page = render_template(template, form=form, entry=entry, back=back, words=labels, **more)
    return page, 422 if form.errors else 200
