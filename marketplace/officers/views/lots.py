"""A lot's diary as officers and inspectors read it, and their doubts about an entry."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from marketplace import provenance
from marketplace.database import utcnow
from marketplace.errors import DomainError
from marketplace.i18n import gettext as _
from marketplace.lots import labels, queries, services, wording
from marketplace.lots.forms import DoubtForm
from marketplace.lots.policies import can_dispute
from marketplace.officers import queries as desk
from marketplace.officers.views import bp
from marketplace.web.access import role


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
        "officers/lot.html", row=row, entries=entries, words=labels, form=form, sentence=sentence, target=form.entry.data)
    return page, 422 if sentence else 200
