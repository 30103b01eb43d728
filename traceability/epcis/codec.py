"""Events as EPCIS 2.0 JSON: the record inside a log entry, back again, and the document for the public.

In a record decimals are strings (`"quantity": "12.5", "uom": "KGM"`) and own fields have the prefix `cns:`; times are
UTC with milliseconds beside the local offset. In a public document quantities are numbers, as the standard wants.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from traceability.canonical.profile import format_time, parse_time
from traceability.epcis.events import (
    AggregationEvent,
    AnyEvent,
    AssociationEvent,
    BizTransaction,
    ObjectEvent,
    Quantity,
    TransformationEvent,
)
from traceability.epcis.vocabulary import ERROR_REASONS, OWN
from traceability.errors import EventError, ProfileError

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

_KINDS: dict[str, type[AnyEvent]] = {
    kind.__name__: kind for kind in (ObjectEvent, TransformationEvent, AggregationEvent, AssociationEvent)
}
_PLAIN = {
    "biz_step": "bizStep",
    "disposition": "disposition",
    "action": "action",
    "transformation_id": "transformationID",
    "parent": "parentID",
}
_PLACES = {"read_point": "readPoint", "biz_location": "bizLocation"}
_EPCS = {
    "ObjectEvent": {"epcs": "epcList"},
    "AggregationEvent": {"child_epcs": "childEPCs"},
    "AssociationEvent": {"child_epcs": "childEPCs"},
    "TransformationEvent": {},
}
_QUANTITIES = {
    "ObjectEvent": {"quantities": "quantityList"},
    "AggregationEvent": {"child_quantities": "childQuantityList"},
    "AssociationEvent": {"child_quantities": "childQuantityList"},
    "TransformationEvent": {"inputs": "inputQuantityList", "outputs": "outputQuantityList"},
}
_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{0,15}[1-9])?")


def record_of(event: AnyEvent) -> dict[str, Any]:
    """The record as it goes into a log entry. Raises EventError for a detail no entry can hold."""
    kind = type(event).__name__
    record: dict[str, Any] = {
        "type": kind,
        "eventID": event.event_id,
        "eventTime": format_time(event.event_time),
        "eventTimeZoneOffset": event.offset,
    }
    names = {item.name for item in fields(event)}
    record |= {key: getattr(event, name) for name, key in _PLAIN.items() if name in names and getattr(event, name)}
    record |= {key: {"id": getattr(event, name)} for name, key in _PLACES.items() if getattr(event, name)}
    record |= {key: list(getattr(event, name)) for name, key in _EPCS[kind].items() if getattr(event, name)}
    for name, key in _QUANTITIES[kind].items():
        if getattr(event, name):
            record[key] = [_quantity_record(item) for item in getattr(event, name)]
    if event.biz_transactions:
        record["bizTransactionList"] = [
            ({"type": item.type} if item.type else {}) | {"bizTransaction": item.id} for item in event.biz_transactions
        ]
    if getattr(event, "ilmd", None):
        record["ilmd"] = _own(event.ilmd)
    return record | _own(event.details)


def event_of(record: Mapping[str, Any]) -> AnyEvent:
    """The event a record tells. Raises EventError for a record that `record_of` could not have written."""
    kind = record.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise EventError("unknown-type", "the record is none of the event types kept here")
    try:
        values: dict[str, Any] = {
            "event_id": record["eventID"],
            "event_time": parse_time(record["eventTime"]),
            "offset": record["eventTimeZoneOffset"],
            "details": _not_own(record),
            "biz_transactions": tuple(
                BizTransaction(item["bizTransaction"], item.get("type"))
                for item in record.get("bizTransactionList", ())
            ),
        }
        values |= {name: record[key] for name, key in _PLAIN.items() if key in record}
        values |= {name: record[key]["id"] for name, key in _PLACES.items() if key in record}
        values |= {name: tuple(record[key]) for name, key in _EPCS[kind].items() if key in record}
        for name, key in _QUANTITIES[kind].items():
            values[name] = tuple(_quantity(item) for item in record.get(key, ()))
        if "ilmd" in record:
            values["ilmd"] = _not_own(record["ilmd"])
        event = _KINDS[kind](**values)
    except (KeyError, TypeError, AttributeError, ProfileError) as error:
        raise EventError("malformed", f"the record is not a {kind} as written here") from error
    if record_of(event) != dict(record):
        raise EventError("malformed", f"the record has fields a {kind} does not have here")
    return event


def public_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record as EPCIS wants it published: quantities as numbers."""
    result = dict(record)
    for keys in _QUANTITIES.values():
        for key in keys.values():
            if key in record:
                result[key] = [_number(item) for item in record[key]]
    return result


def declare_error(
    record: Mapping[str, Any], *, at: datetime, reason: str, corrective: Iterable[str] = ()
) -> dict[str, Any]:
    """The event declared wrong (EPCIS 2.0 §7.4.1.2): equal in every other field. `reason` is of ERROR_REASONS,
    `corrective` the ids of the events that tell it right. Raises EventError for a reason CBV does not have."""
    if reason not in ERROR_REASONS:
        raise EventError("bad-word", "the reason of an error declaration is not in CBV")
    declaration: dict[str, Any] = {"declarationTime": format_time(at), "reason": reason}
    if better := list(corrective):
        declaration["correctiveEventIDs"] = better
    return dict(record) | {"errorDeclaration": declaration}


def document(records: Iterable[Mapping[str, Any]], *, base_url: str, created: datetime) -> dict[str, Any]:
    """An EPCISDocument of these records; `base_url` is the site's address without a trailing slash."""
    return {
        "@context": [CONTEXT, {"cns": f"{base_url}/voc/", "cnt": f"{base_url}/t/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": format_time(created),
        "epcisBody": {"eventList": [public_record(record) for record in records]},
    }


def plain_decimal(value: Decimal) -> str:
    """A decimal without exponent or trailing zeros: `12.50` is `12.5`, `8E+2` is `800`."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _quantity_record(item: Quantity) -> dict[str, Any]:
    record: dict[str, Any] = {"epcClass": item.epc_class}
    if item.quantity is not None:
        record["quantity"] = plain_decimal(abs(item.quantity))
    if item.unit:
        record["uom"] = item.unit
    return record


def _quantity(item: Mapping[str, Any]) -> Quantity:
    text = item.get("quantity")
    if text is not None and not _DECIMAL.fullmatch(text):
        raise EventError("bad-quantity", "a quantity is not a plain decimal string")
    return Quantity(item["epcClass"], None if text is None else Decimal(text), item.get("uom"))


def _number(item: Mapping[str, Any]) -> dict[str, Any]:
    if "quantity" not in item:
        return dict(item)
    value = Decimal(item["quantity"])
    return dict(item) | {"quantity": int(value) if value == value.to_integral_value() else float(value)}


def _own(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{OWN}{key}": _plain(value) for key, value in values.items() if value is not None}


def _not_own(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key.removeprefix(OWN): value for key, value in record.items() if key.startswith(OWN)}


def _plain(value: Any) -> Any:
    """A detail as the entry profile has it: decimals, dates and times become strings."""
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return plain_decimal(value)
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    raise EventError("bad-detail", f"a detail of type {type(value).__name__} cannot stand in an entry")
