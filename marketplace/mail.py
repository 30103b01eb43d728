"""Outgoing messages: written with the business change, sent after commit, each with its outcome visible."""

import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Line, Prose, Short, after_commit, db, transaction
from marketplace.extensions import jobs

log = structlog.get_logger()
MAX_TRIES = 8


class OutboxMessage(Base):
    """One message to one recipient: pending, sent, failed, or withheld (the demo)."""

    __tablename__ = "outbox_message"

    id: Mapped[Id]
    channel: Mapped[Short]  # "email" or "sms"
    recipient: Mapped[Line]
    subject: Mapped[Line]
    body: Mapped[Prose]
    reference: Mapped[Short]  # what it is about, e.g. an order code
    state: Mapped[Short] = mapped_column(default="pending", index=True)
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    error: Mapped[Line | None]


_WRITE = insert(OutboxMessage.__table__).inline()


@dataclass(frozen=True)
class Letter:
    """What goes to one recipient by channel "email" or "sms"; `reference` is what it is about, e.g. an order code."""

    channel: str
    recipient: str
    subject: str
    body: str
    reference: str


def queue(*, channel: str, recipient: str, subject: str, body: str, reference: str, now: datetime) -> None:
    """Write a message in the current transaction; it leaves after commit, or never."""
    queue_all([Letter(channel, recipient, subject, body, reference)], now=now)


def queue_all(letters: Sequence[Letter], *, now: datetime) -> None:
    """The same for several messages (at least one), in one statement."""
    rows = [
        {
            "channel": letter.channel, "recipient": letter.recipient, "subject": letter.subject[:255],
            "body": letter.body, "reference": letter.reference, "created_at": now, "due_at": now,
        }
        for letter in letters
    ]
    db.session.execute(_WRITE, rows)
    after_commit(lambda: jobs.wake("mail"))


class Sender:
    """Delivers one message. `smtp://user:password@host:port` sends e-mail; empty writes it to the log."""

    def __init__(self, url: str) -> None:
        self.url = url

    def send(self, *, channel: str, recipient: str, subject: str, body: str) -> None:
        """Raises OSError or smtplib.SMTPException when the message could not be handed over."""
        if not self.url:
            log.info("message-not-sent-no-mail-url", channel=channel, recipient=f"…{recipient[-3:]}", subject=subject)
            return
        if channel != "email":
            raise OSError(f"no sender configured for channel {channel}")
        parts = urlsplit(self.url)
        message = EmailMessage()
        message["From"] = f"no-reply@{parts.hostname}"
        message["To"], message["Subject"] = recipient, subject
        message.set_content(body)
        with smtplib.SMTP(parts.hostname or "localhost", parts.port or 25, timeout=15) as server:
            if parts.username:
                server.starttls()
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)


def send_due(*, sender: Sender, now: datetime, limit: int = 50) -> int:
    """Send what is due; returns how many were handled. A failure waits longer each time, then is marked failed."""
    due = db.session.scalars(
        select(OutboxMessage.id)
        .where(OutboxMessage.state == "pending", OutboxMessage.due_at <= now)
        .order_by(OutboxMessage.id)
        .limit(limit)
    ).all()
    for message_id in due:
        _send_one(message_id=message_id, sender=sender, now=now)
    return len(due)


def _send_one(*, message_id: int, sender: Sender, now: datetime) -> None:
    with transaction() as session:
        # Claimed by moving the due time: a second worker then passes it by, and a crash only delays it.
        claimed = session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == message_id, OutboxMessage.state == "pending", OutboxMessage.due_at <= now)
            .values(due_at=now + timedelta(minutes=5), tries=OutboxMessage.tries + 1)
        ).rowcount
        message = session.get(OutboxMessage, message_id) if claimed else None
    if message is None:
        return
    try:
        sender.send(channel=message.channel, recipient=message.recipient, subject=message.subject, body=message.body)
    except (OSError, smtplib.SMTPException) as error:
        with transaction() as session:
            failed = session.get_one(OutboxMessage, message_id)
            failed.error = str(error)[:255]
            failed.state = "failed" if failed.tries >= MAX_TRIES else "pending"
            failed.due_at = now + timedelta(minutes=2**failed.tries)
        return
    with transaction() as session:
        sent = session.get_one(OutboxMessage, message_id)
        sent.state, sent.sent_at, sent.error = "sent", now, None
