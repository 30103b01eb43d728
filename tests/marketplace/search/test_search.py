"""Finding products by words: marks, synonyms, places, ranking, on both engines."""

from datetime import date

import pytest

from marketplace.database import db, transaction
from marketplace.search.criteria import Criteria
from marketplace.search.queries import search_products
from tests.factories.catalogue import make_product
from tests.factories.places import any_place
from tests.factories.sellers import make_seller

DAY = date(2026, 11, 22)


def names(text: str, **criteria) -> list[str]:
    found = search_products(Criteria(text=text, **criteria), day=DAY)
    return [card.name for card in found.page.rows]


@pytest.fixture
def shelf(app):
    seller = make_seller(name="Hợp tác xã Phong Điền")
    for name in (
        "Dứa mật",
        "Dưa hấu ruột đỏ",
        "Dừa xiêm xanh",
        "Khóm Cầu Đúc",
        "Đậu xanh cà vỏ",
        "Bưởi da xanh",
        "Buổi sáng hạt sen",
        "Bò viên",
        "Bơ sáp",
        "Thịt heo ba rọi",
        "Gạo thơm ST25",
    ):
        make_product(seller, name=name)


def test_a_query_without_marks_finds_the_marked_name(shelf):
    assert names("dau xanh") == ["Đậu xanh cà vỏ"]


def test_case_and_đ_typed_as_d_or_eth_make_no_difference(shelf):
    assert names("ĐẬU XANH") == names("dAu xANh") == names("Ðậu xanh") == ["Đậu xanh cà vỏ"]


def test_dua_finds_pineapple_melon_and_coconut(shelf):
    assert set(names("dua")) == {"Dứa mật", "Dưa hấu ruột đỏ", "Dừa xiêm xanh", "Khóm Cầu Đúc"}


@pytest.mark.parametrize(("text", "first"), [("dưa", "Dưa hấu ruột đỏ"), ("dừa", "Dừa xiêm xanh"), ("dứa", "Dứa mật")])
def test_typed_marks_put_the_equal_name_first(shelf, text, first):
    found = names(text)
    assert found[0] == first
    assert set(found) == {"Dứa mật", "Dưa hấu ruột đỏ", "Dừa xiêm xanh", "Khóm Cầu Đúc"}


def test_a_synonym_with_equal_marks_comes_before_names_that_only_fold_alike(shelf):
    assert names("dứa")[:2] == ["Dứa mật", "Khóm Cầu Đúc"]


def test_bưởi_comes_before_buổi(shelf):
    assert names("bưởi")[0] == "Bưởi da xanh"
    assert names("buổi")[0] == "Buổi sáng hạt sen"


def test_the_last_word_may_be_unfinished_and_whole_words_come_first(shelf):
    make_product(name="Bột nghệ")
    found = names("bo")
    assert set(found[:2]) == {"Bò viên", "Bơ sáp"}
    assert "Bột nghệ" in found[2:]


def test_words_before_the_last_must_be_whole(shelf):
    assert names("da xanh") == ["Bưởi da xanh"]


@pytest.mark.parametrize(
    ("typed", "name"),
    [("thơm", "Khóm Cầu Đúc"), ("dứa", "Khóm Cầu Đúc"), ("lợn", "Thịt heo ba rọi"), ("thit lon", "Thịt heo ba rọi")],
)
def test_northern_and_southern_words_find_each_other(shelf, typed, name):
    assert name in names(typed)


def test_fragrant_rice_is_no_pineapple(shelf):
    assert "Gạo thơm ST25" not in names("khóm")


def test_the_place_is_found_by_its_present_and_its_old_names(app):
    seller = make_seller(place=any_place("Phường Cái Khế"), name="Cơ sở Một")
    make_product(seller, name="Xoài keo")
    make_product(make_seller(name="Cơ sở Hai", place=any_place("Xã Phong Điền")), name="Xoài tượng")
    assert names("xoai cai khe") == ["Xoài keo"]
    assert names("xoài Ninh Kiều") == ["Xoài keo"]
    assert names("xoài phong điền") == ["Xoài tượng"]


def test_the_city_everything_lies_in_narrows_nothing(shelf):
    assert names("đậu xanh Cần Thơ") == ["Đậu xanh cà vỏ"]
    assert len(names("cần thơ")) == 11


def test_words_of_every_ward_find_nothing_by_themselves(shelf):
    assert names("phường") == []


def test_the_seller_is_found_and_found_anew_after_a_change_of_name(app):
    seller = make_seller(name="Hợp tác xã Mỹ Khánh")
    make_product(seller, name="Nhãn")
    assert names("nhan my khanh") == ["Nhãn"]
    with transaction():
        seller.name, seller.search_key = "Hợp tác xã Trường Long", "hop tac xa truong long"
    assert names("nhan my khanh") == []
    assert names("nhan truong long") == ["Nhãn"]


@pytest.mark.parametrize("state", ["draft", "submitted", "rejected", "withdrawn"])
def test_only_listed_products_are_found(app, state):
    make_product(state=state, name="Sầu riêng")
    assert names("sầu riêng") == names("") == []


def test_products_vanish_with_the_approval_of_their_seller_and_return_with_it(app):
    seller = make_seller()
    make_product(seller, name="Sầu riêng")
    with transaction():
        seller.state = "suspended"
    assert names("sau rieng") == names("") == []
    with transaction():
        seller.state = "approved"
    assert names("sau rieng") == names("") == ["Sầu riêng"]


def test_a_changed_listing_is_found_by_its_new_words_only(app):
    product = make_product(name="Sầu riêng")
    with transaction():
        product.name_key, product.marked_key, product.search_key = "mit", "mit4", "mit"
    assert names("sầu riêng") == []
    assert names("mit") == ["Sầu riêng"]


def test_a_deleted_product_leaves_the_index(app):
    product = make_product(name="Sầu riêng")
    with transaction() as session:
        session.delete(session.merge(product))
    assert names("sầu riêng") == []


@pytest.mark.parametrize(
    "text",
    [
        "'",
        '"',
        "\\",
        "a' OR 1=1 --",
        '"dau" NEAR',
        "* ",
        "name:",
        "dau AND",
        "NOT",
        "^dau",
        "(((",
        "&|!:*",
        "đ" * 500,
        "🍍",
        "%_",
        "a" * 90,
    ],
)
def test_nothing_typed_breaks_the_search(shelf, text):
    names(text)


def test_more_hits_than_are_ranked_are_cut_and_said_so(app):
    seller = make_seller()
    with transaction() as session:
        template = make_product(seller, name="Gạo nếp", state="draft")
        columns = {c.name: getattr(template, c.name) for c in template.__table__.columns if c.name != "id"}
        session.execute(template.__table__.insert(), [columns | {"state": "listed"} for _ in range(300)])
    exact = make_product(seller, name="Gạo tẻ nấu nếp than")
    db.session.rollback()
    found = search_products(Criteria(text="gạo"), day=DAY)
    assert (found.page.total, found.more) == (240, True)
    assert exact.name == search_products(Criteria(text="gạo tẻ"), day=DAY).page.rows[0].name
