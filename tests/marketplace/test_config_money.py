"""Settings and money: what cannot be right is refused at the rim."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import config
from marketplace.money import (
    UnreadableAmount,
    format_dong,
    format_grams,
    half_up,
    line_total,
    parse_dong,
    parse_grams,
    split,
)

PRODUCTION = {
    "CHO_ENV": "production",
    "SECRET_KEY": "x" * 40,
    "PUBLIC_URL": "https://cho.example.vn",
    "LOG_ORIGIN": "cho.example.vn/log/1", "SITE_OWNER": "Sở mẫu",
    "SIGNER_SOCKET": "/run/signer/socket",
}


@pytest.mark.parametrize("missing", ["SECRET_KEY", "PUBLIC_URL", "LOG_ORIGIN", "SITE_OWNER", "SIGNER_SOCKET"])
def test_production_does_not_start_without(missing):
    with pytest.raises(config.BadSettings, match=missing):
        config.read({name: value for name, value in PRODUCTION.items() if name != missing})


@pytest.mark.parametrize(
    "change",
    [
        {"SECRET_KEY": config.DEMO_SECRET},
        {"SECRET_KEY": "short"},
        {"PUBLIC_URL": "http://cho.example.vn"},
        {"CHO_ENV": "prod"},
        {"STRIPE_API_BASE": "https://api.example", "STRIPE_API_KEY": config.DEMO_STRIPE_KEY},
        {"STRIPE_API_BASE": "https://api.example", "STRIPE_API_KEY": "sk_live_1"},
        {"TRUSTED_PROXIES": "-1"},
        {"LOG_SEQUENCING": "later"},
        {"CHECKPOINT_INTERVAL": "soon"},
    ],
)
def test_production_refuses(change):
    with pytest.raises(config.BadSettings):
        config.read(PRODUCTION | change)


@pytest.mark.parametrize(
    ("environment", "sequencing"),
    [
        ({"DATABASE_URL": "postgres://a@b/c"}, "batch"), ({}, "inline"), ({"LOG_SEQUENCING": "batch"}, "batch"),
        ({"DATABASE_URL": "postgres://a@b/c", "CHO_ENV": "test"}, "inline"),
    ],
)  # fmt: skip
def test_the_log_is_sequenced_in_batches_on_postgresql_outside_tests(environment, sequencing):
    assert config.read(environment).log_sequencing == sequencing


def test_production_starts_without_cards():
    settings = config.read(PRODUCTION)

    assert (settings.production, settings.stripe_api_base, settings.stripe_api_key) == (True, "", "")


def test_postgresql_addresses_always_mean_psycopg_3():
    assert config.read({"DATABASE_URL": "postgres://a@b/c"}).database_url == "postgresql+psycopg://a@b/c"


@pytest.mark.parametrize(
    ("typed", "dong"),
    [
        ("35000", 35_000),
        ("35.000", 35_000),
        ("35,000đ", 35_000),
        ("35k", 35_000),
        ("35 nghìn", 35_000),
        ("1,2tr", 1_200_000),
        ("1tr25", 1_250_000),
        ("1tr2", 1_200_000),
        ("1.250.000 ₫", 1_250_000),
        ("0", 0),
        ("2 triệu", 2_000_000),
        ("10.5k", 10_500),
    ],
)
def test_money_is_read_as_people_type_it(typed, dong):
    assert parse_dong(typed) == dong


@pytest.mark.parametrize(
    "typed", ["", "abc", "-5", "1.2", "12.34.5", "35k5", "٣٥", "9" * 16, "1e9", "nan", "1.000.000.000.001"]
)
def test_money_that_cannot_be_read_is_refused(typed):
    with pytest.raises(UnreadableAmount):
        parse_dong(typed)


@pytest.mark.parametrize(
    ("typed", "grams"), [("3", 3000), ("12,5", 12500), ("12.5", 12500), ("0,25 kg", 250), ("1,250", 1250)]
)
def test_weight_is_read_in_kilograms(typed, grams):
    assert parse_grams(typed) == grams


def test_weight_with_one_dot_and_three_digits_is_ambiguous():
    with pytest.raises(UnreadableAmount) as refusal:
        parse_grams("1.250")

    assert refusal.value.reason == "ambiguous"


@given(st.integers(0, 10**12))
def test_printed_money_is_read_back(amount):
    assert parse_dong(format_dong(amount)) == amount


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_split_parts_sum_to_the_whole_and_differ_by_less_than_one_from_fair(total, weights):
    if sum(weights) == 0:
        with pytest.raises(ValueError, match="positive sum"):
            split(total, weights)
        return
    parts = split(total, weights)

    assert sum(parts) == total
    assert all(
        abs(part * sum(weights) - total * weight) < sum(weights) for part, weight in zip(parts, weights, strict=True)
    )


@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_half_up_is_the_nearest_whole_number(numerator, denominator):
    assert abs(2 * half_up(numerator, denominator) * denominator - 2 * numerator) <= denominator


def test_line_total_rounds_half_up_once():
    assert line_total(price=33_333, quantity=1_500, measure="mass") == 50_000
    assert line_total(price=1, quantity=500, measure="mass") == 1
    assert line_total(price=35_000, quantity=3, measure="piece") == 105_000


def test_weights_are_printed_the_vietnamese_way():
    assert [format_grams(n).replace("\N{NO-BREAK SPACE}", " ") for n in (250, 1000, 12_500, 1_250_000)] == [
        "250 g",
        "1 kg",
        "12,5 kg",
        "1.250 kg",
    ]
