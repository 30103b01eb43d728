"""Finding a place by what people say, old names included."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.places import queries
from tests.factories.places import any_place, old_place
from tests.statements import counted


def found(text, limit=10):
    return [(hit.label.split(",")[0], hit.former_label) for hit in queries.search(text=text, limit=limit)]


def test_an_old_district_finds_the_present_units_on_its_land(app):
    hits = found("ninh kieu")

    assert hits[0] == ("Phường Ninh Kiều", None)
    assert hits[1:] == [
        ("Phường An Bình", "Quận Ninh Kiều"),
        ("Phường Cái Khế", "Quận Ninh Kiều"),
        ("Phường Tân An", "Quận Ninh Kiều"),
    ]


def test_a_district_with_its_kind_finds_only_that_district(app):
    assert found("quan o mon") == [
        ("Phường Ô Môn", "Quận Ô Môn"),
        ("Phường Thới Long", "Quận Ô Môn"),
        ("Phường Phước Thới", "Quận Ô Môn"),
    ]


def test_a_split_ward_gives_both_candidates_and_says_so(app):
    hits = queries.search(text="Phường Bùi Hữu Nghĩa")

    assert {hit.label for hit in hits} == {"Phường Bình Thủy, Thành phố Cần Thơ", "Phường Cái Khế, Thành phố Cần Thơ"}
    assert all(hit.split for hit in hits)


def test_an_old_ward_in_any_spelling_finds_its_successor_first(app):
    for text in ["an hoa", "An Hòa", "AN HOÀ", "P. An Hòa, Q. Ninh Kiều", "phường an hòa quận ninh kiều tp cần thơ"]:
        assert found(text)[0] == ("Phường Cái Khế", "Phường An Hòa, Quận Ninh Kiều"), text


def test_the_present_name_stands_before_an_old_namesake(app):
    hits = found("Tân Thạnh")

    assert hits[0] == ("Xã Tân Thạnh", None)
    assert hits[1] == ("Xã Trường Thành", "Xã Tân Thạnh, Huyện Thới Lai")


def test_namesakes_in_two_provinces_are_told_apart_by_province(app):
    assert found("xã phú tân")[:2] == [
        ("Xã Phú Hữu", "Xã Phú Tân, Huyện Châu Thành, Tỉnh Hậu Giang"),
        ("Xã Thuận Hòa", "Xã Phú Tân, Huyện Châu Thành, Tỉnh Sóc Trăng"),
    ]


def test_the_kind_a_place_used_to_have_does_not_hide_it(app):
    assert found("xã an bình")[0] == ("Phường An Bình", None)


def test_typed_marks_rank_the_equal_name_first(app):
    assert found("hòa an")[0] == ("Xã Hòa An", None)


def test_an_unfinished_last_word_already_finds(app):
    assert ("Phường Thới An Đông", None) in found("thới an đ")


def test_each_place_appears_once_and_the_limit_holds(app):
    hits = queries.search(text="long", limit=5)

    assert len(hits) == 5
    assert len({hit.id for hit in hits}) == 5


def test_nothing_readable_finds_nothing(app):
    for text in ["", "   ", "....", "zzzz", "\x00", "ninh kieu zzzz", "%", "' or 1=1 --", "z " * 5000, "\ud800"]:
        assert found(text) == [], text


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(max_size=300), limit=st.integers(-3, 400))
def test_no_text_makes_the_search_fail(app, text, limit):
    assert len(queries.search(text=text, limit=limit)) <= max(0, min(limit, 103))


def test_reading_costs_one_statement_once_and_none_afterwards(app):
    queries._kept.clear()
    with counted() as first:
        queries.search(text="cái khế")
        queries.present_units()
    with counted() as later:
        queries.search(text="ninh kiều")
        queries.label(1)

    assert len(first) == 1
    assert later == []


def test_every_present_unit_is_found_first_by_its_own_full_name(app):
    for unit in queries.present_units():
        first = queries.search(text=unit.name)[0]
        assert (first.id, first.former_label) == (unit.id, None)


def test_every_former_unit_is_found_by_name_and_district(app):
    for row in queries._gazetteer().rows.values():
        if not row.present:
            hits = queries.search(text=f"{row.name}, {row.district}, {row.province}", limit=20)
            assert {place.id for place in queries.successors(row.id)} <= {hit.id for hit in hits}, row.label


def test_labels_have_two_levels_now_and_three_before(app):
    assert queries.label(any_place("Phường Cái Khế").id) == "Phường Cái Khế, Thành phố Cần Thơ"
    assert queries.label(old_place("Phường An Hòa").id) == "Phường An Hòa, Quận Ninh Kiều, Thành phố Cần Thơ"
