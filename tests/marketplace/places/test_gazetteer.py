"""The unit lists and what the migration made of them."""

import unicodedata
from collections import Counter
from datetime import date

from sqlalchemy import func, select

from marketplace.database import db
from marketplace.places import gazetteer, queries
from marketplace.places.models import PlaceSuccession, PlaceUnit
from tests.factories.places import any_place, old_place


def successors_of(name, province):
    return [row.name for row in queries.successors(old_place(name, province).id)]


def test_103_present_and_263_former_units_are_loaded(app):
    rows = db.session.execute(
        select(PlaceUnit.valid_to.is_(None), func.count()).group_by(PlaceUnit.valid_to.is_(None))
    ).all()

    assert {bool(present): count for present, count in rows} == {True: 103, False: 263}


def test_present_units_are_31_wards_and_72_communes_on_three_former_provinces(app):
    units = db.session.execute(select(PlaceUnit).where(PlaceUnit.valid_to.is_(None))).scalars().all()

    assert Counter(unit.kind for unit in units) == {"phường": 31, "xã": 72}
    assert Counter(unit.former_area for unit in units) == {"can-tho": 32, "hau-giang": 28, "soc-trang": 43}


def test_every_present_code_was_a_code_of_another_day(app):
    rows = db.session.execute(select(PlaceUnit.code, PlaceUnit.valid_to)).all()
    present = {code for code, valid_to in rows if valid_to is None}
    former = {code for code, valid_to in rows if valid_to is not None}

    assert present < former


def test_a_reused_code_names_two_units_told_apart_by_their_days(app):
    rows = db.session.execute(
        select(PlaceUnit.name, PlaceUnit.valid_from, PlaceUnit.valid_to)
        .where(PlaceUnit.code == "31120")
        .order_by(PlaceUnit.valid_from)
    ).all()

    assert [tuple(row) for row in rows] == [
        ("Phường An Hòa", date(1900, 1, 1), date(2025, 6, 30)),
        ("Phường Cái Khế", date(2025, 7, 1), None),
    ]


def test_every_former_unit_has_a_successor_and_every_present_unit_a_predecessor(app):
    rows = db.session.execute(select(PlaceSuccession.predecessor_id, PlaceSuccession.successor_id)).all()

    assert len({old for old, _ in rows}) == 263
    assert len({new for _, new in rows}) == 103


def test_exactly_three_units_were_split(app):
    split = db.session.execute(
        select(PlaceUnit.name)
        .join(PlaceSuccession, PlaceSuccession.predecessor_id == PlaceUnit.id)
        .where(PlaceSuccession.kind == "split")
        .distinct()
    ).scalars()

    assert set(split) == {"Phường Bùi Hữu Nghĩa", "Phường Long Tuyền", "Phường Thốt Nốt"}


def test_no_unit_crosses_into_another_former_province(app):
    old, new = PlaceUnit.__table__.alias("old"), PlaceUnit.__table__.alias("new")
    crossing = db.session.execute(
        select(func.count())
        .select_from(PlaceSuccession)
        .join(old, old.c.id == PlaceSuccession.predecessor_id)
        .join(new, new.c.id == PlaceSuccession.successor_id)
        .where(old.c.former_area != new.c.former_area)
    ).scalar_one()

    assert crossing == 0


def test_equal_names_in_two_provinces_go_to_their_own_side(app):
    assert successors_of("Xã Phú Tân", "Tỉnh Hậu Giang") == ["Xã Phú Hữu"]
    assert successors_of("Xã Phú Tân", "Tỉnh Sóc Trăng") == ["Xã Thuận Hòa"]
    assert successors_of("Xã Tân Thạnh", "Thành phố Cần Thơ") == ["Xã Trường Thành"]
    assert successors_of("Xã Tân Thạnh", "Tỉnh Sóc Trăng") == ["Xã Tân Thạnh"]


def test_a_split_ward_has_both_successors(app):
    assert set(successors_of("Phường Bùi Hữu Nghĩa", "Thành phố Cần Thơ")) == {"Phường Bình Thủy", "Phường Cái Khế"}


def test_a_present_unit_succeeds_itself(app):
    place = any_place("Xã Phong Điền")

    assert [row.id for row in queries.successors(place.id)] == [place.id]


def test_names_are_in_nfc_without_stray_blanks():
    for unit in gazetteer.units():
        for text in (unit.name, unit.district or "", unit.province):
            assert text == unicodedata.normalize("NFC", text) == " ".join(text.split())


def test_present_units_are_offered_in_vietnamese_order(app):
    names = [unit.name for unit in queries.present_units() if unit.former_area == "can-tho"]

    assert len(names) == 32
    assert names[0] == "Phường An Bình"
    assert names.index("Xã Cờ Đỏ") < names.index("Xã Đông Hiệp") < names.index("Phường Hưng Phú")


def test_an_unknown_id_is_nobody(app):
    assert queries.get(10**9) is None
    assert queries.label(10**9) == ""
    assert queries.successors(10**9) == []
    assert not queries.is_present(10**9)
