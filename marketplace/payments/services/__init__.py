"""Verbs of money: open, answer, abandon, give back, and the work owed to and told by the card gateway.

Lock order: a transaction that touches payments and orders takes the payment first.
"""

from marketplace.payments.registry import gateways, listeners
from marketplace.payments.services.answering import (
    GiveBackTooMuch,
    NotAuthorised,
    abandon,
    answer_share,
    give_back,
)
from marketplace.payments.services.calling import make_calls
from marketplace.payments.services.cash import WrongCash, begin_cash, change_cash, collect_cash, write_off_cash
from marketplace.payments.services.notices import apply_events, receive_event
from marketplace.payments.services.opening import CardAmountTooLarge, CardUnavailable, begin_card
from marketplace.payments.services.running import run_due

__all__ = [
    "CardAmountTooLarge",
    "CardUnavailable",
    "GiveBackTooMuch",
    "NotAuthorised",
    "WrongCash",
    "abandon",
    "answer_share",
    "apply_events",
    "begin_card",
    "begin_cash",
    "change_cash",
    "collect_cash",
    "gateways",
    "give_back",
    "listeners",
    "make_calls",
    "receive_event",
    "run_due",
    "write_off_cash",
]
