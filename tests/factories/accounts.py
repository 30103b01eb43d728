"""People for tests, and a short way to be signed in."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count

from marketplace.accounts.models import Person, RoleGrant
from marketplace.accounts.passwords import hash_password
from marketplace.accounts.services import sessions
from marketplace.database import transaction, utcnow

PASSWORD = "vườn chôm chôm 7"
CREATED = datetime(2026, 10, 1, 2, 0, tzinfo=UTC)
_numbers = count(1)


@lru_cache(maxsize=1)
def _hash() -> str:
    return hash_password(PASSWORD)


def make_person(*, roles=(), area=None, **given) -> Person:
    """A person who signs in with PASSWORD; committed. `roles` are granted at once."""
    number = next(_numbers)
    values = {
        "phone": f"+8490{number:07d}",
        "full_name": f"Nguyễn Thị Bưởi {number}",
        "password_hash": _hash(),
        "locale": "vi",
        "created_at": CREATED,
        **given,
    }
    with transaction() as session:
        person = Person(**values)
        session.add(person)
        session.flush()
        for role in roles:
            session.add(RoleGrant(person_id=person.id, role=role, area=area, granted_at=CREATED))
    return person


def make_officer(*, area=None, **given) -> Person:
    """An officer of the trade department with a confirmed second factor."""
    values = {"totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "totp_confirmed_at": CREATED, **given}
    return make_person(roles=("officer",), area=area, **values)


def make_operator(**given) -> Person:
    """An operator with a confirmed second factor."""
    values = {"totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "totp_confirmed_at": CREATED, **given}
    return make_person(roles=("operator",), **values)


def make_helper(**given) -> Person:
    """A commune helper who registers farmers."""
    return make_person(roles=("helper",), **given)


def sign_in(client, person: Person, *, second_factor: bool | None = None) -> None:
    """Sign `client` in as `person` without the pages; officers and operators count as past the second factor."""
    passed = bool(person.totp_confirmed_at) if second_factor is None else second_factor
    started = utcnow() - timedelta(minutes=1)
    key = sessions.open_session(person=person, device="test", remember=True, now=started)
    with client.session_transaction() as cookie:
        cookie.update(_user_id=person.get_id(), _fresh=True, key=key)
        cookie.pop("second_factor", None)
        if passed:
            cookie["second_factor"] = True
