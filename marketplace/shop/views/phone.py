"""What a phone fetches after the page behind a scanned code, to check the lot by itself."""

import json

from flask import Response, request

from marketplace import provenance
from marketplace.i18n import gettext as _
from marketplace.lots import queries as lots
from marketplace.shop.views import bp
from marketplace.web.access import public
from marketplace.web.errors import problem

SHORT = "public, max-age=5"


@bp.get("/t/<code>/bundle.json")
@public
def trace_bundle(code: str):
    """Entries and proofs of a lot under the newest checkpoint that meets the policy (docs/log.md §8); a draft has not published any.

    `?genesis=1` for a phone that meets the log for the first time.
    """
    known = provenance.parse_code(code) == code and lots.is_public(code)
    bundle = provenance.phone_bundle(code, genesis="genesis" in request.args) if known else None
    if bundle is None:
        response = problem(404, "no-such-lot", _("Sổ chưa có gì về mã này."))
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response
    body = json.dumps(bundle, ensure_ascii=False, separators=(",", ":"))
    response = Response(body, mimetype="application/json")
    response.headers["Cache-Control"] = SHORT
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.add_etag(weak=True)
    return response.make_conditional(request)
