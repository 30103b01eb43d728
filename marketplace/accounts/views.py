"""Routes of the accounts slice."""

from flask import Blueprint, session

from marketplace.accounts import queries
from marketplace.database import utcnow
from marketplace.extensions import login

bp = Blueprint("accounts", __name__)


@login.user_loader
def _load_person(identity: str):
    return queries.session_person(identity=identity, key=session.get("key", ""), now=utcnow())
