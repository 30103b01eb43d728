"""Who may do what with a seller, and which papers each kind must hand in. Pure: no database, no request."""

from collections.abc import Collection

from marketplace.accounts.models import Person
from marketplace.accounts.policies import in_area
from marketplace.sellers.models import Seller

REQUIRED_DOCUMENTS: dict[str, tuple[str, ...]] = {
    "company": ("business_registration", "food_safety"),
    "cooperative": ("business_registration", "food_safety"),
    "cooperative_group": ("business_registration", "identity"),
    "household": ("identity",),
    "service_centre": ("business_registration",),
    "establishment": ("business_registration", "food_safety"),
}
"""Papers without which a seller of that kind is not approved. A small grower is exempt from the food-safety
certificate (Decree 15/2018/NĐ-CP art. 12), so a household is asked for none."""

OPTIONAL_DOCUMENTS: dict[str, tuple[str, ...]] = {
    "company": ("land_or_area", "other"),
    "cooperative": ("land_or_area", "other"),
    "cooperative_group": ("food_safety", "land_or_area", "other"),
    "household": ("food_safety", "land_or_area", "business_registration", "other"),
    "service_centre": ("food_safety", "land_or_area", "other"),
    "establishment": ("identity", "land_or_area", "other"),
}

TAX_CODE_OPTIONAL = frozenset({"household", "cooperative_group"})
"""Kinds that may have no tax code of their own yet."""

PERSONAL_TAX_CODE = frozenset({"household", "cooperative_group", "establishment"})
"""Kinds whose tax code may be the 12-digit personal id (Circular 86/2024/TT-BTC, since 1/7/2025)."""

PHONE_ALWAYS_PUBLIC = frozenset({"company", "cooperative"})
"""Organisations publish their number; natural persons only when they chose so (Law 91/2025/QH15)."""

CORRECTABLE = frozenset({"draft", "refused"})
"""States in which everything on the registration may still be changed and the papers handed in."""

OWNERS = ("owner",)
MANAGERS = ("owner", "manager")
MAX_UNFINISHED = 3
"""Registrations one person may have open at a time."""
MAX_DOCUMENTS = 30
MAX_CERTIFICATES = 60
MAX_MEMBERS = 50


def can_sell(seller: Seller) -> bool:
    """Only approved sellers sell."""
    return seller.state == "approved"


def can_review(person: Person, *, former_area: str) -> bool:
    """An officer for the whole city (area None) or for the area the seller lies in."""
    return in_area(person, "officer", former_area)


def can_check_certificate(person: Person, *, former_area: str) -> bool:
    """Officers and inspectors, each within their area."""
    return in_area(person, "officer", former_area) or in_area(person, "inspector", former_area)


def officer_areas(person: Person, *roles: str) -> frozenset[str] | None:
    """The former areas a person's `roles` (officer unless told) cover; None means the whole city."""
    areas = {grant.area for grant in person.grants if grant.role in (roles or ("officer",))}
    return None if None in areas else frozenset(areas)


def missing_documents(kind: str, kinds_present: Collection[str]) -> tuple[str, ...]:
    """Required papers of a seller kind that are not among `kinds_present`, in the order they are asked for."""
    return tuple(required for required in REQUIRED_DOCUMENTS[kind] if required not in kinds_present)


def shows_address(kind: str) -> bool:
    """Organisations publish their address line (Law 122/2025/QH15 art. 17); a household only its commune."""
    return kind not in {"household", "cooperative_group"}


def shows_phone(kind: str, show_phone: bool) -> bool:
    """Whether the public page may print the seller's phone number."""
    return show_phone or kind in PHONE_ALWAYS_PUBLIC
