"""Unbound Flask extensions; `marketplace.app` binds them."""

from collections.abc import Callable

from flask import request
from flask_babel import Babel
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_wtf import CSRFProtect

babel = Babel()
compress = Compress()
csrf = CSRFProtect()
login = LoginManager()
migrate = Migrate()
# Generous: a whole village may share one address behind its mobile network. Doors that can be abused have their own.
limiter = Limiter(key_func=get_remote_address, headers_enabled=True, default_limits=["3000 per minute"])

FILES = frozenset({"static", "assets"})
"""Endpoints that serve files of the code, the same to everybody."""


@limiter.request_filter
def _never_limited() -> bool:
    """Static files and health checks must answer under any load."""
    return request.endpoint in FILES | {"pages.healthz", "pages.readyz"}


class Wakers:
    """Names of background jobs that a committed transaction can wake; bound by `marketplace.jobs`.

    Losing a wake-up loses no work: every job also runs by the clock and finds its rows in the database.
    """

    def __init__(self) -> None:
        self._wake: Callable[[str], None] | None = None

    def bind(self, wake: Callable[[str], None] | None) -> None:
        self._wake = wake

    def wake(self, job: str) -> None:
        if self._wake is not None:
            self._wake(job)


jobs = Wakers()
