"""The sandbox's Flask application: API, controls and hosted page over one store."""

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from .answers import Refusal
from .api import api, check_key
from .control import control
from .events import Postman
from .pages import pages
from .store import Store

MAX_BODY = 100_000


def create_sandbox(*, store: Store, postman: Postman, api_key: str, public_url: str) -> Flask:
    """Wire the parts. ``public_url`` is this process's own address as the buyer's browser sees it."""
    app = Flask(__name__, static_folder=None)
    app.config.update(STORE=store, POSTMAN=postman, API_KEY=api_key, PUBLIC_URL=public_url.rstrip("/"))
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    control.before_request(check_key)
    for blueprint in (api, control, pages):
        app.register_blueprint(blueprint)
    app.register_error_handler(Refusal, _refusal)
    app.register_error_handler(HTTPException, _http_error)
    app.add_url_rule("/healthz", "healthz", lambda: "ok")
    return app


def _refusal(refusal: Refusal) -> tuple[Response, int]:
    return jsonify(refusal.body), refusal.status


def _http_error(error: HTTPException) -> tuple[Response, int]:
    body = {"error": {"type": "invalid_request_error", "code": f"http_{error.code}", "message": error.name}}
    return jsonify(body), error.code or 500
