"""Routes of the places slice: one public lookup that the place picker and other systems may ask."""

from flask import Blueprint, jsonify, request

from marketplace.extensions import limiter
from marketplace.places import queries
from marketplace.web.access import public
from marketplace.web.forms import clean_text

bp = Blueprint("places", __name__)


@bp.get("/dia-ban")
@public
@limiter.limit("90 per minute")
def find_places():
    """`?q=`: present units by new or old name, at most 10, as `{"items": [{id, label, former, split}]}`."""
    hits = queries.search(text=(clean_text(request.args.get("q", "")) or "")[:120])
    response = jsonify(
        items=[{"id": hit.id, "label": hit.label, "former": hit.former_label, "split": hit.split} for hit in hits]
    )
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
