"""From an activity of a farm or shop to the EPCIS event that tells it (reference traceability.md §2)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from traceability.epcis.events import AnyEvent, BizTransaction, ObjectEvent, Quantity, TransformationEvent
from traceability.epcis.vocabulary import ACTIVITIES, LOT, OWN
from traceability.errors import EventError


def tell(
    activity: str,
    *,
    event_id: str,
    at: datetime,
    lots: Sequence[str],
    quantity: Decimal | None = None,
    unit: str | None = None,
    inputs: Sequence[Quantity] = (),
    outputs: Sequence[Quantity] = (),
    place: str | None = None,
    document: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> AnyEvent:
    """The event for `activity` (a key of ACTIVITIES) on `lots` (trace codes, the lot in work first).

    `quantity` and `unit` are of the first lot. Work of an `inputs` kind without material, and a `transform` without
    outputs, is told as an observation of the lots: EPCIS wants no empty transformation. Raises EventError.
    """
    how = ACTIVITIES.get(activity)
    if how is None or not lots:
        raise EventError("unknown-activity", f"there is no activity {activity!r}, or no lot it concerns")
    first, *others = (f"{LOT}{code}" for code in lots)
    goods = (Quantity(first, quantity, unit), *(Quantity(other) for other in others))
    common: dict[str, Any] = {
        "event_id": event_id,
        "event_time": at,
        "biz_step": how.biz_step,
        "disposition": how.disposition,
        "biz_location": place and f"{OWN}loc-{place}",
        "biz_transactions": (BizTransaction(f"{OWN}bt-{document}"),) if document else (),
        "details": dict(details or {}) | {"activity": activity},
    }
    sides = _sides(how.shape, goods, tuple(inputs), tuple(outputs))
    if sides is None:
        return ObjectEvent(action=how.action, quantities=goods + tuple(inputs), **common)
    used, made = sides
    return TransformationEvent(transformation_id=f"{OWN}cycle-{lots[0]}", inputs=used, outputs=made, **common)


def _sides(
    shape: str, goods: tuple[Quantity, ...], inputs: tuple[Quantity, ...], outputs: tuple[Quantity, ...]
) -> tuple[tuple[Quantity, ...], tuple[Quantity, ...]] | None:
    """Inputs and outputs of the transformation, None where the activity is an observation."""
    if shape == "inputs" and inputs:
        return inputs, ()
    if shape == "outputs":
        return (), outputs or goods
    if shape == "transform" and outputs:
        return inputs or goods, outputs
    return None
