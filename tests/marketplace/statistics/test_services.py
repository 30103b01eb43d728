"""Facts become rollups in the same transaction, and the rollup can always be checked and rebuilt."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from marketplace.database import db, transaction
from marketplace.statistics import services
from marketplace.statistics.models import OutreachRecord, SaleFact, SaleRollup, VisitDay
from marketplace.statistics.services import BadOutreach, SaleAlreadyRecorded, SaleLine
from tests.factories.accounts import make_officer, make_person
from tests.factories.catalogue import make_product
from tests.factories.places import any_place


def record(product, source="CTAAAA", at=datetime(2026, 11, 22, 3, tzinfo=UTC), dong=50_000, lines=1, **given):
    line = SaleLine(product.category_id, product.id, False, 1_000, 0, dong)
    services.record_sale(
        source=source,
        at=at,
        seller_id=product.seller_id,
        seller_kind="cooperative",
        place_id=product.seller.place_id,
        method="cod",
        lines=[line] * lines,
        **given,
    )


def test_sale_of_several_lines_is_one_transaction(app):
    record(make_product(), lines=3)

    row = db.session.execute(
        select(func.sum(SaleRollup.transactions), func.sum(SaleRollup.dong), func.sum(SaleRollup.grams))
    ).one()
    assert tuple(row) == (1, 150_000, 3_000)
    assert services.check() == []


def test_same_sale_is_never_counted_twice(app):
    product = make_product()
    record(product)

    with pytest.raises(SaleAlreadyRecorded):
        record(product)

    assert db.session.scalar(select(func.count()).select_from(SaleFact)) == 1
    assert services.check() == []


def test_sale_after_seventeen_hours_utc_counts_on_the_next_vietnamese_day(app):
    record(make_product(), at=datetime(2025, 12, 31, 17, 0, tzinfo=UTC))

    assert db.session.scalar(select(SaleFact.day)) == date(2026, 1, 1)


def test_reversal_counts_on_its_own_date_with_a_minus(app):
    product = make_product()
    record(product, at=datetime(2026, 11, 20, 3, tzinfo=UTC))
    record(product, source="CTAAAA-R1", sign=-1)

    days = dict(db.session.execute(select(SaleRollup.day, SaleRollup.dong)).all())
    assert days == {date(2026, 11, 20): 50_000, date(2026, 11, 22): -50_000}
    assert services.check() == []


def test_rollback_leaves_neither_fact_nor_rollup(app):
    product = make_product()

    with pytest.raises(RuntimeError), transaction():
        record(product)
        raise RuntimeError

    assert db.session.scalar(select(func.count()).select_from(SaleFact)) == 0
    assert db.session.scalar(select(func.count()).select_from(SaleRollup)) == 0


def test_check_names_the_group_that_differs_and_rebuild_mends_it(app):
    record(make_product())
    with transaction() as session:
        session.execute(update(SaleRollup).values(dong=SaleRollup.dong + 1))

    differences = services.check()

    assert len(differences) == 1
    assert "day=2026-11-22" in differences[0]
    assert services.rebuild() == 1
    assert services.check() == []


sales = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(1, 4),
        st.integers(0, 10**10),
        st.sampled_from([1, -1]),
        st.sampled_from(["cod", "card"]),
    ),
    max_size=12,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sales)
def test_rollup_equals_facts_after_any_sales(app, drawn):
    product = make_product()
    for number, (hours, lines, dong, sign, method) in enumerate(drawn):
        line = SaleLine(product.category_id, product.id, False, dong % 977, dong % 13, dong)
        services.record_sale(
            source=f"{product.id}-{number}",
            at=datetime(2026, 11, 22, 15 + hours, tzinfo=UTC),
            seller_id=product.seller_id,
            seller_kind="cooperative",
            place_id=product.seller.place_id,
            method=method,
            lines=[line] * lines,
            sign=sign,
        )

    assert services.check() == []


def test_visits_add_up_over_flushes(app):
    day = date(2026, 11, 22)
    services.add_visits(counts={(day, "visit"): 3, (day, "page"): 9})
    services.add_visits(counts={(day, "visit"): 2})
    services.add_visits(counts={})

    assert dict(db.session.execute(select(VisitDay.kind, VisitDay.count)).all()) == {"visit": 5, "page": 9}


def test_outreach_is_recorded_by_officers_only_and_never_in_the_future(app, now):
    values = {
        "kind": "trained",
        "place_id": any_place().id,
        "channel": "postmart",
        "households": 30,
        "products": 0,
        "source": "Danh sách số 1",
        "now": now,
    }
    officer = make_officer()

    services.record_outreach(actor=officer, day=date(2026, 11, 20), **values)
    with pytest.raises(services.Forbidden):
        services.record_outreach(actor=make_person(), day=date(2026, 11, 20), **values)
    with pytest.raises(BadOutreach):
        services.record_outreach(actor=officer, day=date(2026, 11, 23), **values)

    assert db.session.scalar(select(func.sum(OutreachRecord.households))) == 30
