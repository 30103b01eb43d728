"""Recording what happened: sales, visits, outreach; keeping the daily rollup equal to the facts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.models import Person
from marketplace.database import db, on_postgresql, transaction, vietnam_day
from marketplace.errors import N_, Conflict, DomainError, Forbidden
from marketplace.statistics.models import OutreachRecord, SaleFact, SaleRollup, VisitDay
from marketplace.statistics.policies import can_record_outreach

GROUP = ("day", "seller_kind", "place_id", "category_id", "ocop", "channel", "method")
SUMS = ("transactions", "grams", "pieces", "dong")


@dataclass(frozen=True)
class SaleLine:
    """One line of a sale: what was sold, in grams and pieces (either may be 0), for how many đồng."""

    category_id: int
    product_id: int | None
    ocop: bool
    grams: int
    pieces: int
    dong: int


class SaleAlreadyRecorded(Conflict):
    """This order's sale is a fact already; it is never counted twice."""

    code = "sale-already-recorded"
    message = N_("Đơn này đã được ghi vào thống kê.")


class BadOutreach(DomainError):
    """The record cannot be true: negative, in the future, or of an unknown kind."""

    code = "bad-outreach"
    message = N_("Số hộ và ngày chưa đúng. Mời bạn kiểm tra lại.")
    field = "households"


def _upserts(dialect_insert):
    """The rollup's and the visits' upserts, built once: `row += row` in one statement."""
    rollup = dialect_insert(SaleRollup)
    rollup = rollup.on_conflict_do_update(
        index_elements=list(GROUP), set_={name: getattr(SaleRollup, name) + rollup.excluded[name] for name in SUMS}
    )
    visits = dialect_insert(VisitDay)
    visits = visits.on_conflict_do_update(
        index_elements=["day", "kind"], set_={"count": VisitDay.count + visits.excluded["count"]}
    )
    return rollup, visits


SQLITE_UPSERTS = _upserts(sqlite.insert)
POSTGRES_UPSERTS = _upserts(postgresql.insert)
INSERT_FACTS = insert(SaleFact)


def record_sale(
    *,
    source: str,
    at: datetime,
    seller_id: int,
    seller_kind: str,
    place_id: int,
    method: str,
    lines: Sequence[SaleLine],
    channel: str = "platform",
    declared: bool = False,
    recorded_by_id: int | None = None,
    sign: int = 1,
) -> None:
    """Write one sale as facts and add it to the rollup, in the caller's transaction.

    `at` decides the Vietnamese day the sale counts on. `sign` -1 records a reversal (return, refund) of the
    same shape on its own date. Raises SaleAlreadyRecorded when `source` was recorded before.
    """
    shared = {
        "source": source, "day": vietnam_day(at), "at": at, "seller_id": seller_id, "seller_kind": seller_kind, "place_id": place_id,
        "channel": channel, "method": method, "declared": declared, "recorded_by_id": recorded_by_id,
    }  # fmt: skip
    facts = [_fact(shared, number, line, sign) for number, line in enumerate(lines, start=1)]
    with transaction() as session:
        try:
            with session.begin_nested():
                session.execute(INSERT_FACTS, facts)
        except IntegrityError as error:
            raise SaleAlreadyRecorded() from error
        _add_to_rollup(facts)


def _fact(shared: dict, number: int, line: SaleLine, sign: int) -> dict:
    """The row of one line; only the first line of a sale counts as a transaction."""
    return {
        **shared, "source_line": number, "category_id": line.category_id, "product_id": line.product_id, "ocop": line.ocop,
        "transactions": sign if number == 1 else 0, "grams": sign * line.grams, "pieces": sign * line.pieces, "dong": sign * line.dong,
    }  # fmt: skip


def record_many(facts: Sequence[dict]) -> None:
    """Insert prepared fact rows (imports and the demo) and their rollup, in the caller's transaction."""
    with transaction() as session:
        session.execute(INSERT_FACTS, list(facts))
        _add_to_rollup(facts)


def _add_to_rollup(facts: Sequence[dict]) -> None:
    sums: dict[tuple, Counter] = {}
    for fact in facts:
        sums.setdefault(tuple(fact[name] for name in GROUP), Counter()).update({name: fact[name] for name in SUMS})
    # Rows in key order: two sales that touch the same groups cannot wait for each other.
    rows = [dict(zip(GROUP, key, strict=True)) | {name: sums[key][name] for name in SUMS} for key in sorted(sums)]
    db.session.execute((POSTGRES_UPSERTS if on_postgresql() else SQLITE_UPSERTS)[0], rows)


def _sums_of_facts():
    return (
        select(
            *(getattr(SaleFact, name) for name in GROUP),
            *(func.sum(getattr(SaleFact, name)).label(name) for name in SUMS),
        )
        .group_by(*(getattr(SaleFact, name) for name in GROUP))
        .order_by(*(getattr(SaleFact, name) for name in GROUP))
    )


def check() -> list[str]:
    """Compare every rollup row with its facts; one line per difference, none when all are equal."""
    expected = {tuple(row[:7]): tuple(int(v) for v in row[7:]) for row in db.session.execute(_sums_of_facts())}
    columns = [getattr(SaleRollup, name) for name in (*GROUP, *SUMS)]
    kept = {tuple(row[:7]): tuple(row[7:]) for row in db.session.execute(select(*columns))}
    lines = []
    for key in sorted(expected.keys() | kept.keys()):
        facts, rollup = expected.get(key, (0, 0, 0, 0)), kept.get(key, (0, 0, 0, 0))
        if facts != rollup:
            where = " ".join(f"{name}={value}" for name, value in zip(GROUP, key, strict=True))
            lines.append(
                f"{where}: facts {dict(zip(SUMS, facts, strict=True))}, rollup {dict(zip(SUMS, rollup, strict=True))}"
            )
    return lines


def rebuild() -> int:
    """Compute the whole rollup again from the facts, in one transaction; returns the number of rows."""
    with transaction() as session:
        session.execute(delete(SaleRollup))
        rows = [dict(zip((*GROUP, *SUMS), row, strict=True)) for row in session.execute(_sums_of_facts())]
        if rows:
            session.execute(insert(SaleRollup), rows)
    return len(rows)


def add_visits(*, counts: dict[tuple[date, str], int]) -> None:
    """Add buffered visits: {(Vietnamese day, kind): number}, kinds visit, page, trace."""
    rows = [{"day": day, "kind": kind, "count": count} for (day, kind), count in sorted(counts.items()) if count]
    if not rows:
        return
    with transaction() as session:
        session.execute((POSTGRES_UPSERTS if on_postgresql() else SQLITE_UPSERTS)[1], rows)


def record_outreach(
    *,
    actor: Person,
    day: date,
    kind: str,
    place_id: int,
    channel: str,
    households: int,
    products: int,
    source: str,
    now: datetime,
) -> OutreachRecord:
    """An officer records households trained or brought onto platforms on a day, in a unit, with its source.

    Raises Forbidden, BadOutreach.
    """
    if not can_record_outreach(actor):
        raise Forbidden()
    if kind not in {"trained", "supported"} or households < 0 or products < 0 or day > vietnam_day(now):
        raise BadOutreach()
    with transaction() as session:
        record = OutreachRecord(
            day=day,
            kind=kind,
            place_id=place_id,
            channel=channel,
            households=households,
            products=products,
            source=source,
            recorded_by_id=actor.id,
        )
        session.add(record)
    return record
