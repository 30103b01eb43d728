"""Payments, their shares per seller order, provider events, refunds, and calls owed to the gateway.

Payments know references (order codes as text), never an order.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import Base, Dong, Id, Line, Prose, Short

CARD_STATES = ("creating", "awaiting", "authorised", "capturing", "captured", "closing", "cancelled", "failed")
CASH_STATES = ("due", "collected", "written_off")


class Payment(Base):
    """The paying of one reference: card (one per purchase) or cash on delivery (one per seller order, I1).

    Card: creating (no intent yet), awaiting (the buyer's card), authorised (held), capturing (all sellers answered),
    captured; closing (no money is wanted any more), cancelled (nothing was taken), failed (never opened).
    Cash: due, collected, written_off.
    """

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("reference", "method"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(
            f"(method = 'card' AND state IN {CARD_STATES}) OR (method = 'cod' AND state IN {CASH_STATES})", name="state"
        ),
        CheckConstraint(
            "refunded >= 0 AND refunded <= captured AND captured <= authorised AND authorised <= amount", name="bounds"
        ),
    )

    id: Mapped[Id]
    reference: Mapped[Short]  # purchase code (card) or seller order code (cod)
    method: Mapped[Short]  # card, cod
    amount: Mapped[Dong]
    authorised: Mapped[Dong] = mapped_column(default=0)
    captured: Mapped[Dong] = mapped_column(default=0)
    refunded: Mapped[Dong] = mapped_column(default=0)
    state: Mapped[Short]
    provider: Mapped[Short] = mapped_column(default="")  # stripe
    provider_id: Mapped[Line | None] = mapped_column(unique=True)  # payment intent id
    client_secret: Mapped[Line | None]
    return_url: Mapped[Line] = mapped_column(default="")  # where the gateway's page sends the buyer back
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    authorised_at: Mapped[datetime | None] = mapped_column(index=True)  # a hold lapses after 7 days

    shares: Mapped[list["PaymentShare"]] = relationship(back_populates="payment", order_by="PaymentShare.id")


class PaymentShare(Base):
    """The part of a payment that belongs to one seller order; shares of a payment sum to its amount."""

    __tablename__ = "payment_share"
    __table_args__ = (
        UniqueConstraint("payment_id", "reference"),
        CheckConstraint("refunded >= 0 AND refunded <= captured AND captured <= amount", name="bounds"),
        CheckConstraint("accepted IS NULL OR (accepted >= 0 AND accepted <= amount)", name="accepted"),
    )

    id: Mapped[Id]
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    reference: Mapped[Short] = mapped_column(index=True)  # seller order code
    amount: Mapped[Dong]
    accepted: Mapped[Dong | None]  # what the seller will deliver; None while the seller has not answered
    captured: Mapped[Dong] = mapped_column(default=0)
    refunded: Mapped[Dong] = mapped_column(default=0)

    payment: Mapped[Payment] = relationship(back_populates="shares")


class PaymentEvent(Base):
    """A provider's message, stored once before any effect (I3)."""

    __tablename__ = "payment_event"
    __table_args__ = (UniqueConstraint("provider", "event_id"), Index("ix_payment_event_waiting", "applied_at", "id"))

    id: Mapped[Id]
    provider: Mapped[Short]
    event_id: Mapped[Line]
    kind: Mapped[Short]
    object_id: Mapped[Line]  # payment intent or refund id it speaks of
    payload: Mapped[Prose]  # raw bytes as received, UTF-8
    received_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    outcome: Mapped[Line | None]


class Refund(Base):
    """Money going back; has its own idempotency key and performs once."""

    __tablename__ = "refund"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    id: Mapped[Id]
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    share_id: Mapped[int | None] = mapped_column(ForeignKey("payment_share.id"))
    amount: Mapped[Dong]
    reason: Mapped[Line]
    key: Mapped[Short] = mapped_column(unique=True)
    state: Mapped[Short] = mapped_column(default="due")  # due, sent, done, failed
    provider_id: Mapped[Line | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class GatewayCall(Base):
    """A call owed to the gateway, made outside any transaction; its key makes a retry harmless.

    `due_at` is moved ahead when a worker takes the call: a worker that dies leaves it to be taken again.
    """

    __tablename__ = "gateway_call"
    __table_args__ = (
        Index("ix_gateway_call_due", "done_at", "due_at"),
        Index(
            "ux_gateway_call_once",
            "payment_id",
            "verb",
            unique=True,
            sqlite_where=text("refund_id IS NULL"),
            postgresql_where=text("refund_id IS NULL"),
        ),
    )

    id: Mapped[Id]
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refund.id"), unique=True)
    verb: Mapped[Short]  # create, capture, cancel, refund, retrieve
    amount: Mapped[Dong]
    key: Mapped[Short] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    outcome: Mapped[Line | None]
