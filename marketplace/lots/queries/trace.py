"""What the page behind a scanned code reads: one row that tells whether it changed, then its steps and papers."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.orm import aliased

from marketplace import provenance
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Category, Product, ProductCertificate, ProductPhoto
from marketplace.catalogue.queries import FIRST_PHOTO, PhotoRow
from marketplace.database import db, fingerprint, utcnow
from marketplace.lots.models import DiaryEntry, GrowingArea, Lot, Stock
from marketplace.lots.policies import NATURAL_PERSONS
from marketplace.lots.queries.personal import published_personal
from marketplace.lots.sealed import ORGANISATION, LotFacts, details, happened_at, kind_of, lot_facts
from marketplace.places.models import PlaceUnit
from marketplace.sellers.models import Certificate, Seller
from marketplace.sellers.queries import CertificateRow


@dataclass(frozen=True)
class TraceHead:
    """What our own rows say of a lot, and the stamps that tell of changes in its steps.

    Where the log says the same, the page shows the log (`TracePage.facts`); the rest is outside the log and marked so.
    """

    lot_id: int
    code: str
    number: str
    state: str
    state_reason: str | None
    quantity: int
    started_on: date | None
    harvested_on: date | None
    packed_on: date | None
    best_before: date | None
    released_at: datetime | None
    product_id: int
    product_slug: str
    product: str
    variety: str
    product_state: str
    measure: str
    unit_label: str
    category: str | None
    category_en: str | None
    seller_slug: str
    seller: str
    seller_kind: str
    seller_state: str
    seller_commune: str
    area_commune: str | None
    area_place: str | None
    area_since: date | None
    area_crop: str | None
    area_code: str | None
    area_code_state: str | None
    photo_key: str | None
    photo_widths: list | None
    photo_width: int | None
    photo_height: int | None
    photo_alt: str | None
    on_sale: int | None
    entries: int
    sealed_entries: int | None
    certificates: int
    checkpoint_size: int | None
    openings: int
    erasures: int
    version: str
    """Changes whenever anything the page shows changes (but the day, the language and the page's own code)."""

    @property
    def photo(self) -> PhotoRow | None:
        return catalogue.photo_row(
            self.photo_key, self.photo_widths, self.photo_width, self.photo_height, self.photo_alt
        )

    @property
    def buyable(self) -> bool:
        """The product can be bought now (from whichever lot comes first)."""
        return self.product_state == "listed" and self.seller_state == "approved" and (self.on_sale or 0) > 0

    @property
    def shows_area_code(self) -> bool:
        """A household's area code names its own plot: the page keeps to the commune."""
        return bool(self.area_code) and self.seller_kind not in NATURAL_PERSONS


@dataclass(frozen=True)
class TraceVersion:
    """What an event said at one time: when the work was done, and its details without their prefix."""

    happened_at: datetime
    details: Mapping[str, Any]


@dataclass(frozen=True)
class TraceStep:
    """A diary entry as the log tells it: first version, then one for each correction that counts.

    `versions` are read from sealed bytes; empty while the entry waits, when its content was `withheld` in due form,
    and when its bytes do not match our receipt: only then `kind` and the times are our own copy.
    """

    kind: str
    recorded_at: datetime
    seq: int | None  # number in the log; None: waiting to be sealed
    leaf: str
    versions: tuple[TraceVersion, ...]
    corrections: tuple[provenance.Remark, ...]
    disputes: tuple[provenance.Remark, ...]
    void: provenance.Remark | None
    withheld: bool
    personal: tuple[tuple[str, str], ...]  # name and value, those agreed to be public
    erased: tuple[str, ...]  # the grounds on which something personal was erased
    copied_at: datetime  # our own copy of the time, for an entry that cannot be read

    @property
    def number(self) -> int | None:
        """People count from 1."""
        return None if self.seq is None else self.seq + 1

    @property
    def details(self) -> Mapping[str, Any] | None:
        """What counts today."""
        return self.versions[-1].details if self.versions else None

    @property
    def happened_at(self) -> datetime:
        return self.versions[-1].happened_at if self.versions else self.copied_at


@dataclass(frozen=True)
class TracePage:
    """A lot with its steps in order of time, what was taken back last; its papers as of one day; the latest checkpoint.

    `facts`: what the log says of the lot as a whole, `place` the name of the commune it names (None: it names none).
    `lines` counts the lot's sealed entries, corrections too, `strange` those of a type not understood; `last` is the
    highest of their numbers.
    """

    head: TraceHead
    facts: LotFacts
    place: str | None
    steps: tuple[TraceStep, ...]
    certificates: tuple[CertificateRow, ...]
    checkpoint: provenance.Checkpoint | None
    lines: int
    last: int | None
    strange: int

    @property
    def sealed(self) -> bool:
        """Every step is in the log, the release too, and its bytes are those we gave a receipt for."""
        released = bool(self.facts.state) or any(step.withheld for step in self.steps)
        return released and all(step.versions or step.withheld for step in self.steps)

    @property
    def covered(self) -> bool:
        """The latest checkpoint reaches over every line of the lot."""
        return self.sealed and self.checkpoint is not None and self.last is not None and self.last < self.checkpoint.size

    @property
    def broken(self) -> bool:
        """Some sealed bytes are not what we gave a receipt for, or another organisation wrote them than we name."""
        return self.foreign or any(step.seq is not None and not (step.versions or step.withheld) for step in self.steps)

    @property
    def foreign(self) -> bool:
        """The log names another organisation than our rows do."""
        return self.facts.who not in {"", f"{ORGANISATION}{self.head.seller_slug}"}

    @property
    def state(self) -> str:
        """The lot's state, the log's word before our row's: only what the log does not hold (sold out) is ours."""
        said, ours = self.facts.state, self.head.state
        if "recalled" in {said, ours}:
            return "recalled"
        if said == "released" and ours == "draft":
            return "released"
        return said if said in {"blocked", "cancelled"} else ours

    @property
    def best_before(self) -> date | None:
        return self.facts.day("best_before") or self.head.best_before

    @property
    def harvested_on(self) -> date | None:
        return self.facts.day("harvested") or self.head.harvested_on


_AREA_PLACE = aliased(PlaceUnit)
_LINKED = (
    select(Certificate.id, Certificate.declared_at, Certificate.checked_at, Certificate.revoked_at)
    .join(ProductCertificate, ProductCertificate.certificate_id == Certificate.id)
    .where(ProductCertificate.product_id == Lot.product_id)
    .correlate(Lot)
)


def _stamp(column) -> Any:
    return _LINKED.with_only_columns(func.max(column)).scalar_subquery()


def _of_entries(count: Callable[[Any], Any]) -> Any:
    """The sum of a count over the lot's entries."""
    total = func.coalesce(func.sum(count(DiaryEntry.event_id)), 0)
    return select(total).where(DiaryEntry.lot_id == Lot.id).scalar_subquery()


_COLUMNS = (
    Lot.id, Lot.code, Lot.number, Lot.state, Lot.state_reason, Lot.quantity, Lot.started_on, Lot.harvested_on,
    Lot.packed_on, Lot.best_before, Lot.released_at, Product.id, Product.slug, Product.name, Product.variety,
    Product.state, Product.measure, Product.unit_label, Category.name, Category.name_en, Seller.slug, Seller.name,
    Seller.kind, Seller.state, PlaceUnit.name, _AREA_PLACE.name, _AREA_PLACE.code, _AREA_PLACE.valid_from, GrowingArea.crop, GrowingArea.code,
    GrowingArea.code_state, *catalogue.PHOTO_COLUMNS, Stock.on_hand - Stock.allocated - Stock.held,
    select(func.count()).where(DiaryEntry.lot_id == Lot.id).scalar_subquery(), provenance.sealed_links(Lot.code),
    _LINKED.with_only_columns(func.count()).scalar_subquery(), provenance.checkpoint_size(),
    _of_entries(provenance.published_openings), _of_entries(provenance.erased_values),
)
_FINGERPRINT = fingerprint(
    *_COLUMNS, _stamp(Certificate.declared_at), _stamp(Certificate.checked_at), _stamp(Certificate.revoked_at),
    provenance.withheld_bodies(), provenance.outside_stamp(),
)
_HEAD = (
    select(*_COLUMNS, _FINGERPRINT)
    .join(Product, Product.id == Lot.product_id)
    .join(Seller, Seller.id == Lot.seller_id)
    .join(PlaceUnit, PlaceUnit.id == Seller.place_id)
    .outerjoin(Category, Category.id == Product.category_id)
    .outerjoin(GrowingArea, GrowingArea.id == Lot.growing_area_id)
    .outerjoin(_AREA_PLACE, _AREA_PLACE.id == GrowingArea.place_id)
    .outerjoin(ProductPhoto, FIRST_PHOTO)
    .outerjoin(Stock, Stock.product_id == Lot.product_id)
    .where(Lot.code == bindparam("code"))
)
_VERSION = _HEAD.with_only_columns(_FINGERPRINT, maintain_column_froms=True)
_STEPS = (
    select(
        DiaryEntry.event_id, DiaryEntry.kind, DiaryEntry.happened_at, DiaryEntry.recorded_at, DiaryEntry.leaf,
    )
    .where(DiaryEntry.lot_id == bindparam("lot_id"))
    .order_by(DiaryEntry.id)
)
_PLACE = select(PlaceUnit.name).where(PlaceUnit.code == bindparam("place"), PlaceUnit.valid_from == bindparam("since"))
_STATE = select(Lot.id, Lot.state).where(Lot.code == bindparam("code"))


def trace_head(code: str) -> TraceHead | None:
    """The lot with this trace code, or None. One statement, by unique index."""
    # By the connection: this runs for every scan, and the session's own execute costs as much again as the statement.
    row = db.session.connection().execute(_HEAD, _asked(code)).first()
    if row is None:
        return None
    *columns, seen = row
    return TraceHead(*columns, version=_digest(seen))


def trace_version(connection: Connection, code: str) -> str | None:
    """`trace_head(code).version` alone, or None: a third of the price, and without a session."""
    row = connection.execute(_VERSION, _asked(code)).first()
    return _digest(row[0]) if row else None


def trace_page(code: str, *, day: date, head: TraceHead | None = None) -> TracePage | None:
    """All the page shows, certificates as of `day`. Four statements beside `trace_head`'s, five for a lot that an
    inspector corrected or somebody disputed; one more for public personal values (and one in the store of their keys),
    one for erased ones."""
    head = head or trace_head(code)
    if head is None:
        return None
    certificates = catalogue.certificates_of([head.product_id], day).get(head.product_id, [])
    history = provenance.lot_history(head.code)
    facts = lot_facts(history)
    rows = {row.event_id: row for row in db.session.execute(_STEPS, {"lot_id": head.lot_id})}
    events = [*rows, *(name for name in history.events if name not in rows)]
    told = published_personal(events) if head.openings else {}
    gone = _grounds(events) if head.erasures or len(events) > len(rows) else {}
    steps = [_step(history, name, rows.get(name), told.get(name, ()), gone.get(name, ())) for name in events]
    steps.sort(key=lambda step: (step.void is not None, step.happened_at))
    return TracePage(
        head, facts, _place(head, facts), tuple(steps), tuple(certificates), provenance.latest_checkpoint(),
        history.entries, history.last, history.strange,
    )


def lot_of_code(code: str) -> tuple[int, str] | None:
    """Id and state of the lot with this code, or None."""
    row = db.session.execute(_STATE, {"code": code}).first()
    return (row[0], row[1]) if row else None


def _asked(code: str) -> dict[str, Any]:
    return {"code": code, **provenance.outside_moments(utcnow())}


def is_public(code: str) -> bool:
    """The lot exists and was released, by our row or by the log. Our row calling it a draft costs the lot's history."""
    found = lot_of_code(code)
    return found is not None and (found[1] != "draft" or bool(lot_facts(provenance.lot_history(code)).state))


def _digest(seen: str) -> str:
    return hashlib.blake2b(seen.encode(), digest_size=10).hexdigest()


def _grounds(events: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """By event, on which grounds something of it was erased."""
    found: dict[str, tuple[str, ...]] = {}
    for item in provenance.erasures_of(events):
        found[item.entry_id] = tuple(dict.fromkeys((*found.get(item.entry_id, ()), item.ground)))
    return found


def _place(head: TraceHead, facts: LotFacts) -> str | None:
    """The commune the log names: one statement more only where our row names another one."""
    if not facts.place or (head.area_since and facts.place == f"{head.area_place}-{head.area_since:%Y%m%d}"):
        return head.area_commune if facts.place else None
    code, _dash, since = facts.place.partition("-")
    try:
        day = date.fromisoformat(since)
    except ValueError:
        return code
    return db.session.scalar(_PLACE, {"place": code, "since": day}) or code


def _step(history: provenance.LotHistory, name: str, row: Any, personal: Iterable, erased: tuple[str, ...]) -> TraceStep:
    """By the log; by our row (none: it is gone) only what the log has not sealed, withholds, or contradicts."""
    event = history.events.get(name)
    if event is None or (row is not None and row.leaf != event.leaf_hex):
        seq = event.seq if event else history.withheld.get(name, history.unreadable.get(name))
        return TraceStep(
            row.kind, row.recorded_at, seq, row.leaf, (), (), (), None, name in history.withheld, tuple(personal), erased,
            row.happened_at,
        )
    return TraceStep(
        kind_of(event.fields), event.recorded_at, event.seq, event.leaf_hex, tuple(map(_version, event.versions)),
        event.corrections, event.disputes, event.void, False, tuple(personal), erased, event.recorded_at,
    )


def _version(event: Mapping[str, Any]) -> TraceVersion:
    return TraceVersion(happened_at(event), details(event))
