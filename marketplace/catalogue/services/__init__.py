"""Verbs of the catalogue: the seller's side, then the officer's."""

from marketplace.catalogue.details import Details
from marketplace.catalogue.services.decisions import list_product, reject_product, take_down_product
from marketplace.catalogue.services.listing import (
    create_product,
    relist_product,
    submit_product,
    update_product,
    withdraw_product,
)

__all__ = [
    "Details",
    "create_product",
    "list_product",
    "reject_product",
    "relist_product",
    "submit_product",
    "take_down_product",
    "update_product",
    "withdraw_product",
]
