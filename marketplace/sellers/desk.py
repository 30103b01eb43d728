"""The seller's desk: which seller the signed-in person acts for, and the guard every /kenh-ban view wears."""

from collections.abc import Callable
from functools import wraps

from flask import abort, flash, g, redirect, session
from flask_login import current_user

from marketplace.i18n import gettext as _
from marketplace.sellers import queries
from marketplace.sellers.queries import Member

SESSION_KEY = "seller_id"


def current_member() -> Member | None:
    """The membership this session acts under: the chosen one while it still holds, else the person's first."""
    chosen = session.get(SESSION_KEY)
    if isinstance(chosen, int):
        member = queries.membership(person_id=current_user.id, seller_id=chosen)
        if member is not None:
            return member
    own = queries.member_of(current_user.id)
    return own[0] if own else None


def require_member(*roles: str) -> Callable[[Callable], Callable]:
    """Let in members of a seller (in one of `roles` when given) and set `g.member`. Wear it under `@signed_in`.

    Somebody without a seller is led to registration; a member in another role gets 403.
    """

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def guarded(*args, **kwargs):
            member = current_member()
            if member is None:
                flash(_("Bạn chưa có gian hàng nào. Mời bạn đăng ký trước."), "info")
                return redirect("/dang-ky-ban-hang")
            if roles and member.role not in roles:
                abort(403)
            g.member = member
            return view(*args, **kwargs)

        return guarded

    return decorate
