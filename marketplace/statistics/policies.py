"""Who may see and record figures."""

from marketplace.accounts.models import Person


def can_see_figures(person: Person) -> bool:
    """Officers and operators; figures about groups only, never a buyer."""
    return person.has_role("officer") or person.has_role("operator")


def can_record_outreach(person: Person) -> bool:
    """Only an officer signs outreach figures."""
    return person.has_role("officer")
