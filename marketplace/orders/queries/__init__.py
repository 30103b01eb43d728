"""Reads of the orders slice: the priced basket, the buyer's view, the seller's desk, and the rows verbs decide on."""

from marketplace.orders.queries.basket import Quote, delivery_terms, quote
from marketplace.orders.queries.desk import TABS, counts, desk_order, desk_orders, orders_to_pack
from marketplace.orders.queries.following import PurchaseView, own_purchases, purchase_view
from marketplace.orders.queries.life import rules_on

__all__ = [
    "TABS", "PurchaseView", "Quote", "counts", "delivery_terms", "desk_order", "desk_orders", "orders_to_pack",
    "own_purchases", "purchase_view", "quote", "rules_on",
]
