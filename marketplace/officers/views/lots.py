"""A lot's diary as officers and inspectors read it, their doubts about an entry, and what an inspector corrects."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from marketplace import provenance
from marketplace.database import utcnow
from marketplace.errors import DomainError
from marketplace.i18n import gettext as _
from marketplace.lots import labels, queries, services, vocabulary, wording
from marketplace.lots.forms import DoubtForm
from marketplace.lots.policies import can_correct, can_dispute
from marketplace.lots.views.amend import correct_page, void_page
from marketplace.officers import queries as desk
from marketplace.officers.views import bp
from marketplace.web.access import role

LAYOUT = "officers/_layout.html"


@bp.get("/quan-ly/lo-hang")
@role("officer", "inspector")
def find_lot():
    """Type the code on the pack."""
    typed = request.args.get("ma", "")[:100]
    code = provenance.parse_code(typed) if typed else None
    if code and desk.lot_to_inspect(code):
        return redirect(url_for("officers.lot", code=code))
    return render_template("officers/find_lot.html", typed=typed), 422 if typed else 200


@bp.get("/quan-ly/lo-hang/<code>")
@role("officer", "inspector")
def lot(code: str):
    """What the seller wrote, with corrections and doubts."""
    return _page(_within_area(code), DoubtForm())


@bp.post("/quan-ly/lo-hang/<code>")
@role("officer", "inspector")
def dispute(code: str):
    """Mark one entry as doubted."""
    row, form = _within_area(code), DoubtForm()
    entry = form.entry.data or ""
    if not form.validate_on_submit():
        return _page(row, form, sentence=str(next(iter(form.errors.values()))[0]))
    if not (entry.isascii() and entry.isdecimal()):
        abort(404)
    try:
        services.dispute_entry(
            actor=current_user, lot_id=row.id, entry_id=int(entry), reason=form.reason.data, now=utcnow())
    except DomainError as error:
        if error.status in {403, 404}:
            raise
        return _page(row, form, sentence=error.render(_))
    flash(_("Đã ghi vào sổ. Trang truy xuất báo cho người mua, người bán thấy để sửa."), "success")
    return redirect(url_for("officers.lot", code=row.code))


@bp.route("/quan-ly/lo-hang/<code>/viec/<int:entry_id>/sua", methods=["GET", "POST"])
@role("inspector")
def correct_entry(code: str, entry_id: int):
    """What the inspector saw at the place, in the words of the log; the producer's own values stay in sight."""
    row, entry = _amendable(code, entry_id)
    return correct_page(row, entry, seller_id=None, back=url_for("officers.lot", code=row.code), layout=LAYOUT)


@bp.route("/quan-ly/lo-hang/<code>/viec/<int:entry_id>/bo", methods=["GET", "POST"])
@role("inspector")
def void_entry(code: str, entry_id: int):
    """It never happened, or not on this lot."""
    row, entry = _amendable(code, entry_id)
    return void_page(row, entry, seller_id=None, back=url_for("officers.lot", code=row.code), layout=LAYOUT)


def _amendable(code: str, entry_id: int) -> tuple[desk.LotInspected, queries.EntryRow]:
    """The entry of a lot in the inspector's area; 404 for what cannot be amended."""
    row = _within_area(code)
    if not can_correct(current_user, former_area=row.former_area):
        abort(403)
    entry = queries.diary_entry(lot_id=row.id, entry_id=entry_id)
    if entry is None or entry.kind not in vocabulary.KINDS:
        abort(404)
    return row, entry


def _within_area(code: str) -> desk.LotInspected:
    row = desk.lot_to_inspect(code)
    if row is None:
        abort(404)
    if not can_dispute(current_user, former_area=row.former_area):
        abort(403)
    return row


def _page(row: desk.LotInspected, form: DoubtForm, *, sentence: str = ""):
    unit = {"measure": row.measure, "unit_label": row.unit_label}
    entries = [
        (
            entry, wording.diary_facts(entry.kind, entry.details, **unit),
            [(change, wording.change_facts(entry.kind, change, **unit)) for change in entry.changes],
        )
        for entry in queries.lot_diary(row.id)
    ]
    page = render_template(
        "officers/lot.html", row=row, entries=entries, words=labels, form=form, sentence=sentence, target=form.entry.data,
        may_correct=can_correct(current_user, former_area=row.former_area))
    return page, 422 if sentence else 200
