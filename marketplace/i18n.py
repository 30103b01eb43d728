"""Locale choice and the formatters that pages share. Vietnamese is the source text, English the translation."""

from datetime import date, datetime
from functools import lru_cache

from flask import g, has_app_context, has_request_context, request, session
from flask_babel import LazyString, get_locale, get_translations

from marketplace.database import VIETNAM
from marketplace.money import format_dong, format_grams

LOCALES = ("vi", "en")

__all__ = [
    "LOCALES",
    "current_locale",
    "format_count",
    "format_date",
    "format_dong",
    "format_grams",
    "format_moment",
    "format_quantity",
    "gettext",
    "lazy_gettext",
    "select_locale",
]


def select_locale() -> str:
    """`?lang=` wins and is remembered, then the remembered choice, else Vietnamese.

    The browser's Accept-Language is not asked: many phones sold here are set to English by the shop.
    """
    if not has_request_context():
        return "vi"
    chosen = request.args.get("lang")
    if chosen in LOCALES:
        if session.get("lang") != chosen:
            session["lang"] = chosen
        return chosen
    remembered = session.get("lang")
    return remembered if remembered in LOCALES else "vi"


def current_locale() -> str:
    """`vi` or `en`; asked a hundred times a page, so kept for the length of one request."""
    if not has_app_context():
        return "vi"
    kept = g._get_current_object()
    found: str | None = kept.get("locale_code")
    if found is None:
        found = kept.locale_code = get_locale().language
    return found


def gettext(text: str, /, **values: object) -> str:
    """The text in the reader's language, `values` put in. flask-babel's looks its catalogue up anew for every text."""
    told = _told(current_locale(), text)
    return told % values if values else told


def lazy_gettext(text: str, /, **values: object) -> LazyString:
    """As `gettext`, in the language of whoever reads it later."""
    return LazyString(gettext, text, **values)


@lru_cache(maxsize=8192)
def _told(_locale: str, text: str) -> str:
    return get_translations().ugettext(text)


def format_count(number: int) -> str:
    """`1.845` in Vietnamese, `1,845` in English."""
    digits = f"{number:,}"
    return digits if current_locale() == "en" else digits.replace(",", ".")


def format_date(moment: datetime | date | None) -> str:
    """dd/mm/yyyy in Vietnam's zone; empty for None."""
    if moment is None:
        return ""
    day = moment.astimezone(VIETNAM).date() if isinstance(moment, datetime) else moment
    return f"{day:%d/%m/%Y}"


def format_moment(moment: datetime | None) -> str:
    """`HH:MM dd/mm/yyyy` in Vietnam's zone; empty for None."""
    return f"{moment.astimezone(VIETNAM):%H:%M %d/%m/%Y}" if moment else ""


def format_quantity(quantity: int, measure: str, unit_label: str = "") -> str:
    """Grams as kilograms, or pieces with their label (`12 trái`)."""
    if measure == "mass":
        return format_grams(quantity)
    return f"{format_count(quantity)}\N{NO-BREAK SPACE}{unit_label}".strip()
