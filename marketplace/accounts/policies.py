"""Who may do what with accounts; pure functions of the people concerned."""

from marketplace.accounts.models import Person

DUTY_ROLES = ("officer", "operator")


def needs_second_factor(person: Person) -> bool:
    """Officers and operators decide over others, so a password alone is not enough for them."""
    return any(person.has_role(role) for role in DUTY_ROLES)


def asks_second_factor(person: Person) -> bool:
    """True when this person's sign-in asks for a code: whoever has confirmed a device."""
    return person.totp_confirmed_at is not None


def can_register_others(person: Person) -> bool:
    """Officers and commune helpers enter farmers who have no phone skills of their own."""
    return person.is_active and (person.has_role("officer") or person.has_role("helper"))


def can_reissue_password(actor: Person, person: Person) -> bool:
    """An officer hands a new slip to somebody who forgot; never to people with duties, never to oneself."""
    return (
        actor.is_active
        and actor.has_role("officer")
        and actor.id != person.id
        and not person.grants
        and person.is_active
    )


def can_deactivate(actor: Person, person: Person) -> bool:
    """One's own account, or as operator anybody else's."""
    return actor.id == person.id or actor.has_role("operator")


def in_area(person: Person, role: str, former_area: str) -> bool:
    """True when the person's grant of `role` covers this former area; a grant without area covers the city."""
    return any(grant.role == role and grant.area in (None, former_area) for grant in person.grants)
