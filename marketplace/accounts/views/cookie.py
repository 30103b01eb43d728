"""What the signed session cookie holds about a signed-in person."""

from urllib.parse import urlencode

from flask import request, session
from flask_login import login_user, logout_user

from marketplace.accounts.devices import device_name
from marketplace.accounts.models import Person
from marketplace.web.access import safe_next

KEPT = ("basket", "basket_count")
"""What a visitor gathered before signing in and keeps; all else of the old session goes."""


def device() -> str:
    """This browser in a few words."""
    return device_name(request.headers.get("User-Agent", ""))


def address() -> str:
    """The caller's IP address; ProxyFix has looked behind trusted proxies already."""
    return request.remote_addr or ""


def begin(*, person: Person, key: str, remember: bool, second_factor: bool = False) -> None:
    """Replace the session by a fresh one for this person."""
    kept = {name: session[name] for name in KEPT if name in session}
    session.clear()
    session.update(kept)
    login_user(person)
    session["key"] = key
    session["lang"] = person.locale
    session.permanent = remember
    if second_factor:
        session["second_factor"] = True
    if person.must_change_password:
        session["must_change"] = True


def end() -> None:
    """Forget everything but the language."""
    language = session.get("lang")
    logout_user()
    session.clear()
    if language:
        session["lang"] = language


def next_page(default: str = "/tai-khoan") -> str:
    """Where the person wanted to go, if that is a page of this site."""
    target = request.form.get("next") or request.args.get("next") or ""
    if any(ord(character) < 32 or character == "\\" for character in target) or len(target) > 2000:
        return default
    return safe_next(target.removesuffix("?"), default)


def with_next(path: str, target: str) -> str:
    """`path` that comes back to `target` afterwards."""
    return f"{path}?{urlencode({'next': target})}"
