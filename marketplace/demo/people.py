"""The demo people: those whose sign-ins are printed, and an owner for every seller. None is a real person.

Their numbers begin with 0292 0 and 0292 1: the city's area code, and first digits that are given to nobody.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from marketplace.accounts import services as accounts
from marketplace.accounts.models import Person
from marketplace.database import db, transaction
from marketplace.demo.random_market import generator

PASSWORD = "mua-nuoc-noi-2022"  # noqa: S105 - printed at every start, refused in production
SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ", "Lâm", "Thạch", "Danh")
MIDDLE = ("Thị", "Văn", "Ngọc", "Thanh", "Minh", "Hồng", "Kim", "Hữu")
GIVEN = (
    "Lan",
    "Hoa",
    "Út",
    "Bảy",
    "Phúc",
    "Lộc",
    "Tâm",
    "Nghĩa",
    "Sen",
    "Mai",
    "Đẹp",
    "Hạnh",
    "Tài",
    "Sang",
    "Thảo",
    "Cường",
)


@dataclass(frozen=True)
class Account:
    """One printed sign-in. `seller` names the seller this person owns."""

    role: str
    login: str
    full_name: str
    totp_secret: str | None = None
    grant: str | None = None
    seller: str | None = None


ACCOUNTS = (
    Account("officer", "02921000001", "Cán bộ phòng Thương mại (mẫu)", "MNUG6ZTFMVWWKIDDN5RW6YLOEBXG63Q7", "officer"),
    Account("operator", "02921000002", "Người vận hành (mẫu)", "OZQW4IDIMFXGQIDDN5XGOIDWMFXCA3DP", "operator"),
    Account("helper", "02921000003", "Tổ công nghệ số cộng đồng (mẫu)", None, "helper"),
    Account("cooperative", "02921000004", "Chủ nhiệm hợp tác xã (mẫu)", seller="Hợp tác xã Nhãn Thới An"),
    Account("company", "02921000005", "Giám đốc công ty (mẫu)", seller="Công ty Cổ phần Trái cây Phong Điền"),
    Account("buyer", "02921000006", "Người mua hàng (mẫu)"),
)


def enter(*, now: datetime) -> dict[str, Person]:
    """Open the printed accounts; returns the owners by seller name, and the officer under "officer"."""
    found = {}
    for account in ACCOUNTS:
        person = accounts.register(
            full_name=account.full_name,
            login=account.login,
            password=PASSWORD,
            consents=("account", "seller-profile"),
            now=now,
            demo=True,
        )
        with transaction():
            if account.grant:
                accounts.grant_role(actor=None, person=person, role=account.grant, area=None, now=now)
            if account.totp_secret:
                person.totp_secret, person.totp_confirmed_at = account.totp_secret, now
        found[account.seller or account.role] = person
    return found


def owner(number: int, *, now: datetime) -> Person:
    """An owner nobody signs in as: a name of the delta, a number of no network, a password nobody knows."""
    chance = generator(f"person-{number}")
    name = f"{chance.choice(SURNAMES)} {chance.choice(MIDDLE)} {chance.choice(GIVEN)}"
    return accounts.register(
        full_name=name,
        login=f"chu{number:02d}@demo.example",
        password=secrets.token_urlsafe(24),
        consents=("account",),
        now=now,
        demo=True,
    )


def printed() -> list[dict]:
    """[{role, login, password, totp_secret}] of the demo people that exist in this database."""
    logins = set(db.session.scalars(select(Person.phone).where(Person.demo)))
    return [
        {"role": a.role, "login": a.login, "password": PASSWORD, "totp_secret": a.totp_secret}
        for a in ACCOUNTS
        if "+84" + a.login[1:] in logins
    ]
