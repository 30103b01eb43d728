"""The page behind a scanned code, its symbol, its events, and the form to report a problem."""

from datetime import date

from flask import Response, abort, current_app, jsonify, redirect, render_template, request, url_for

from marketplace import provenance
from marketplace.database import utcnow, vietnam_day
from marketplace.errors import DomainError
from marketplace.extensions import limiter
from marketplace.i18n import current_locale
from marketplace.lots import labels as words
from marketplace.lots import qr, services
from marketplace.lots import queries as lots
from marketplace.lots.verdict import TONES, verdict
from marketplace.sellers import labels as seller_words
from marketplace.shop import ledger as ledger_words
from marketplace.shop import trace_items
from marketplace.shop.forms import CodeForm, ReportForm
from marketplace.shop.scans import edition, shelf
from marketplace.shop.views import bp
from marketplace.web.access import public
from marketplace.web.errors import add_to_form
from marketplace.web.forms import file_sent

FOREVER = "public, max-age=31536000, immutable"


@bp.get("/t/<code>")
@bp.get("/T/<code>", endpoint="trace_printed")
@public
def trace(code: str):
    """One verdict line, then who, where, when, with what, checked by whom. `/T/` is how the symbol spells it."""
    known = provenance.parse_code(code)
    if known is None:
        return _unknown(code)
    if known != code:
        return redirect(url_for("shop.trace", code=known), 301)
    head = lots.trace_head(known)
    if head is None:
        return _unknown(known)
    day = vietnam_day(utcnow())
    return shelf.answer(edition(current_app, head.version, day, current_locale()), lambda: (_page(head, day), 200))


@bp.get("/t/<code>/qr.svg")
@public
def trace_svg(code: str):
    """The symbol as a drawing; it never changes."""
    return _symbol(qr.svg(_public_url(), _existing(code)), "image/svg+xml")


@bp.get("/t/<code>/qr.png")
@public
def trace_png(code: str):
    """The symbol in whole dots of the printer named by `dpi`, 20 mm or more wide."""
    asked = request.args.get("dpi", "300")
    dpi = next((dpi for dpi in qr.PRINTERS if str(dpi) == asked), None)
    if dpi is None:
        abort(400)
    return _symbol(qr.png(_public_url(), _existing(code), dpi), "image/png")


@bp.get("/t/<code>/events.jsonld")
@public
def trace_events(code: str):
    """The lot's public events as an EPCIS 2.0 document; a draft has not published any."""
    known = _existing(code)
    if not lots.is_public(known):
        abort(404)
    response = jsonify(provenance.lot_document(known, base_url=_public_url(), now=utcnow()))
    response.mimetype = "application/ld+json"
    response.headers["Cache-Control"] = "no-cache"
    return response


@bp.route("/t/<code>/phan-anh", methods=["GET", "POST"])
@limiter.limit("5 per hour", methods=["POST"])
@public
def report(code: str):
    """Tell the department that something is wrong, also about a code nobody knows."""
    known = provenance.parse_code(code) or code.upper()[:40]
    form = ReportForm()
    if form.validate_on_submit():
        try:
            services.report_problem(
                code=known, kind=form.kind.data, text=form.text.data, contact=form.contact.data or "", now=utcnow(),
                evidence=_evidence(form.evidence.data))
        except DomainError as error:
            add_to_form(form, error)
        else:
            return render_template("traceability/report_sent.html", code=known)
    return render_template("traceability/report.html", form=form, code=known), 422 if form.errors else 200


@bp.get("/truy-xuat")
@public
def find_code():
    """Type a code; the phone's own camera opens a scanned one by itself."""
    form = CodeForm(request.args, meta={"csrf": False})
    typed = (form.ma.data or "")[:100]
    known = provenance.parse_code(typed.rstrip("/").rpartition("/")[2]) if typed else None
    if known:
        return redirect(url_for("shop.trace", code=known))
    if typed:
        form.ma.errors = [words.CODE_UNREADABLE]
    return render_template("traceability/find.html", form=form), 422 if typed else 200


@bp.get("/so-cai")
@public
def ledger():
    """What the log is, what it proves and what it does not; its state, its witnesses, how to check it."""
    status, now = provenance.log_status(), utcnow()
    moments = {
        "checkpoint": status.checkpoint and status.checkpoint.at,
        "waiting": status.waiting_since,
        "audit": status.audit and status.audit.at,
    }
    return render_template(
        "traceability/ledger.html", status=status, found=ledger_words.verdict(status, now),
        witnesses=ledger_words.witness_lines(status, now), kinds=ledger_words.kinds(status.audit.kinds if status.audit else {}),
        ages={name: then and ledger_words.age(then, now) for name, then in moments.items()},
        form=CodeForm(meta={"csrf": False}), public_url=_public_url(),
        witnessed=any(row.signed_at for row in status.witnesses or ()),
    )


def _page(head: lots.TraceHead, day: date) -> str:
    page = lots.trace_page(head.code, day=day, head=head)
    found, cosigned = verdict(page, day), provenance.outside()
    return render_template(
        f"traceability/{'unpublished' if found == 'unpublished' else 'trace'}.html", page=page, head=head, found=found,
        tone=TONES[found], steps=trace_items.timeline(page), certificates=trace_items.certificates(page), words=words,
        rows=trace_items.lot_rows(page), lot_log=trace_items.lot_log(page, found), reason=trace_items.reason(page),
        seller_words=seller_words, grouped=provenance.grouped_code(head.code), public_url=_public_url(),
        operator=provenance.OPERATOR, cosigned=cosigned, signature=ledger_words.last_outside(cosigned, utcnow()),
    )


def _evidence(file) -> bytes | None:
    """What was sent, up to one byte more than is taken: the service says that it is too much."""
    return file.stream.read(services.MAX_EVIDENCE + 1) if file_sent(file) else None


def _unknown(code: str):
    """A warning with help and a way to report, never a bare error. The typed text is shown, shortened."""
    return render_template("traceability/unknown.html", code=code[:40]), 404


def _existing(code: str) -> str:
    """A code in its one spelling that a lot has; 404 otherwise, so that nobody draws symbols at our cost."""
    if provenance.parse_code(code) != code or lots.lot_of_code(code) is None:
        abort(404)
    return code


def _symbol(data: bytes, mimetype: str) -> Response:
    response = Response(data, mimetype=mimetype)
    response.headers["Cache-Control"] = FOREVER
    return response


def _public_url() -> str:
    return current_app.extensions["settings"].public_url
