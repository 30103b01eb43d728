"""Hashing parameters and the refusal of well-known passwords."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from marketplace.accounts import passwords


def test_hashes_are_argon2id_with_19_mib_two_passes_one_lane():
    parameters = extract_parameters(passwords.hash_password("vườn chôm chôm 7"))

    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19 * 1024, 2, 1)


def test_only_the_right_password_matches():
    encoded = passwords.hash_password("vườn chôm chôm 7")

    assert passwords.matches("vườn chôm chôm 7", encoded)
    assert not passwords.matches("vườn chôm chôm 8", encoded)


@pytest.mark.parametrize("encoded", [None, "", "not a hash", "$argon2id$v=19$m=1"])
def test_without_a_usable_hash_nothing_matches(encoded):
    assert not passwords.matches("vườn chôm chôm 7", encoded)


def test_an_unknown_account_costs_a_hash_of_the_same_parameters():
    assert extract_parameters(passwords._decoy()) == extract_parameters(passwords.hash_password("x"))


def test_a_hash_with_other_parameters_asks_to_be_renewed():
    assert passwords.needs_rehash(PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("x"))
    assert not passwords.needs_rehash(passwords.hash_password("x"))


@pytest.mark.parametrize(
    "password",
    [
        "12345678",
        "123456789",
        "Password1",
        "MẬT KHẨU",
        "mật khẩu 123",
        "anhyeuem",
        "aaaaaaaaaa",
        "abababab",
        "45678901",
        "98765432",
        "Cần Thơ 123",
        "Xuồng nắng khoai",
        "0912345678",
        "Nguyễn Thị Sáu",
        "nguyen thi sau",
    ],
)
def test_well_known_and_own_words_are_too_easy(password):
    assert passwords.too_easy(password, own=("Nguyễn Thị Sáu", "0912345678"))


@pytest.mark.parametrize("password", ["vườn chôm chôm 7", "chiều mưa ghe lúa", "Tr0ngRau!sach"])
def test_ordinary_long_words_are_fine(password):
    assert not passwords.too_easy(password, own=("Nguyễn Thị Sáu",))


def test_one_time_passwords_differ_and_have_no_look_alikes():
    drawn = {passwords.one_time_password() for _ in range(500)}

    assert len(drawn) == 500
    assert not set("".join(drawn)) & set("01oilOIL")
    assert all(len(text) == 13 for text in drawn)
