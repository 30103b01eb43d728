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

    A recall outweighs everything; sealed bytes that do not match outweigh what the lot says of itself.
    """
    head = page.head
    if head.state == "recalled":
        return "recalled"
    if page.broken:
        return "broken"
    if head.state in {"cancelled", "blocked"}:
        return head.state
    if head.state == "draft":
        return "unpublished"
    if head.best_before is not None and head.best_before < day:
        return "expired"
    if head.seller_state != "approved":
        return "suspended"
    if not page.sealed:
        return "waiting"
    return "sold_out" if head.state == "closed" else "good"
