"""Certificates waiting to be checked; officers and inspectors, each within their area."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from marketplace.database import utcnow, vietnam_day
from marketplace.errors import DomainError
from marketplace.i18n import gettext as _
from marketplace.officers import queries as desk
from marketplace.officers.forms import CertificateReviewForm
from marketplace.officers.views import bp
from marketplace.sellers import policies, queries, services
from marketplace.web import uploads
from marketplace.web.access import role


@bp.get("/quan-ly/chung-nhan")
@role("officer", "inspector")
def certificates():
    """What waits."""
    return _page()


@bp.get("/quan-ly/nha-cung-cap/<int:seller_id>/chung-nhan/<int:certificate_id>/tep")
@role("officer", "inspector")
def certificate_file(seller_id: int, certificate_id: int):
    """The certificate as handed in."""
    _within_area(seller_id)
    key = queries.certificate_file(seller_id=seller_id, certificate_id=certificate_id)
    if key is None:
        abort(404)
    return uploads.send_paper(key, filename=f"chung-nhan-{certificate_id}", download="tai-ve" in request.args)


@bp.post("/quan-ly/nha-cung-cap/<int:seller_id>/chung-nhan/<int:certificate_id>")
@role("officer", "inspector")
def review_certificate(seller_id: int, certificate_id: int):
    """Check with the issuer, or revoke with a reason."""
    _within_area(seller_id)
    form, named = CertificateReviewForm(), {"seller_id": seller_id, "certificate_id": certificate_id}
    if not form.validate_on_submit():
        return _page(target=certificate_id, sentence=str(next(iter(form.errors.values()))[0]), typed=form.reason.data)
    try:
        if form.action.data == "check":
            services.check_certificate(actor=current_user, now=utcnow(), **named)
        else:
            services.revoke_certificate(actor=current_user, reason=form.reason.data or "", now=utcnow(), **named)
    except DomainError as error:
        if error.status in {403, 404}:
            raise
        return _page(target=certificate_id, sentence=error.render(_), typed=form.reason.data)
    flash(_("Đã ghi kết quả kiểm tra chứng nhận."), "success")
    return redirect(url_for("officers.certificates"))


def _within_area(seller_id: int) -> None:
    area = desk.seller_area(seller_id)
    if area is None:
        abort(404)
    if not policies.can_check_certificate(current_user, former_area=area):
        abort(403)


def _page(*, target: int = 0, sentence: str = "", typed: str | None = ""):
    today = vietnam_day(utcnow())
    rows = desk.certificates_to_check(areas=policies.officer_areas(current_user, "officer", "inspector"), day=today)
    page = render_template(
        "officers/certificates.html", rows=rows, today=today, target=target, sentence=sentence, typed=typed or ""
    )
    return page, 422 if target else 200
