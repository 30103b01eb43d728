"""Jinja set-up: strict undefined, shared filters and globals, content-hashed static addresses."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, url_for
from jinja2 import StrictUndefined

from marketplace import i18n
from marketplace.web import headers


def install(app: Flask) -> None:
    """Filters: dong, grams, quantity, count, date, moment. Globals: static(), csp_nonce(), locale."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        dong=i18n.format_dong,
        grams=i18n.format_grams,
        quantity=i18n.format_quantity,
        count=i18n.format_count,
        date=i18n.format_date,
        moment=i18n.format_moment,
    )
    folder = Path(app.static_folder)

    @lru_cache(maxsize=1024)
    def version(filename: str) -> str:
        path = folder / filename
        return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else ""

    def static(filename: str) -> str:
        """Address of a static file with its content hash, cached for a year by browsers."""
        return url_for("static", filename=filename, v=version(filename))

    # Globals, because macros are imported without context.
    app.extensions["static_version"] = version
    app.jinja_env.globals.update(csp_nonce=headers.csp_nonce, static=static)

    @app.context_processor
    def _shared():
        return {"locale": i18n.current_locale(), "site": app.extensions["settings"].site}

    @app.url_defaults
    def _version_static(endpoint, values):
        if endpoint == "static" and "v" not in values and not app.debug:
            values["v"] = version(values.get("filename", ""))
