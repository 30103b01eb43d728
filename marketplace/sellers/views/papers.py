"""Handing in papers, and handing in the registration."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user

from marketplace.database import utcnow
from marketplace.errors import DomainError, NotFound
from marketplace.extensions import limiter
from marketplace.i18n import gettext as _
from marketplace.sellers import labels, policies, queries, services
from marketplace.sellers.desk import require_member
from marketplace.sellers.forms import DocumentForm, PressForm
from marketplace.sellers.views import bp
from marketplace.web import uploads
from marketplace.web.access import signed_in
from marketplace.web.errors import add_to_form


@bp.route("/kenh-ban/giay-to", methods=["GET", "POST"])
@limiter.limit("60 per hour", methods=["POST"])
@signed_in
@require_member(*policies.MANAGERS)
def papers():
    """The list of papers with their state, and one upload at a time."""
    member = g.member
    listed = queries.paper_list(member.seller_kind, queries.documents(member.seller_id))
    form = DocumentForm().for_seller(member.seller_kind, [paper.kind for paper in listed])
    if form.validate_on_submit():
        try:
            services.add_document(
                actor=current_user,
                seller_id=member.seller_id,
                kind=form.kind.data,
                paper=uploads.receive(form.file.data),
                now=utcnow(),
            )
        except DomainError as error:
            add_to_form(form, error)
        else:
            flash(_("Đã nộp. Sở sẽ xem từng giấy tờ."), "success")
            return redirect(url_for("sellers.papers"))
    if not form.is_submitted():
        form.kind.data = next((p.kind for p in listed if p.state in {"missing", "refused"}), listed[-1].kind)
    return _papers_page(form, listed)


def _papers_page(form: DocumentForm, listed: list[queries.PaperStatus]):
    page = render_template(
        "sellers/papers.html", form=form, listed=listed, documents=queries.documents(g.member.seller_id), labels=labels,
        press=PressForm(), seller=queries.get(g.member.seller_id),
    )
    return page, 422 if form.errors else 200


@bp.get("/kenh-ban/giay-to/<int:document_id>/tep")
@signed_in
@require_member(*policies.MANAGERS)
def paper_file(document_id: int):
    """One's own paper as it was kept."""
    found = queries.document_file(seller_id=g.member.seller_id, document_id=document_id)
    if found is None:
        abort(404)
    return uploads.send_paper(found[0], filename=f"giay-to-{document_id}", download="tai-ve" in request.args)


@bp.post("/kenh-ban/giay-to/<int:document_id>/bo")
@signed_in
@require_member(*policies.MANAGERS)
def withdraw_paper(document_id: int):
    """Take back a paper nobody has looked at."""
    try:
        services.withdraw_document(actor=current_user, seller_id=g.member.seller_id, document_id=document_id)
        flash(_("Đã bỏ giấy tờ."), "success")
    except NotFound:
        raise
    except DomainError as error:
        flash(error.render(_), "error")
    return redirect(url_for("sellers.papers"))


@bp.post("/kenh-ban/gui-duyet")
@signed_in
@require_member(*policies.MANAGERS)
def submit():
    """Hand the registration to the department."""
    try:
        services.submit(actor=current_user, seller_id=g.member.seller_id, now=utcnow())
    except DomainError as error:
        flash(error.render(_), "error")
        return redirect(url_for("sellers.papers"))
    flash(_("Đã gửi hồ sơ. Sở Công Thương sẽ xem và báo lại cho bạn."), "success")
    return redirect(url_for("sellers.dashboard"))
