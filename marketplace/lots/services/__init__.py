"""The verbs of lots: growing areas, lots, diary, release and recall, stock, problem reports."""

from marketplace.lots.services.stock import (
    LotShort,
    OutOfStock,
    allocate_held,
    allocate_lots,
    allocate_stock,
    hold_stock,
    release_allocation,
    release_hold,
    release_lots,
    return_lots,
    ship_lots,
)

__all__ = [
    "LotShort",
    "OutOfStock",
    "allocate_held",
    "allocate_lots",
    "allocate_stock",
    "hold_stock",
    "release_allocation",
    "release_hold",
    "release_lots",
    "return_lots",
    "ship_lots",
]
