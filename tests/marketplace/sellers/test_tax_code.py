"""Tax codes: check digits, branches, personal ids, and which kind may have which."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.sellers import tax_code
from marketplace.sellers.models import KINDS
from marketplace.sellers.tax_code import TaxCodeMissing, TaxCodeOfPerson, TaxCodeUnreadable, TaxCodeWrong

WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


def literal_check(nine: str) -> int:
    """The rule as the reference states it: 10 minus the weighted sum modulo 11."""
    return 10 - sum(int(digit) * weight for digit, weight in zip(nine, WEIGHTS, strict=True)) % 11


@pytest.mark.parametrize("typed", ["0102641429", " 0102 641 429 ", "0102.641.429"])
def test_a_code_is_read_however_it_is_spaced(typed):
    assert tax_code.read(typed, kind="company") == "0102641429"


@pytest.mark.parametrize("typed", ["0102641429-066", "0102641429066"])
def test_a_branch_is_read_with_or_without_its_dash(typed):
    assert tax_code.read(typed, kind="company") == "0102641429066"


def test_a_branch_is_printed_with_its_dash():
    assert tax_code.printed("0102641429066") == "0102641429-066"


@given(nine=st.from_regex(r"[0-9]{9}", fullmatch=True), last=st.integers(0, 9))
def test_exactly_the_digit_of_the_reference_is_accepted(nine, last):
    expected = literal_check(nine)
    if nine[2:] == "0000000":
        return  # such a number is in no series
    if last == expected:
        assert tax_code.read(f"{nine}{last}", kind="company") == f"{nine}{last}"
    else:
        with pytest.raises(TaxCodeWrong):
            tax_code.read(f"{nine}{last}", kind="company")


def test_a_number_whose_check_digit_would_be_ten_was_never_issued():
    nine = next(n for n in (f"{i:09d}" for i in range(180_000_000, 180_001_000)) if literal_check(n) == 10)

    for last in range(10):
        with pytest.raises(TaxCodeWrong):
            tax_code.read(f"{nine}{last}", kind="company")


def test_branch_zero_does_not_exist():
    with pytest.raises(TaxCodeWrong):
        tax_code.read("0102641429-000", kind="company")


@pytest.mark.parametrize("kind", ["household", "cooperative_group", "establishment"])
def test_a_household_may_use_the_twelve_digits_of_its_owner(kind):
    assert tax_code.read("092 085 001 234", kind=kind) == "092085001234"


@pytest.mark.parametrize("kind", ["company", "cooperative", "service_centre"])
def test_an_organisation_may_not_use_a_persons_number(kind):
    with pytest.raises(TaxCodeOfPerson):
        tax_code.read("092085001234", kind=kind)


@pytest.mark.parametrize("typed", ["000085001234", "097085001234"])
def test_a_personal_number_begins_with_a_province(typed):
    with pytest.raises(TaxCodeWrong):
        tax_code.read(typed, kind="household")


@pytest.mark.parametrize("kind", KINDS)
def test_only_households_and_groups_may_go_without(kind):
    if kind in {"household", "cooperative_group"}:
        assert tax_code.read("", kind=kind) is None
    else:
        with pytest.raises(TaxCodeMissing):
            tax_code.read("  ", kind=kind)


@pytest.mark.parametrize(
    "typed", ["123", "01026414290", "abcdefghij", "１２３４５６７８９０", "0102641429\x00x", "9" * 500]
)
def test_anything_else_is_unreadable(typed):
    with pytest.raises(TaxCodeUnreadable):
        tax_code.read(typed, kind="company")
