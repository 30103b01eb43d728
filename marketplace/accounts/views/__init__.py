"""Routes of the accounts slice."""

from flask import Blueprint, redirect, request, session

from marketplace.accounts import queries
from marketplace.database import utcnow
from marketplace.extensions import FILES, login

bp = Blueprint("accounts", __name__)

_OPEN_WITH_SLIP = FILES | {"accounts.change_password", "accounts.sign_out", "pages.healthz", "pages.readyz"}


@login.user_loader
def _load_person(identity: str):
    return queries.session_person(identity=identity, key=session.get("key", ""), now=utcnow())


@bp.before_app_request
def _slip_first():
    """Whoever came in with the one-time password of a slip sets a password of their own before anything else."""
    if session.get("must_change") and request.endpoint not in _OPEN_WITH_SLIP:
        return redirect("/tai-khoan/doi-mat-khau")
    return None


from marketplace.accounts.views import account, desk, register, second_factor, sign_in  # noqa: E402, F401 - routes join bp
