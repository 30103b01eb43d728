"""The job: notices first, then the calls owed; and the last day on which held money can still be taken."""

from datetime import datetime, timedelta

from sqlalchemy import select

from marketplace.database import db, transaction
from marketplace.payments.models import Payment
from marketplace.payments.registry import gateways
from marketplace.payments.services.answering import close_answers
from marketplace.payments.services.calling import make_calls
from marketplace.payments.services.notices import apply_events

LAST_CAPTURE = timedelta(days=5)
"""A card's hold lapses after about seven days (Stripe, "Place a hold on a payment method")."""

ROUNDS = 5


def run_due(now: datetime) -> int:
    """Everything that is due; answers how many things were done. Safe to run in several workers at once."""
    gateway = gateways.bound
    if gateway is None:
        return 0
    done = 0
    # one thing leads to the next (a notice to an order, an order to a capture): not a minute between each
    for _ in range(ROUNDS):
        round_done = apply_events(gateway=gateway, now=now)
        round_done += _force_captures(now=now)
        round_done += make_calls(gateway=gateway, now=now)
        if not round_done:
            break
        done += round_done
    return done


def _force_captures(*, now: datetime) -> int:
    """Sellers who have not answered by the fifth day deliver nothing, so that the others are paid (T5)."""
    old = (Payment.state == "authorised", Payment.authorised_at <= now - LAST_CAPTURE)
    late = list(db.session.scalars(select(Payment.id).where(*old)))
    db.session.rollback()
    for payment_id in late:
        with transaction() as session:
            close_answers(session, payment_id, now=now)
    return len(late)
