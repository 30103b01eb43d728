"""People, the roles granted to them, their consents, their sessions, and the record of failed sign-ins."""

from datetime import datetime

from flask_login import UserMixin
from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import Base, Id, Line, Prose, Short

ROLES = ("officer", "inspector", "helper", "operator")
"""helper: member of a commune's digital group who registers farmers; enters nothing else."""


class Person(UserMixin, Base):
    """Somebody who can sign in with a phone number (E.164) or an e-mail address."""

    __tablename__ = "person"
    __table_args__ = (CheckConstraint("phone IS NOT NULL OR email IS NOT NULL", name="reachable"),)

    id: Mapped[Id]
    phone: Mapped[Short | None] = mapped_column(unique=True)
    email: Mapped[Line | None] = mapped_column(unique=True)  # lower case
    full_name: Mapped[Line]
    password_hash: Mapped[Line]
    locale: Mapped[Short] = mapped_column(default="vi")
    session_epoch: Mapped[int] = mapped_column(default=0)  # raised to end every session everywhere
    totp_secret: Mapped[Short | None]
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None]  # a code works once
    must_change_password: Mapped[bool] = mapped_column(default=False)  # the password is a one-time one from a slip
    one_time_until: Mapped[datetime | None]  # a slip nobody used stops working
    demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    deactivated_at: Mapped[datetime | None]

    grants: Mapped[list["RoleGrant"]] = relationship(
        primaryjoin="and_(RoleGrant.person_id == Person.id, RoleGrant.revoked_at.is_(None))",
        viewonly=True,
        lazy="selectin",
    )

    @property
    def is_active(self) -> bool:
        return self.deactivated_at is None

    def has_role(self, name: str) -> bool:
        """True when the role is granted and not revoked."""
        return any(grant.role == name for grant in self.grants)

    def get_id(self) -> str:
        """Session identity; changes when sessions are ended everywhere."""
        return f"{self.id}.{self.session_epoch}"


class RoleGrant(Base):
    """A role a person holds; an officer's may be limited to one administrative unit (area)."""

    __tablename__ = "role_grant"
    __table_args__ = (
        Index(
            "uq_role_grant_live",
            "person_id",
            "role",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[Short]
    area: Mapped[Short | None]  # None = whole city; can-tho, hau-giang, soc-trang
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    granted_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    log_name: Mapped[Short | None]  # inspectors: the random name that holds the right to correct in the log


class Consent(Base):
    """One consent to one purpose: which text, when, by which channel, and who recorded it (Law 91/2025/QH15)."""

    __tablename__ = "consent"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    purpose: Mapped[Short]  # account, seller-profile, contact
    text_version: Mapped[Short]
    channel: Mapped[Short]  # web, assisted-in-person, assisted-phone
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    note: Mapped[Prose] = mapped_column(default="")
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class SignInSession(Base):
    """One signed-in device. The cookie carries the key; the table its hash, so a stolen backup opens nothing."""

    __tablename__ = "sign_in_session"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    key_hash: Mapped[Short] = mapped_column(unique=True)
    device: Mapped[Line]  # "Android · Chrome", from the browser's own words
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code that stands in once for a lost second-factor device."""

    __tablename__ = "recovery_code"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    code_hash: Mapped[Short]
    used_at: Mapped[datetime | None]


class AccountEvent(Base):
    """What happened to an account and who did it; shown to its owner."""

    __tablename__ = "account_event"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: the operator's console
    kind: Mapped[Short]  # see services.events.KINDS
    detail: Mapped[Line] = mapped_column(default="")
    at: Mapped[datetime]


class SignInThrottle(Base):
    """Attempts per key (account, address, second factor); survives restarts and is shared by workers."""

    __tablename__ = "sign_in_throttle"

    key: Mapped[Line] = mapped_column(primary_key=True)  # "login:<hash>", "ip:<hash>", "code:<person id>"
    failures: Mapped[int]
    last_failed_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]
