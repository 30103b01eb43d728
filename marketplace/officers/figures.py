"""The officer's figures: headline, breakdowns as table and chart, CSV of the same rows; outreach records."""

import csv
import io
from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask_login import current_user
from wtforms.fields import SelectChoice

from marketplace.catalogue import queries as catalogue
from marketplace.database import utcnow, vietnam_day
from marketplace.errors import DomainError
from marketplace.i18n import current_locale, format_count, format_dong
from marketplace.i18n import gettext as _
from marketplace.i18n import lazy_gettext as _l
from marketplace.places import queries as places
from marketplace.statistics import labels, services
from marketplace.statistics.forms import OutreachForm, PeriodForm
from marketplace.statistics.queries import figures, period
from marketplace.statistics.queries.metrics import METRICS
from marketplace.web.access import public, role
from marketplace.web.errors import add_to_form

bp = Blueprint("figures", __name__)
COLUMNS = (_l("Giao dịch"), _l("Giá trị (đồng)"), _l("Khối lượng (kg)"), _l("Số lượng tính theo cái, hộp"))


@dataclass(frozen=True)
class Report:
    """One page of figures, shared by HTML and CSV."""

    period: period.Period
    overview: figures.Overview
    dimension: str
    rows: list[tuple[str, figures.SalesRow]]


def _report() -> tuple[Report, PeriodForm]:
    form = PeriodForm(request.args)
    today = vietnam_day(utcnow())
    form.validate()
    asked = period.read(key=form.ky.data, first=form.tu.data, last=form.den.data, today=today)
    dimension = request.args.get("theo", "month")
    if dimension not in figures.DIMENSIONS:
        dimension = "month"
    names = {shelf.id: shelf.title(current_locale()) for shelf in catalogue.categories()}
    rows = [(labels.word(dimension, row.label, names), row) for row in figures.sales_by(dimension, asked)]
    return Report(asked, figures.overview(asked), dimension, rows), form


def _kind_rows(overview: figures.Overview) -> list[list[str]]:
    return [[str(labels.SELLER_KINDS[kind]), format_count(number)] for kind, number in overview.sellers_by_kind.items()]


def _chart_rows(rows) -> list[tuple[str, int, str]]:
    return [(label, row.dong, format_dong(row.dong)) for label, row in rows]


def _tables(report: Report) -> dict:
    """The report's rows as text for the table and chart macros."""
    rows = [row for _label, row in report.rows]
    return {
        "kind_rows": _kind_rows(report.overview),
        "chart_rows": _chart_rows(report.rows),
        "sales_rows": [
            [
                label,
                format_count(r.transactions),
                format_count(r.dong),
                format_count(r.grams // 1000),
                format_count(r.pieces),
            ]
            for label, r in report.rows
        ],
        "sales_foot": [
            _("Cộng"),
            format_count(sum(r.transactions for r in rows)),
            format_count(sum(r.dong for r in rows)),
            format_count(sum(r.grams for r in rows) // 1000),
            format_count(sum(r.pieces for r in rows)),
        ],
        "visit_rows": [
            (labels.word("month", month, {}), number, format_count(number))
            for month, number in figures.visits_by_month(report.period)
        ],
    }


def _tabs(report: Report, key: str | None) -> list[tuple]:
    query = f"ky={key or ''}&tu={report.period.first}&den={report.period.last}"
    return [
        (f"/quan-ly/so-lieu?{query}&theo={name}", str(words), name == report.dimension, None)
        for name, words in labels.DIMENSIONS.items()
    ]


@bp.get("/quan-ly/so-lieu")
@role("officer", "operator")
def page():
    report, form = _report()
    return render_template(
        "officers/figures.html",
        report=report,
        form=form,
        metrics=METRICS,
        dimensions=labels.DIMENSIONS,
        columns=COLUMNS,
        tab_rows=_tabs(report, form.ky.data),
        made_at=utcnow(),
        **_tables(report),
    )


@bp.get("/quan-ly/so-lieu.csv")
@role("officer", "operator")
def as_csv():
    report, _form = _report()
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_("Kỳ"), f"{report.period.first:%d/%m/%Y}", f"{report.period.last:%d/%m/%Y}"])
    for key, metric in METRICS.items():
        writer.writerow([str(metric.name), report.overview.figures[key], str(metric.unit)])
    writer.writerow([])
    writer.writerow([str(labels.DIMENSIONS[report.dimension]), *(str(column) for column in COLUMNS)])
    for label, row in report.rows:
        # A leading apostrophe keeps a spreadsheet from reading a name as a formula.
        safe = f"'{label}" if label[:1] in "=+-@" else label
        writer.writerow([safe, row.transactions, row.dong, f"{row.grams / 1000:.3f}", row.pieces])
    name = f"so-lieu-{report.period.first}-{report.period.last}.csv"
    # The byte order mark makes Excel read Vietnamese as UTF-8.
    return Response(
        "\N{BYTE ORDER MARK}" + text.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": f"attachment; filename={name}"},
    )


@bp.get("/thong-ke")
@public
def public_page():
    """Totals only: no group small enough to point at one seller."""
    form = PeriodForm(request.args)
    form.validate()
    asked = period.read(key=form.ky.data, first=form.tu.data, last=form.den.data, today=vietnam_day(utcnow()))
    months = [(labels.word("month", row.label, {}), row) for row in figures.sales_by("month", asked)]
    overview = figures.overview(asked)
    return render_template(
        "officers/public_figures.html",
        period=asked,
        form=form,
        overview=overview,
        chart_rows=_chart_rows(months),
        metrics=METRICS,
        kind_rows=_kind_rows(overview),
    )


@bp.route("/quan-ly/so-lieu/ho-tro", methods=["GET", "POST"])
@role("officer")
def outreach():
    form = OutreachForm()
    form.place_id.choices = [SelectChoice(unit.id, unit.name) for unit in places.present_units()]
    if form.validate_on_submit():
        try:
            services.record_outreach(
                actor=current_user,
                day=form.day.data,
                kind=form.kind.data,
                place_id=form.place_id.data,
                channel=form.channel.data,
                households=form.households.data,
                products=form.products.data or 0,
                source=form.source.data,
                now=utcnow(),
            )
        except DomainError as error:
            add_to_form(form, error)
        else:
            flash(_("Đã ghi vào số liệu."), "success")
            return redirect("/quan-ly/so-lieu/ho-tro")
    return render_template("officers/outreach.html", form=form), 422 if form.errors or form.form_errors else 200
