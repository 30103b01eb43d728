"""One diary row and its log entry, written together in the caller's transaction: either both exist or neither."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from marketplace import provenance
from marketplace.catalogue.models import Product
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.lots.models import DiaryEntry, GrowingArea, Lot
from marketplace.lots.personal import record_arguments
from marketplace.lots.policies import NATURAL_PERSONS
from marketplace.lots.revealing import reveals
from marketplace.lots.services.access import log_name
from marketplace.lots.vocabulary import UNITS
from marketplace.places.models import PlaceUnit
from marketplace.sellers.models import Seller


def record_shipment(
    *, seller_id: int, lot_id: int, quantity: int, document: str, actor_id: int | None, now: datetime
) -> DiaryEntry:
    """Goods of a lot leave with an order, inside the caller's transaction and before the stock verbs.

    `quantity` in grams or pieces; `document` is an opaque number that tells nobody the order. Raises NotFound.
    """
    lot = db.session.scalar(select(Lot).where(Lot.id == lot_id, Lot.seller_id == seller_id))
    if lot is None:
        raise NotFound
    details = {"quantity": quantity, "document": document}
    return add_entry(lot=lot, kind="shipping", happened_at=now, details=details, actor_id=actor_id, now=now)


def add_entry(
    *, lot: Lot, kind: str, happened_at: datetime, details: dict[str, Any], actor_id: int | None, now: datetime,
    client_key: str | None = None, device_at: datetime | None = None, personal: Mapping[str, str] | None = None,
    publish: bool = False,
) -> DiaryEntry:
    """Record in the log and keep our searchable copy. `details` are public structured values (see vocabulary),
    `personal` what belongs to a person (see lots.personal): it is in no row of ours, public only with `publish`."""
    receipt = provenance.record(
        kind=kind, event=event_values(lot, kind, happened_at, details), lots=[lot.code], who=log_name(lot.seller_id, now=now),
        now=now, device=device_at, **record_arguments(lot.seller_id, personal or {}, publish),
    )
    entry = DiaryEntry(
        lot_id=lot.id, event_id=receipt.event_id, leaf=receipt.leaf_hex, kind=kind, happened_at=happened_at,
        recorded_at=now, recorded_by_id=actor_id, details=details, client_key=client_key,
    )
    db.session.add(entry)
    db.session.flush()
    return entry


def event_values(lot: Lot, kind: str, happened_at: datetime, details: Mapping[str, Any]) -> dict[str, Any]:
    """The event as `provenance.record` takes it: the goods, the commune, and the details under their log names."""
    event: dict[str, Any] = {"at": happened_at, "lotNumber": lot.number} | _place(lot)
    rest = dict(details)
    measure = db.session.scalar(select(Product.measure).where(Product.id == lot.product_id))
    if kind in {"harvesting", "packing"}:
        event |= _amount(rest.pop("quantity"), measure)
        if "loss" in rest:
            loss = _amount(rest.pop("loss"), measure)
            event |= {"loss": loss["quantity"], "lossUnit": loss["unit"]}
    elif kind in {"released", "shipping"}:
        event |= _amount(rest.pop("quantity"), measure)
    elif "material" in rest and "amount" in rest:
        # The class of the material is the kind of work: a name typed by a person is no part of an identifier.
        unit = UNITS[rest.pop("unit")]
        event["inputs"] = [{"item": kind, "quantity": Decimal(rest.pop("amount")), "unit": unit}]
    elif "material" in rest:
        event["inputs"] = [{"item": kind}]
    if kind == "packing":
        event["outputs"] = [{"item": f"pack-{lot.code}", "quantity": event["quantity"], "unit": event["unit"]}]
    return event | {_LOG_NAMES.get(key, key): value for key, value in rest.items()}


_LOG_NAMES = {
    "material": "product", "ingredient": "activeIngredient", "interval_days": "phiDays", "interval_source": "phiSource",
    "earliest_harvest": "earliestHarvest", "dose_unit": "doseUnit", "water_litres": "waterLitres",
    "best_before": "bestBefore", "started_on": "startedOn",
}


def _amount(quantity: int, measure: str) -> dict[str, Any]:
    if measure == "mass":
        return {"quantity": Decimal(quantity) / 1000, "unit": "KGM"}
    return {"quantity": Decimal(quantity), "unit": "H87"}


def _place(lot: Lot) -> dict[str, str]:
    """The commune (code and first day, since codes are re-used), and an organisation's growing-area code.

    A household's area code names its plot: it stays out of the log (reference log.md §2.6).
    """
    row = db.session.execute(
        select(PlaceUnit.code, PlaceUnit.valid_from, GrowingArea.code, Seller.kind)
        .select_from(GrowingArea)
        .join(PlaceUnit, PlaceUnit.id == GrowingArea.place_id)
        .join(Seller, Seller.id == GrowingArea.seller_id)
        .where(GrowingArea.id == lot.growing_area_id)
    ).first()
    if row is None:
        return {}
    code, valid_from, area_code, kind = row
    place = {"place": f"{code}-{valid_from:%Y%m%d}"}
    if area_code and area_code.isascii() and kind not in NATURAL_PERSONS and not reveals(area_code, digits=False):
        place["growingAreaCode"] = area_code
    return place
