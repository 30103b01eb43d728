"""The door's verbs for later entries: what is refused before it enters the log."""

from datetime import timedelta
from decimal import Decimal

import pytest

from marketplace import provenance
from marketplace.database import db, transaction
from marketplace.errors import Forbidden
from traceability.log import LotRecord

SELLER, OTHER = "seller:htx-thoi-an", "seller:htx-khac"


def event(now, **more):
    return {
        "at": now - timedelta(days=3), "phiDays": 7, "target": "rầy",
        "inputs": [{"item": "spraying", "quantity": Decimal("0.25"), "unit": "LTR"}],
    } | more  # fmt: skip


@pytest.fixture
def sprayed(app, now):
    """The id of a spraying on lot A1, sealed."""
    with transaction():
        return provenance.record(kind="spraying", event=event(now), lots=["A1"], who=SELLER, now=now).event_id


def correct(event_id, now, *, who=None, **after):
    return provenance.correct(
        event_id=event_id, kind="spraying", before=event(now), after=event(now, **after), lots=["A1"], reason="other", who=who,
        now=now)


def folded(event_id) -> provenance.FoldedEvent:
    return provenance.lot_history("A1").events[event_id]


def test_a_correction_names_the_paths_that_changed(sprayed, now):
    with transaction():
        correct(sprayed, now, phiDays=14, target=None, inputs=[{"item": "spraying", "quantity": Decimal("0.3"), "unit": "LTR"}])
    fields = provenance.lot_entries("A1")[-1].body["ev"]["fields"]

    assert fields == {"/cns:phiDays": 14, "/cns:target": "", "/inputQuantityList/0/quantity": "0.3"}
    assert folded(sprayed).fields["inputQuantityList"][0] == {"epcClass": "cns:item-spraying", "quantity": "0.3", "uom": "LTR"}


@pytest.mark.parametrize("who", [OTHER, "alias:0"])
def test_who_has_no_right_writes_nothing(sprayed, now, who):
    for verb in (lambda: correct(sprayed, now, who=who, phiDays=1), lambda: void(sprayed, now, who=who)):
        with pytest.raises(Forbidden), transaction():
            verb()
    assert len(provenance.lot_entries("A1")) == 1


def void(event_id, now, who=None):
    return provenance.void(event_id=event_id, reason="other", who=who, now=now)


def test_a_granted_name_may_until_it_is_revoked(sprayed, now):
    with transaction():
        name = provenance.grant(now=now)
        correct(sprayed, now, who=name, phiDays=14)
    assert [remark.by for remark in folded(sprayed).remarks] == ["inspector"]
    with transaction():
        provenance.revoke(to=name, now=now)
    with pytest.raises(Forbidden), transaction():
        void(sprayed, now, who=name)
    assert folded(sprayed).fields["cns:phiDays"] == 14


def test_the_operator_may(sprayed, now):
    with transaction():
        void(sprayed, now, who=provenance.OPERATOR)

    assert folded(sprayed).void.by == "operator"


def test_a_void_event_takes_no_correction_no_void_and_no_doubt(sprayed, now):
    with transaction():
        void(sprayed, now)
    for verb in (lambda: void(sprayed, now), lambda: correct(sprayed, now, phiDays=1), lambda: doubt(sprayed, now, OTHER)):
        with pytest.raises(provenance.AlreadyVoid), transaction():
            verb()


def doubt(event_id, now, who):
    return provenance.dispute(event_id=event_id, reason="other", who=who, now=now)


def test_a_doubt_is_anybodys_but_the_writers(sprayed, now):
    with pytest.raises(Forbidden), transaction():
        doubt(sprayed, now, SELLER)
    with transaction():
        doubt(sprayed, now, OTHER)

    assert [(remark.by, remark.counts) for remark in folded(sprayed).disputes] == [("other", True)]


def test_what_changes_nothing_cannot_be_said(sprayed, now):
    with pytest.raises(provenance.CannotBeSaid), transaction():
        correct(sprayed, now)


def test_a_day_to_come_cannot_be_said(sprayed, now):
    with pytest.raises(provenance.EventTooEarly), transaction():
        correct(sprayed, now, at=now + timedelta(days=1))


def test_an_event_nobody_recorded_is_not_sealed(app, now):
    with pytest.raises(provenance.NotSealedYet), transaction():
        void("urn:uuid:00000000-0000-4000-8000-000000000000", now)


def test_an_event_of_the_same_transaction_can_be_corrected(app, now):
    with transaction():
        name = provenance.record(kind="spraying", event=event(now), lots=["A1"], who=SELLER, now=now).event_id
        correct(name, now, phiDays=14)

    assert folded(name).fields["cns:phiDays"] == 14
    assert provenance.check().sound


@pytest.mark.parametrize("verb", [lambda name, now: correct(name, now, phiDays=1), void, lambda name, now: provenance.grant(now=now)])
def test_later_entries_are_written_inside_a_transaction(sprayed, now, verb):
    with pytest.raises(RuntimeError):
        verb(sprayed, now)


def test_an_event_on_two_lots_is_corrected_on_both(app, now):
    with transaction():
        name = provenance.record(kind="irrigating", event={"source": "canal"}, lots=["A1", "B2"], who=SELLER, now=now).event_id
    with transaction():
        provenance.correct(
            event_id=name, kind="irrigating", before={"source": "canal"}, after={"source": "well"}, lots=["A1", "B2"],
            reason="other", who=None, now=now)

    assert {provenance.lot_history(lot).events[name].fields["cns:source"] for lot in ("A1", "B2")} == {"well"}
    assert isinstance(provenance.site.the_log().lot(db.session.connection(), "B2")[-1], LotRecord)
