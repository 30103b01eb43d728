"""Printable labels of a lot: a sheet of 24, or one at a time for a thermal printer of 60 × 40 mm."""

from flask import current_app, render_template, request

from marketplace import provenance
from marketplace.lots import labels as words
from marketplace.lots import qr
from marketplace.lots.views import bp
from marketplace.lots.views.lots import own_lot
from marketplace.sellers.desk import require_member
from marketplace.web.access import signed_in

SHEET = 24
PAPERS = ("a4", "60x40")


@bp.get("/kenh-ban/lo-hang/<int:lot_id>/nhan")
@signed_in
@require_member()
def labels(lot_id: int):
    """The labels as they are printed, under a bar that does not print."""
    row = own_lot(lot_id)
    paper = request.args.get("kho", PAPERS[0])
    paper = paper if paper in PAPERS else PAPERS[0]
    public_url = current_app.extensions["settings"].public_url
    return render_template(
        "lots/labels.html", row=row, paper=paper, count=SHEET if paper == "a4" else 1, words=words,
        grouped=provenance.grouped_code(row.code), host=qr.readable_url(public_url), printers=qr.PRINTERS,
    )
