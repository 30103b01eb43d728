"""Phone numbers in every spelling, and e-mail addresses."""

import pytest

from marketplace.accounts.logins import normalise, shown


@pytest.mark.parametrize(
    "text",
    [
        "0912345678",
        "0912 345 678",
        "0912.345.678",
        "0912-345-678",
        "+84912345678",
        "+84 912 345 678",
        "84912345678",
        "0084912345678",
        "(0912) 345678",
        " 0912345678 ",
        "\u00a00912345678",
        "０９１２３４５６７８",
    ],
)
def test_every_spelling_of_a_mobile_number_is_one_login(text):
    assert normalise(text) == "+84912345678"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("01691234567", "+84391234567"),
        ("0120 123 4567", "+84701234567"),
        ("+841691234567", "+84391234567"),
        ("0199.123.4567", "+84591234567"),
    ],
)
def test_eleven_digit_numbers_of_before_2018_get_their_new_prefix(old, new):
    assert normalise(old) == new


def test_landlines_of_the_three_former_provinces_are_numbers_too():
    assert normalise("0292 3820 536") == "+842923820536"


def test_e_mail_addresses_lose_their_case():
    assert normalise("Sau.Nguyen@Example.COM.vn") == "sau.nguyen@example.com.vn"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "12345",
        "0912",
        "abc",
        "0" * 300,
        "a@b",
        "@",
        "a@@example.com.vn",
        "0912345678; drop",
        "\x00",
        "\ud800",
        "a" * 300 + "@example.com",
        "0212345678901",
        "<script>@x.vn",
    ],
)
def test_anything_else_is_no_login(text):
    assert normalise(text) is None


def test_numbers_are_shown_as_people_write_them():
    assert shown("+84912345678") == "0912 345 678"
    assert shown("a@example.com.vn") == "a@example.com.vn"
