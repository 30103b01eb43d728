"""Certificates and OCOP recognitions as the seller declares them."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user

from marketplace.database import utcnow, vietnam_day
from marketplace.errors import DomainError, NotFound
from marketplace.extensions import limiter
from marketplace.i18n import gettext as _
from marketplace.sellers import policies, queries, services
from marketplace.sellers.desk import require_member
from marketplace.sellers.forms import CertificateForm
from marketplace.sellers.views import bp
from marketplace.web import uploads
from marketplace.web.access import signed_in
from marketplace.web.errors import add_to_form
from marketplace.web.forms import file_sent


@bp.get("/kenh-ban/chung-nhan")
@signed_in
@require_member(*policies.MANAGERS)
def certificates():
    """All of the seller's certificates with their state today."""
    today = vietnam_day(utcnow())
    return render_template(
        "sellers/certificates.html", rows=queries.certificates(g.member.seller_id, day=today), today=today
    )


@bp.route("/kenh-ban/chung-nhan/moi", methods=["GET", "POST"])
@limiter.limit("60 per hour", methods=["POST"])
@signed_in
@require_member(*policies.MANAGERS)
def add_certificate():
    """Declare one."""
    form = CertificateForm()
    if form.validate_on_submit():
        try:
            services.add_certificate(
                actor=current_user,
                seller_id=g.member.seller_id,
                details=_details(form),
                paper=_paper(form),
                now=utcnow(),
            )
        except DomainError as error:
            add_to_form(form, error)
        else:
            flash(_("Đã lưu chứng nhận. Sở sẽ kiểm tra với nơi cấp."), "success")
            return redirect(url_for("sellers.certificates"))
    return render_template("sellers/certificate_form.html", form=form, row=None), 422 if form.errors else 200


@bp.route("/kenh-ban/chung-nhan/<int:certificate_id>/sua", methods=["GET", "POST"])
@limiter.limit("60 per hour", methods=["POST"])
@signed_in
@require_member(*policies.MANAGERS)
def edit_certificate(certificate_id: int):
    """Correct one that nobody has checked yet."""
    row = _own(certificate_id)
    form = CertificateForm()
    if request.method == "GET":
        form.fill(row)
    if form.validate_on_submit():
        try:
            services.update_certificate(
                actor=current_user,
                seller_id=g.member.seller_id,
                certificate_id=certificate_id,
                details=_details(form),
                paper=_paper(form),
                now=utcnow(),
            )
        except NotFound:
            raise
        except DomainError as error:
            add_to_form(form, error)
        else:
            flash(_("Đã sửa chứng nhận."), "success")
            return redirect(url_for("sellers.certificates"))
    return render_template("sellers/certificate_form.html", form=form, row=row), 422 if form.errors else 200


@bp.get("/kenh-ban/chung-nhan/<int:certificate_id>/tep")
@signed_in
@require_member(*policies.MANAGERS)
def certificate_file(certificate_id: int):
    """One's own certificate as it was kept."""
    key = queries.certificate_file(seller_id=g.member.seller_id, certificate_id=certificate_id)
    if key is None:
        abort(404)
    return uploads.send_paper(key, filename=f"chung-nhan-{certificate_id}", download="tai-ve" in request.args)


def _own(certificate_id: int) -> queries.CertificateRow:
    rows = queries.certificates(g.member.seller_id, day=vietnam_day(utcnow()))
    found = next((row for row in rows if row.id == certificate_id), None)
    return found or abort(404)


def _details(form: CertificateForm) -> services.CertificateDetails:
    return services.CertificateDetails(
        kind=form.kind.data,
        number=form.number.data,
        issuer=form.issuer.data,
        scope=form.scope.data,
        valid_from=form.valid_from.data,
        valid_to=form.valid_to.data,
        stars=int(form.stars.data) if form.stars.data else None,
    )


def _paper(form: CertificateForm) -> uploads.Paper | None:
    return uploads.receive(form.file.data) if file_sent(form.file.data) else None
