"""Who may do what with lots. Pure: no database, no request."""

from marketplace.accounts.models import Person

EDITORS = ("owner", "manager")
"""Member roles that make growing areas and lots, release, block and recall."""
DIARISTS = ("owner", "manager", "diary")
"""Member roles that keep the diary and see lots."""
NATURAL_PERSONS = frozenset({"household", "establishment"})
"""Seller kinds that are, or bear the name of, a natural person: in the log they go by a random alias."""


def can_recall(person: Person, *, former_area: str) -> bool:
    """An officer for the whole city or for the area the seller lies in may block and recall any lot there."""
    return any(grant.role == "officer" and grant.area in (None, former_area) for grant in person.grants)
