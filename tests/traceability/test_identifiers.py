"""Trace codes, GS1 numbers and links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.errors import IdentifierError
from traceability.identifiers import (
    ALPHABET,
    DigitalLink,
    check_gln,
    check_gtin,
    check_lot_number,
    group_trace_code,
    new_event_id,
    new_trace_code,
    parse_digital_link,
    parse_event_id,
    parse_trace_code,
)


def test_a_new_trace_code_is_read_back_however_it_is_typed():
    for _ in range(200):
        code = new_trace_code()
        assert len(code) == 14
        assert set(code) <= set(ALPHABET)
        assert code[0].isalpha()
        assert parse_trace_code(code) == code
        assert parse_trace_code(f"  {group_trace_code(code).lower()} ") == code
        assert parse_trace_code(code.replace("0", "o").replace("1", "l")) == code


def test_new_trace_codes_do_not_repeat():
    assert len({new_trace_code() for _ in range(5000)}) == 5000


@given(st.integers(0, 13), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_never_accepted(at, character):
    code = new_trace_code()
    wrong = code[:at] + character + code[at + 1 :]
    if wrong == code:
        return
    with pytest.raises(IdentifierError):
        parse_trace_code(wrong)


@given(st.integers(0, 12))
def test_two_swapped_neighbours_are_never_accepted(at):
    code = new_trace_code()
    wrong = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    if wrong == code:
        return
    with pytest.raises(IdentifierError):
        parse_trace_code(wrong)


@pytest.mark.parametrize("text", ["", "A", "x" * 10_000, "A" * 15, "ĐƯỜNGĐƯỜNGĐƯỜ", "A\x00BCDEFGHJKMNP", "U" * 14])
def test_what_is_no_code_is_refused_as_malformed(text):
    with pytest.raises(IdentifierError) as refusal:
        parse_trace_code(text)
    assert refusal.value.code == "code-malformed"


def test_an_event_id_is_a_lower_case_uuid_urn():
    assert parse_event_id(new_event_id()).startswith("urn:uuid:")
    for wrong in ("", "urn:uuid:", new_event_id().upper(), new_event_id()[9:], new_event_id().replace("-", "")):
        with pytest.raises(IdentifierError):
            parse_event_id(wrong)


def test_gs1_numbers_are_checked_and_a_gtin_gets_14_digits():
    assert check_gtin("08936012345674") == "08936012345674"
    assert check_gtin("8936012345674") == "08936012345674"
    assert check_gln("8936012345674") == "8936012345674"
    for wrong in ("08936012345678", "893601234568", "", "893601234567A", "٨٩٣٦٠١٢٣٤٥٦٧٤"):
        with pytest.raises(IdentifierError):
            check_gtin(wrong)
    with pytest.raises(IdentifierError):
        check_gln("08936012345674")


def test_a_lot_number_begins_with_a_letter_and_is_short():
    assert check_lot_number("L2026-01.A") == "L2026-01.A"
    for wrong in ("", "12", "1E5", "lot", "L" * 21, "L Ô", "L/1"):
        with pytest.raises(IdentifierError):
            check_lot_number(wrong)


@pytest.mark.parametrize(
    "link",
    [
        DigitalLink("08936012345674"),
        DigitalLink("08936012345674", lot="L1"),
        DigitalLink("08936012345674", serial="S1"),
        DigitalLink("08936012345674", lot="L1", serial="S1"),
    ],
)
def test_a_digital_link_is_read_back_with_or_without_trailing_slash(link):
    assert parse_digital_link(link.path()) == link
    assert parse_digital_link(link.path().lower() + "/") == link


@pytest.mark.parametrize(
    "path",
    ["/01/08936012345678", "/01/8936012345674", "/01/08936012345674/21/S1/10/L1", "/01/08936012345674/22/A", "/01/",
     "/01/08936012345674/10/", "/01/08936012345674/10/" + "L" * 21, "/01/08936012345674/21/%C3%B4"],
)  # fmt: skip
def test_another_digital_link_is_refused(path):
    with pytest.raises(IdentifierError):
        parse_digital_link(path)
