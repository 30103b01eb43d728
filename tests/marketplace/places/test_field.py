"""The place field reads a chosen unit, or what was typed, and never lets a wrong id through."""

from bs4 import BeautifulSoup
from flask import render_template_string

from marketplace.places.forms import PlaceField
from marketplace.web.forms import Form
from tests.factories.places import any_place, old_place

PAGE = '{% from "places/_picker.html" import place_picker %}{{ place_picker(form.ward) }}'


class AddressForm(Form):
    ward = PlaceField("Xã, phường")


class LooseForm(Form):
    ward = PlaceField("Xã, phường", required=False)


def filled(app, data, form=AddressForm, **options):
    with app.test_request_context(method="POST", data=data):
        made = form(meta={"csrf": False}, **options)
        valid = made.validate_on_submit()
        return made.ward, valid, BeautifulSoup(render_template_string(PAGE, form=made), "html.parser")


def test_a_unit_of_the_list_is_taken(app):
    place = any_place("Xã Phong Điền")

    ward, valid, page = filled(app, {"ward": str(place.id)})

    assert valid
    assert ward.data == place.id
    assert page.select_one("option[selected]").get_text() == "Xã Phong Điền"


def test_a_typed_name_that_one_unit_answers_to_is_taken(app):
    ward, valid, _ = filled(app, {"ward": "", "ward-q": "phường an hòa, quận ninh kiều"})

    assert valid
    assert ward.data == any_place("Phường Cái Khế").id


def test_a_typed_name_of_several_units_comes_back_with_the_choices(app):
    ward, valid, page = filled(app, {"ward": "", "ward-q": "bui huu nghia"})

    assert not valid
    assert {radio["value"] for radio in page.select("input[type=radio]")} == {
        str(any_place("Phường Bình Thủy").id),
        str(any_place("Phường Cái Khế").id),
    }
    assert "trước 1/7/2025: Phường Bùi Hữu Nghĩa, Quận Bình Thuỷ" in " ".join(page.get_text().split())
    assert ward.data is None


def test_the_choice_made_below_the_search_wins_over_everything(app):
    chosen, other = any_place("Phường Cái Khế"), any_place("Xã Phong Điền")

    ward, valid, _ = filled(
        app, {"ward": str(other.id), "ward-q": "bui huu nghia", "ward-find": "1", "ward-hit": str(chosen.id)}
    )

    assert valid
    assert ward.data == chosen.id


def test_pressing_find_never_submits_by_itself(app):
    _, valid, page = filled(app, {"ward": "", "ward-q": "an hòa ninh kiều", "ward-find": "1"})

    assert not valid
    assert len(page.select("input[type=radio]")) == 1


def test_enter_in_another_field_is_no_search(app):
    place = any_place("Xã Phong Điền")

    ward, valid, _ = filled(app, {"ward": str(place.id), "ward-q": "", "ward-find": "1"})

    assert valid
    assert ward.data == place.id


def test_an_unknown_name_is_said_in_words(app):
    _, valid, page = filled(app, {"ward": "", "ward-q": "Đà Lạt"})

    assert not valid
    assert "Không tìm thấy nơi này" in page.select_one(".field__error").get_text()


def test_nothing_chosen_is_refused_when_required_and_fine_otherwise(app):
    assert not filled(app, {"ward": ""})[1]
    ward, valid, _ = filled(app, {"ward": ""}, form=LooseForm)
    assert valid
    assert ward.data is None


def test_ids_that_are_no_present_unit_are_refused(app):
    values = ["0", "-1", "abc", "999999999", "9" * 400, "1.5", "１", "\x00", "1; drop table place_unit"]
    for name, value in ((name, value) for name in ("ward", "ward-hit") for value in values):
        ward, valid, page = filled(app, {name: value})
        assert not valid, value
        assert ward.data is None
        assert page.select_one(".field__error")


def test_a_former_unit_is_no_address_of_today(app):
    assert not filled(app, {"ward": str(old_place("Phường An Hòa").id)})[1]


def test_the_stored_place_is_shown_selected(app):
    place = any_place("Xã Phong Điền")
    with app.test_request_context():
        form = AddressForm(meta={"csrf": False}, data={"ward": place.id})
        page = BeautifulSoup(render_template_string(PAGE, form=form), "html.parser")

    assert page.select_one("option[selected]")["value"] == str(place.id)
    assert len(page.select("option")) == 104
    assert [group["label"] for group in page.select("optgroup")] == ["Cần Thơ cũ", "Hậu Giang cũ", "Sóc Trăng cũ"]
