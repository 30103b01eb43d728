"""Routes of the payments slice: the gateway's signed notices."""

import structlog
from flask import Blueprint, Response, abort, current_app, request

from marketplace.database import utcnow
from marketplace.extensions import csrf, limiter
from marketplace.payments import services
from marketplace.payments.services.notices import NoticeRefused
from marketplace.web.access import public

bp = Blueprint("payments", __name__)
log = structlog.get_logger()

MAX_NOTICE_BYTES = 256 * 1024


@bp.post("/webhooks/stripe")
@csrf.exempt
@limiter.exempt
@public
def stripe_webhook() -> Response:
    """2xx only when stored; the signature is over the raw bytes, so they are read before anything parses them."""
    secret = current_app.extensions["settings"].stripe_webhook_secret
    if not secret:
        abort(404)
    request.max_content_length = MAX_NOTICE_BYTES
    body = request.get_data(cache=False, parse_form_data=False)
    signature = request.headers.get("Stripe-Signature")
    try:
        new = services.receive_event(body=body, signature=signature, secret=secret, now=utcnow())
    except NoticeRefused as refused:
        log.warning("notice-refused", reason=refused.reason)
        raise
    return Response("stored" if new else "known", mimetype="text/plain")
