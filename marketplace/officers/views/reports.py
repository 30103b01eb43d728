"""Problem reports from the trace pages: the list, one report, the answer."""

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from marketplace.database import utcnow, vietnam_day
from marketplace.errors import DomainError
from marketplace.i18n import gettext as _
from marketplace.officers import labels, queries, services
from marketplace.officers.forms import ReportForm
from marketplace.officers.views import bp
from marketplace.sellers.policies import officer_areas
from marketplace.web.access import role
from marketplace.web.errors import add_to_form
from marketplace.web.paging import page_number


@bp.get("/quan-ly/phan-anh")
@role("officer")
def reports():
    """Open ones first, the oldest on top."""
    state = request.args.get("tinh-trang", "")
    state = state if state in labels.REPORT_STATES else ""
    page = queries.reports(areas=officer_areas(current_user), state=state, page=page_number(request.args.get("trang")))
    return render_template(
        "officers/reports.html",
        page=page,
        state=state,
        labels=labels,
        today=vietnam_day(utcnow()),
        vietnam_day=vietnam_day,
    )


@bp.route("/quan-ly/phan-anh/<int:report_id>", methods=["GET", "POST"])
@role("officer")
def report(report_id: int):
    """One report and its answer."""
    row = queries.report(report_id, areas=officer_areas(current_user))
    if row is None:
        abort(404)
    form = ReportForm()
    if form.validate_on_submit():
        try:
            services.answer_report(
                actor=current_user,
                report_id=report_id,
                state=form.state.data,
                answer=form.answer.data or "",
                now=utcnow(),
            )
        except DomainError as error:
            add_to_form(form, error)
        else:
            flash(_("Đã ghi kết quả xử lý phản ánh."), "success")
            return redirect(url_for("officers.reports"))
    return render_template("officers/report.html", row=row, form=form, labels=labels), 422 if form.errors else 200


@bp.get("/quan-ly/phan-anh/<int:report_id>/bang-chung")
@role("officer")
def report_evidence(report_id: int):
    """The file the reporter's phone saved, to be checked with the command of docs/log.md §9; only ever downloaded."""
    text = queries.report_evidence(report_id, areas=officer_areas(current_user))
    if text is None:
        abort(404)
    response = Response(text, mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="bang-chung-{report_id}.json"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response
