"""Lots of the seller: list, making, one lot's page, changing a draft."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user

from marketplace import provenance
from marketplace.database import utcnow, vietnam_day
from marketplace.errors import DomainError, NotFound
from marketplace.i18n import gettext as _
from marketplace.lots import intervals, labels, queries, services, wording
from marketplace.lots.forms import CancelForm, PressForm, ReasonForm, lot_form
from marketplace.lots.models import STATES
from marketplace.lots.policies import AMENDABLE, DIARISTS, EDITORS
from marketplace.lots.views import bp
from marketplace.sellers.desk import require_member
from marketplace.web.access import signed_in
from marketplace.web.errors import add_to_form
from marketplace.web.paging import page_number


@bp.get("/kenh-ban/lo-hang")
@signed_in
@require_member()
def lots():
    """The seller's lots, newest first."""
    state = request.args.get("trang-thai", "")
    state = state if state in STATES else ""
    page = queries.desk_lots(g.member.seller_id, state=state, page=page_number(request.args.get("trang")))
    today = vietnam_day(utcnow())
    return render_template("lots/lots.html", page=page, state=state, words=labels, editors=EDITORS, today=today)


@bp.route("/kenh-ban/lo-hang/tao", methods=["GET", "POST"])
@signed_in
@require_member(*EDITORS)
def new_lot():
    """First the product, then the lot in its unit."""
    products = queries.lot_products(g.member.seller_id)
    chosen = next((p for p in products if str(p.id) == request.args.get("san-pham")), None)
    if chosen is None:
        if request.args.get("san-pham"):
            abort(404)
        return render_template("lots/choose_product.html", products=products)
    form = lot_form(chosen.measure, chosen.unit_label)().offer(queries.growing_areas(g.member.seller_id))
    if form.validate_on_submit():
        try:
            lot = services.create_lot(
                actor=current_user, seller_id=g.member.seller_id, product_id=chosen.id, **form.values(), now=utcnow())
        except DomainError as error:
            add_to_form(form, error)
        else:
            flash(_("Đã tạo lô %(number)s. Bà con ghi sổ rồi phát hành khi thu hoạch xong.", number=lot.number), "success")
            return redirect(url_for("lots.lot", lot_id=lot.id))
    return render_template("lots/lot_form.html", form=form, product=chosen, row=None), 422 if form.errors else 200


@bp.get("/kenh-ban/lo-hang/<int:lot_id>")
@signed_in
@require_member()
def lot(lot_id: int):
    """One lot: its state, what is left, its diary, the next steps."""
    row = own_lot(lot_id)
    entries = told_entries(row)
    return render_template(
        "lots/lot.html", row=row, entries=entries, words=labels, press=PressForm(), reason=ReasonForm(), cancel=CancelForm(),
        harvested=queries.harvested(row.id), too_much=looks_too_much(row), grouped=provenance.grouped_code(row.code),
        receipts=queries.lot_receipts(row.id),
        may_edit=g.member.role in EDITORS, may_write=g.member.role in DIARISTS, amendable=row.state in AMENDABLE,
    )


@bp.route("/kenh-ban/lo-hang/<int:lot_id>/sua", methods=["GET", "POST"])
@signed_in
@require_member(*EDITORS)
def edit_lot(lot_id: int):
    """Change a draft."""
    row = own_lot(lot_id)
    form = lot_form(row.measure, row.unit_label)().offer(queries.growing_areas(g.member.seller_id))
    if not form.is_submitted():
        form.growing_area.data = str(row.growing_area_id or "")
        form.started_on.data, form.best_before.data = row.started_on, row.best_before
        form.quantity.data = row.quantity or None
    elif form.validate():
        try:
            services.update_lot(
                actor=current_user, seller_id=g.member.seller_id, lot_id=lot_id, **form.values(), now=utcnow())
        except NotFound:
            abort(404)
        except DomainError as error:
            add_to_form(form, error)
        else:
            flash(_("Đã lưu lô hàng."), "success")
            return redirect(url_for("lots.lot", lot_id=lot_id))
    return render_template("lots/lot_form.html", form=form, product=None, row=row), 422 if form.errors else 200


def own_lot(lot_id: int) -> queries.LotPage:
    """The lot of the current seller; 404 for anybody else's."""
    row = queries.lot_page(lot_id=lot_id, seller_id=g.member.seller_id)
    if row is None:
        abort(404)
    return row


def told_entries(row: queries.LotPage) -> list[tuple]:
    """The lot's diary as its templates take it: entry, facts as they count, and (change, what it changed) of each."""
    unit, belongs = {"measure": row.measure, "unit_label": row.unit_label}, queries.lot_personal(row.id)
    return [
        (
            entry, wording.diary_facts(entry.kind, entry.details, **unit) + wording.personal_facts(belongs.get(entry.id, ())),
            [(change, wording.change_facts(entry.kind, change, **unit)) for change in entry.changes],
        )
        for entry in queries.lot_diary(row.id)
    ]


def looks_too_much(row: queries.LotPage) -> bool:
    """A hint, not a refusal: more than any field of this size gives."""
    grams = row.quantity if row.measure == "mass" else row.quantity * (row.grams_per_piece or 0)
    return intervals.looks_too_much(grams=grams, square_metres=row.square_metres or 0)
