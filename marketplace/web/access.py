"""Access guards: every route wears one, and a route without one answers 403.

A guard says *who* may enter; *whose* thing it is, the service and the scoped query decide.
"""

from collections.abc import Callable
from functools import wraps
from urllib.parse import quote

from flask import Flask, abort, current_app, redirect, request, session
from flask_login import current_user

SECOND_FACTOR_ROLES = frozenset({"officer", "operator"})


def public(view: Callable) -> Callable:
    """Anybody, signed in or not."""
    view.access = "public"
    return view


def signed_in(view: Callable) -> Callable:
    """A person with a live session; others are sent to sign in and come back."""

    @wraps(view)
    def guarded(*args, **kwargs):
        if not current_user.is_authenticated:
            return _to_sign_in()
        return view(*args, **kwargs)

    guarded.access = "signed_in"
    return guarded


def role(*names: str) -> Callable[[Callable], Callable]:
    """A person holding one of the roles; officers and operators only with the second factor passed."""

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def guarded(*args, **kwargs):
            if not current_user.is_authenticated:
                return _to_sign_in()
            held = [name for name in names if current_user.has_role(name)]
            if not held:
                abort(403)
            if SECOND_FACTOR_ROLES.issuperset(held) and not session.get("second_factor"):
                return redirect(f"/dang-nhap/ma-xac-thuc?next={quote(request.full_path)}")
            return view(*args, **kwargs)

        guarded.access = "role:" + ",".join(sorted(names))
        return guarded

    return decorate


def _to_sign_in():
    target = request.full_path if request.method == "GET" else "/"
    return redirect(f"/dang-nhap?next={quote(target)}")


def safe_next(target: str | None, default: str = "/") -> str:
    """A path on this site to return to; anything that could leave the site becomes `default`."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\n" in target or "\r" in target:
        return default
    return target


def deny_by_default(app: Flask) -> None:
    """Refuse any endpoint whose view carries no guard."""

    @app.before_request
    def _guarded_only():
        view = current_app.view_functions.get(request.endpoint or "")
        if view is not None and not hasattr(view, "access") and request.endpoint != "static":
            abort(403)
