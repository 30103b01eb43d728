"""Who may do what with lots. Pure: no database, no request."""

from marketplace.accounts.models import Person
from marketplace.accounts.policies import in_area

EDITORS = ("owner", "manager")
"""Member roles that make growing areas and lots, release, block and recall."""
DIARISTS = ("owner", "manager", "diary")
"""Member roles that keep the diary and see lots."""
NATURAL_PERSONS = frozenset({"household", "establishment"})
"""Seller kinds that are, or bear the name of, a natural person: in the log they go by a random alias."""

AMENDABLE = ("draft", "released", "blocked", "closed", "recalled")
"""States of a lot whose diary can be corrected; all but the first are public."""


def can_dispute(person: Person, *, former_area: str) -> bool:
    """Officers and inspectors, each within their area, may doubt what a seller wrote."""
    return in_area(person, "officer", former_area) or in_area(person, "inspector", former_area)


def can_correct(person: Person, *, former_area: str) -> bool:
    """Inspectors, within their area, may put right or take back what a seller wrote; it shows that they did."""
    return in_area(person, "inspector", former_area)


def can_recall(person: Person, *, former_area: str) -> bool:
    """An officer for the whole city or for the area the seller lies in may block and recall any lot there."""
    return any(grant.role == "officer" and grant.area in (None, former_area) for grant in person.grants)
