"""What pages read about lots, as frozen rows."""

from marketplace.lots.queries.desk import (
    AreaRow,
    EntryRow,
    LotPage,
    LotRow,
    ProductChoice,
    desk_lots,
    growing_area,
    growing_areas,
    harvested,
    lot_diary,
    lot_page,
    lot_products,
    open_lots,
)
from marketplace.lots.queries.stock import PackableLot, lots_for_packing, stock_of
from marketplace.lots.queries.trace import (
    TraceHead,
    TracePage,
    TraceStep,
    lot_of_code,
    trace_head,
    trace_page,
    trace_version,
)

__all__ = [
    "AreaRow",
    "EntryRow",
    "LotPage",
    "LotRow",
    "PackableLot",
    "ProductChoice",
    "TraceHead",
    "TracePage",
    "TraceStep",
    "desk_lots",
    "growing_area",
    "growing_areas",
    "harvested",
    "lot_diary",
    "lot_of_code",
    "lot_page",
    "lot_products",
    "lots_for_packing",
    "open_lots",
    "stock_of",
    "trace_head",
    "trace_page",
    "trace_version",
]
