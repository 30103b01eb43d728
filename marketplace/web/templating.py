"""Jinja set-up: strict undefined, shared filters and globals."""

from functools import lru_cache

from flask import Flask
from jinja2 import StrictUndefined, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from marketplace import i18n
from marketplace.web import headers


def install(app: Flask) -> None:
    """Filters: dong, grams, quantity, count, date, moment. Globals: csp_nonce(), public_url, locale, site."""
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
    # Globals, because macros are imported without context.
    app.jinja_env.globals.update(csp_nonce=headers.csp_nonce, public_url=app.extensions["settings"].public_url, _=_translate)

    @app.context_processor
    def _shared():
        return {"locale": i18n.current_locale(), "site": app.extensions["settings"].site}


@pass_eval_context
def _translate(context: EvalContext, text: str, /, **values: object) -> str:
    """Jinja's own form of gettext: `%` is always put in, and on pages the values are escaped first."""
    told = i18n.gettext(text)
    if not context.autoescape:
        return told % values
    return _markup(told) % values if values else _whole(told)


@lru_cache(maxsize=8192)
def _markup(told: str) -> Markup:
    return Markup(told)  # noqa: S704  # our own texts


@lru_cache(maxsize=8192)
def _whole(told: str) -> Markup:
    """A text without values, most of a page: put together once."""
    return _markup(told) % {}
