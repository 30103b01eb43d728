"""Two people put the same entry right at the same moment: real threads on PostgreSQL, one of them is told."""

from datetime import timedelta

import pytest

from marketplace import provenance
from marketplace.database import db
from marketplace.errors import DomainError
from marketplace.lots import services
from marketplace.lots.models import DiaryChange, DiaryEntry
from marketplace.lots.services.amend import Stale
from tests.factories.lots import grow_lot, owner_of
from tests.together import together


@pytest.mark.parametrize("same_press", [True, False])
def test_of_eight_corrections_at_once_one_is_written(postgres_app, now, same_press):
    lot = grow_lot(now=now)
    entry = db.session.query(DiaryEntry).filter_by(lot_id=lot.id, kind="spraying").one()
    kept = {name: value for name, value in entry.details.items() if name != "earliest_harvest"}
    ids = {"seller_id": lot.seller_id, "lot_id": lot.id, "entry_id": entry.id}
    code, event_id = lot.code, entry.event_id
    db.session.rollback()

    def correcting(number):
        return lambda: services.correct_entry(
            actor=owner_of(ids["seller_id"]), **ids, happened_at=now - timedelta(days=29), details=kept | {"dose": f"0.{number + 1}"}, reason="other",
            seen=0, client_key="one" if same_press else f"key-{number}", now=now)

    results = together(postgres_app, [correcting(number) for number in range(8)])
    db.session.rollback()

    stale = [result for result in results if isinstance(result, Stale)]
    assert len(stale) == (0 if same_press else 7)
    assert sum(isinstance(result, DomainError) for result in results) == len(stale)
    assert db.session.query(DiaryChange).count() == 1
    assert len(provenance.lot_history(code).events[event_id].remarks) == 1
    assert provenance.check().sound
