"""The one line a consumer takes from a trace page: a pure decision over what the page read."""

from datetime import date

from marketplace.lots.queries import TracePage

TONES = {
    "good": "good", "sold_out": "good", "waiting": "none", "unpublished": "none", "expired": "warn", "blocked": "warn",
    "suspended": "warn", "cancelled": "bad", "recalled": "bad", "broken": "bad",
}
"""Colour of each verdict; its words are in `templates/traceability/`."""


def verdict(page: TracePage, day: date) -> str:
    """A key of TONES, the gravest that holds on `day` (a Vietnamese calendar day).

    A recall outweighs everything, also one that only the log knows of; sealed bytes that do not match outweigh what the
    lot says of itself.
    """
    if page.state == "recalled":
        return "recalled"
    if page.broken:
        return "broken"
    if page.state in {"cancelled", "blocked"}:
        return page.state
    if page.state == "draft":
        return "unpublished"
    if page.best_before is not None and page.best_before < day:
        return "expired"
    if page.head.seller_state != "approved":
        return "suspended"
    if not page.sealed:
        return "waiting"
    return "sold_out" if page.state == "closed" else "good"
