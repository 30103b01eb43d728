"""The seller's first page: how the shop stands and what to do next; and choosing among several shops."""

from datetime import timedelta

from flask import abort, g, redirect, render_template, request, session, url_for
from flask_login import current_user

from marketplace.database import utcnow, vietnam_day
from marketplace.sellers import desk, labels, policies, queries
from marketplace.sellers.forms import PressForm
from marketplace.sellers.views import bp
from marketplace.web.access import signed_in

SOON = timedelta(days=60)


@bp.get("/kenh-ban")
@signed_in
@desk.require_member()
def dashboard():
    """State in words, the steps to the first sale, papers and certificates that need attention."""
    today = vietnam_day(utcnow())
    seller = queries.get(g.member.seller_id)
    papers = queries.paper_list(seller.kind, queries.documents(seller.id))
    ending = [
        row for row in queries.certificates(seller.id, day=today)
        if row.state in {"checked", "declared"} and row.valid_to <= today + SOON
    ]
    return render_template(
        "sellers/dashboard.html", seller=seller, papers=papers, ending=ending, today=today, labels=labels,
        own=queries.member_of(current_user.id), manages=g.member.role in policies.MANAGERS, press=PressForm(),
    )


@bp.post("/kenh-ban/doi")
@signed_in
def choose_seller():
    """Act for another of one's sellers."""
    text = request.form.get("seller_id", "")
    chosen = int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else 0
    if not PressForm().validate_on_submit() or queries.membership(person_id=current_user.id, seller_id=chosen) is None:
        abort(404)
    session[desk.SESSION_KEY] = chosen
    return redirect(url_for("sellers.dashboard"))
