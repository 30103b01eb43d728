"""EPCIS 2.0 events as frozen records, and the rules a schema does not check.

Quantities are exact decimals with their UN/ECE Rec 20 unit (KGM, GRM, LTR, H87 …); times are aware.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from traceability.epcis.vocabulary import ACTIONS, BIZ_STEPS, BIZ_TRANSACTION_TYPES, DISPOSITIONS, OWN_STEPS
from traceability.errors import EventError

_UNIT = re.compile(r"[A-Z0-9]{2,3}")
_URI = re.compile(r"[a-z][a-z0-9+.-]*:[\x21-\x7e]{1,200}")
_DETAIL = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
_OFFSET = re.compile(r"[+-](?:0[0-9]|1[0-4]):[0-5][0-9]")


@dataclass(frozen=True, slots=True)
class Quantity:
    """So much of a class of goods; without a number the class as such."""

    epc_class: str
    quantity: Decimal | None = None
    unit: str | None = None

    def __post_init__(self) -> None:
        _require(_URI.fullmatch(self.epc_class), "bad-uri", "a class of goods is not a URI")
        if self.quantity is not None:
            finite = self.quantity.is_finite() and self.quantity >= 0
            _require(finite, "bad-quantity", "a quantity is negative or no number")
            _require(abs(self.quantity.adjusted()) < 16, "bad-quantity", "a quantity has more than 16 places")
        if self.unit is not None:
            _require(_UNIT.fullmatch(self.unit), "bad-unit", "a unit is not 2 or 3 capital letters of UN/ECE Rec 20")
            _require(self.quantity is not None, "bad-unit", "a unit without a quantity")


@dataclass(frozen=True, slots=True)
class BizTransaction:
    """A business document, by its opaque URI."""

    id: str
    type: str | None = None

    def __post_init__(self) -> None:
        _require(_URI.fullmatch(self.id), "bad-uri", "a business document is not a URI")
        _require(self.type is None or self.type in BIZ_TRANSACTION_TYPES, "bad-word", "an unknown type of document")


@dataclass(frozen=True, kw_only=True)
class Event:
    """What every event says: which, when (and by which local clock), where, why. `details` are our own fields."""

    event_id: str
    event_time: datetime
    offset: str = "+07:00"
    biz_step: str | None = None
    disposition: str | None = None
    read_point: str | None = None
    biz_location: str | None = None
    biz_transactions: tuple[BizTransaction, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require(_URI.fullmatch(self.event_id), "bad-uri", "the event id is not a URI")
        _require(self.event_time.tzinfo is not None, "bad-time", "the event time has no zone")
        _require(_OFFSET.fullmatch(self.offset), "bad-offset", "the offset is not ±hh:mm")
        step = self.biz_step
        _require(step is None or step in BIZ_STEPS or step in OWN_STEPS, "bad-word", "the business step is unknown")
        known = self.disposition is None or self.disposition in DISPOSITIONS
        _require(known, "bad-word", "the disposition is not in CBV")
        for place in (self.read_point, self.biz_location):
            _require(place is None or _URI.fullmatch(place), "bad-uri", "a place is not a URI")
        for key in self.details:
            _require(_DETAIL.fullmatch(key), "bad-detail", f"{key!r} is not the name of a detail")


@dataclass(frozen=True, kw_only=True)
class ObjectEvent(Event):
    """Something happened to these things, or is told of them."""

    action: str
    epcs: tuple[str, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    ilmd: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_action(self.action)
        _check_epcs(self.epcs)
        _require(self.epcs or self.quantities, "nothing", "the event names no goods")
        _require(not self.ilmd or self.action == "ADD", "bad-ilmd", "master data of a lot belong to ADD only")


@dataclass(frozen=True, kw_only=True)
class TransformationEvent(Event):
    """Inputs were used up, outputs came to be; events of one cycle share `transformation_id`."""

    transformation_id: str | None = None
    inputs: tuple[Quantity, ...] = ()
    outputs: tuple[Quantity, ...] = ()
    ilmd: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        cycle = self.transformation_id
        _require(cycle is None or _URI.fullmatch(cycle), "bad-uri", "the transformation id is not a URI")
        _require(self.inputs or self.outputs, "nothing", "the event has neither inputs nor outputs")
        whole = bool(self.inputs and self.outputs)
        _require(whole or cycle, "one-sided", "an event with one side only needs a transformation id")


@dataclass(frozen=True, kw_only=True)
class AggregationEvent(Event):
    """Children were put into a parent, taken out, or seen in it."""

    action: str
    parent: str | None = None
    child_epcs: tuple[str, ...] = ()
    child_quantities: tuple[Quantity, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_action(self.action)
        _check_epcs(self.child_epcs)
        parent = self.parent
        _require(parent is None or _URI.fullmatch(parent), "bad-uri", "the parent is not a URI")
        _require(parent or self.action == "OBSERVE", "no-parent", "only an observation may leave the parent out")
        children = self.child_epcs or self.child_quantities
        _require(children or self.action == "DELETE", "nothing", "the event names no children")


@dataclass(frozen=True, kw_only=True)
class AssociationEvent(AggregationEvent):
    """As aggregation, for things that stay what they are: a sensor in a room, a pump on a pond."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(self.parent, "no-parent", "an association names its parent")


AnyEvent = ObjectEvent | TransformationEvent | AggregationEvent | AssociationEvent


def check_time(event: Event, now: datetime, ahead: timedelta = timedelta(minutes=5)) -> None:
    """Raises EventError `in-future` for an event that is said to happen later than `now` and the clocks' tolerance."""
    _require(event.event_time <= now + ahead, "in-future", "the event time has not come yet")


def _check_action(action: str) -> None:
    _require(action in ACTIONS, "bad-word", "the action is not ADD, OBSERVE or DELETE")


def _check_epcs(epcs: tuple[str, ...]) -> None:
    _require(all(_URI.fullmatch(epc) for epc in epcs), "bad-uri", "an EPC is not a URI")


def _require(holds: object, code: str, message: str) -> None:
    if not holds:
        raise EventError(code, message)
