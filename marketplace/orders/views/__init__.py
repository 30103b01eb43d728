"""Routes of the orders slice, the basket count for every page, and joining baskets at sign-in."""

from datetime import datetime

from flask import Blueprint, session
from flask_login import current_user, user_logged_in

from marketplace.accounts.models import Person
from marketplace.database import utcnow
from marketplace.orders import services
from marketplace.orders.services import BasketState

bp = Blueprint("orders", __name__)
TOKEN, COUNT = "basket", "basket_count"


def basket_token() -> str | None:
    """This session's claim on a basket."""
    token = session.get(TOKEN)
    return token if isinstance(token, str) else None


def keep(state: BasketState) -> None:
    """Remember the basket and its size in the session: pages then show the count without a query."""
    session[TOKEN], session[COUNT] = state.token, state.count


def person() -> Person | None:
    """The signed-in person, None for a guest."""
    return current_user._get_current_object() if current_user.is_authenticated else None


def person_id() -> int | None:
    """The signed-in person's id."""
    return current_user.id if current_user.is_authenticated else None


@bp.app_context_processor
def _count() -> dict:
    count = session.get(COUNT)
    return {"basket_count": count if isinstance(count, int) else 0}


@bp.record_once
def _listen(state) -> None:
    user_logged_in.connect(_merge, state.app)


def _merge(_app, user: Person, **_more) -> None:
    """A guest's basket follows the person who signs in."""
    now: datetime = utcnow()
    merged = services.merge_at_sign_in(token=basket_token(), person_id=user.id, now=now)
    if merged is not None:
        keep(merged)


from marketplace.orders.views import basket, buyer, checkout, desk, desk_steps  # noqa: E402, F401 - routes hang on bp
