"""What may happen to a listing in which state, and what it must have first. Pure: no database, no request."""

from collections.abc import Collection

from marketplace.catalogue.models import Product

MAX_PHOTOS = 8
MAX_PRODUCTS = 2_000
"""Per seller; far above any cooperative's list, below what would be an attack."""

LONGEST_NAME = 120
LONGEST_DESCRIPTION = 4_000

SUBMITTABLE = frozenset({"draft", "rejected"})

REVIEWED = ("name", "category_id")
"""Columns an officer looked at; with the photos, changing one of a listed product sends it back to review."""


def missing(product: Product) -> tuple[str, ...]:
    """Form fields still empty that a listing needs, in the order of the form: photos, name, category_id, price."""
    present = {
        "photos": bool(product.photos), "name": bool(product.name), "category_id": product.category_id is not None,
        "price": product.price is not None,
    }
    return tuple(field for field, there in present.items() if not there)


def needs_review_again(product: Product, *, changed: Collection[str], photos_changed: bool) -> bool:
    """True when a change touches what the officer approved of a product that is (or may again be) listed."""
    return product.state in {"listed", "withdrawn"} and (photos_changed or any(name in changed for name in REVIEWED))


def measure_is_fixed(product: Product) -> bool:
    """Once handed in, weight stays weight: lots, stock and orders already count in it."""
    return product.submitted_at is not None


def step_for(*, measure: str, minimum: int) -> int:
    """How much a buyer adds at a time: half a kilogram (or the minimum when smaller), or one piece."""
    return min(500, minimum) if measure == "mass" else 1


def in_season(month_from: int | None, month_to: int | None, month: int) -> bool:
    """True when `month` lies in the season, which may run over New Year (11 to 2); False without a season."""
    if month_from is None or month_to is None:
        return False
    if month_from <= month_to:
        return month_from <= month <= month_to
    return month >= month_from or month <= month_to
