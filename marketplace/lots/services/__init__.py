"""The verbs of lots: growing areas, lots, diary, release and recall, stock, problem reports."""

from marketplace.lots.services.amend import Amended, correct_entry, dispute_entry, void_entry
from marketplace.lots.services.areas import create_growing_area, retire_growing_area, update_growing_area
from marketplace.lots.services.diary import record_diary
from marketplace.lots.services.events import record_shipment
from marketplace.lots.services.forgetting import forget_aliases, forget_details
from marketplace.lots.services.lots import cancel_lot, create_lot, update_lot
from marketplace.lots.services.release import (
    block_lot,
    check_release,
    close_expired,
    close_lot,
    recall_lot,
    release_lot,
    unblock_lot,
)
from marketplace.lots.services.reports import MAX_EVIDENCE, report_problem
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
    "MAX_EVIDENCE",
    "Amended",
    "LotShort",
    "OutOfStock",
    "allocate_held",
    "allocate_lots",
    "allocate_stock",
    "block_lot",
    "cancel_lot",
    "check_release",
    "close_expired",
    "close_lot",
    "correct_entry",
    "create_growing_area",
    "create_lot",
    "dispute_entry",
    "forget_aliases",
    "forget_details",
    "hold_stock",
    "recall_lot",
    "record_diary",
    "record_shipment",
    "release_allocation",
    "release_hold",
    "release_lot",
    "release_lots",
    "report_problem",
    "retire_growing_area",
    "return_lots",
    "ship_lots",
    "unblock_lot",
    "update_growing_area",
    "update_lot",
    "void_entry",
]
