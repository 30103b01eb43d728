"""A found product as arguments of the `product_card` macro."""

from datetime import date

from marketplace.catalogue.labels import CERTIFICATES
from marketplace.i18n import format_dong
from marketplace.i18n import gettext as _
from marketplace.search.queries import ProductCard


def card_arguments(card: ProductCard, *, day: date) -> dict:
    """Arguments of the `product_card` macro."""
    badges = [(str(CERTIFICATES[c.kind]), "good") for c in card.certificates if c.kind in CERTIFICATES][:1]
    if card.in_season(day.month):
        badges.append((_("Đang mùa"), "ripe"))
    return {
        "href": f"/san-pham/{card.id}-{card.slug}", "name": card.name, "amount": format_dong(card.price),
        "unit": card.unit_label, "note": per_kilogram(card.price_per_kilogram), "photo": _small(card),
        "seller": card.seller_name, "place": card.place, "ocop": card.ocop, "badges": badges, "sold_out": card.sold_out,
    }


def _small(card: ProductCard) -> dict | None:
    """The picture of a card without the JPEG set: old browsers take the one file, and the page stays small."""
    return card.photo.card | {"srcset": None} if card.photo else None


def per_kilogram(amount: int | None) -> str | None:
    """`≈ 45.000 ₫/kg` beside a pack of known weight."""
    return f"≈ {format_dong(amount)}/kg" if amount else None
