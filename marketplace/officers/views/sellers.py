"""Reviewing sellers: the list, one seller with all its papers, the decision."""

import structlog
from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from marketplace.database import utcnow, vietnam_day
from marketplace.errors import DomainError
from marketplace.i18n import gettext as _
from marketplace.officers import queries as desk
from marketplace.officers.forms import DecisionForm, DocumentReviewForm
from marketplace.officers.views import bp
from marketplace.places import queries as places
from marketplace.sellers import labels, policies, queries, services
from marketplace.web import uploads
from marketplace.web.access import role
from marketplace.web.forms import clean_text
from marketplace.web.paging import page_number

log = structlog.get_logger()
REASONED = {
    "refuse": services.refuse,
    "suspend": services.suspend,
    "reinstate": services.reinstate,
    "close": services.close,
}
"""Decisions that need a reason, by the button's value."""


@bp.get("/quan-ly/nha-cung-cap")
@role("officer")
def sellers():
    """Filter by state, kind and text; those waiting on top."""
    asked = {name: clean_text(request.args.get(name, "")) for name in ("tinh-trang", "loai", "q")}
    state = asked["tinh-trang"] if asked["tinh-trang"] in labels.STATES else ""
    kind = asked["loai"] if asked["loai"] in labels.KINDS else ""
    page = queries.for_officers(
        areas=policies.officer_areas(current_user),
        state=state,
        kind=kind,
        text=asked["q"][:100],
        page=page_number(request.args.get("trang")),
    )
    return render_template(
        "officers/sellers.html",
        page=page,
        state=state,
        kind=kind,
        q=asked["q"][:100],
        labels=labels,
        today=vietnam_day(utcnow()),
        vietnam_day=vietnam_day,
    )


@bp.get("/quan-ly/nha-cung-cap/<int:seller_id>")
@role("officer")
def seller(seller_id: int):
    """Everything about one seller."""
    _within_area(seller_id)
    return _seller_page(seller_id)


@bp.get("/quan-ly/nha-cung-cap/<int:seller_id>/giay-to/<int:document_id>/tep")
@role("officer")
def document_file(seller_id: int, document_id: int):
    """A paper, shown in place; who opened it is in the log. Drafts are nobody's business yet."""
    _within_area(seller_id)
    found = queries.document_file(seller_id=seller_id, document_id=document_id)
    if found is None or queries.get(seller_id).state == "draft":
        abort(404)
    log.info("paper-opened", person=current_user.id, seller=seller_id, document=document_id)
    return uploads.send_paper(found[0], filename=f"giay-to-{document_id}", download="tai-ve" in request.args)


@bp.post("/quan-ly/nha-cung-cap/<int:seller_id>/giay-to/<int:document_id>")
@role("officer")
def review_document(seller_id: int, document_id: int):
    """Accept, refuse or reopen one paper."""
    _within_area(seller_id)
    form = DocumentReviewForm()
    if not form.validate_on_submit():
        return _seller_page(seller_id, target=f"giay-to-{document_id}", form=form)
    try:
        if form.action.data == "reopen":
            services.reopen_document(actor=current_user, seller_id=seller_id, document_id=document_id)
        else:
            services.review_document(
                actor=current_user,
                seller_id=seller_id,
                document_id=document_id,
                accepted=form.action.data == "accept",
                reason=form.reason.data or "",
                now=utcnow(),
            )
    except DomainError as error:
        return _refused(error, seller_id, f"giay-to-{document_id}", form)
    flash(_("Đã ghi kết quả xem giấy tờ."), "success")
    return redirect(url_for("officers.seller", seller_id=seller_id, _anchor=f"giay-to-{document_id}"))


@bp.post("/quan-ly/nha-cung-cap/<int:seller_id>/quyet-dinh")
@role("officer")
def decide(seller_id: int):
    """Approve, refuse, suspend, reinstate, close."""
    _within_area(seller_id)
    form = DecisionForm()
    if not form.validate_on_submit():
        return _seller_page(seller_id, target="quyet-dinh", form=form)
    try:
        if form.action.data == "approve":
            services.approve(actor=current_user, seller_id=seller_id, now=utcnow())
        else:
            REASONED[form.action.data](
                actor=current_user, seller_id=seller_id, reason=form.reason.data or "", now=utcnow()
            )
    except DomainError as error:
        return _refused(error, seller_id, f"quyet-dinh-{form.action.data}", form)
    flash(_("Đã ghi quyết định và nhắn cho người bán."), "success")
    return redirect(url_for("officers.seller", seller_id=seller_id))


def _within_area(seller_id: int) -> None:
    area = desk.seller_area(seller_id)
    if area is None:
        abort(404)
    if not policies.can_review(current_user, former_area=area):
        abort(403)


def _refused(error: DomainError, seller_id: int, target: str, form):
    if error.status in {403, 404}:
        raise error
    return _seller_page(seller_id, target=target, form=form, sentence=error.render(_), status=error.status)


def _seller_page(seller_id: int, *, target: str = "", form=None, sentence: str = "", status: int = 422):
    """The page, with one refused form showing what was typed and why it did not go through."""
    row, today = queries.get(seller_id), vietnam_day(utcnow())
    documents = queries.documents(seller_id) if row.state != "draft" else []
    if form is not None and not sentence:
        sentence = next((str(words[0]) for words in form.errors.values()), _("Mời bạn thử lại."))
    page = render_template(
        "officers/seller.html",
        seller=row,
        place=places.label(row.place_id),
        documents=documents,
        listed=queries.paper_list(row.kind, documents),
        certificates=queries.certificates(seller_id, day=today),
        decisions=queries.decisions(seller_id),
        members=queries.members(seller_id),
        lookalikes=queries.lookalikes(row),
        labels=labels,
        today=today,
        target=target,
        sentence=sentence,
        typed=(form.reason.data or "") if form else "",
    )
    return page, status if target else 200
