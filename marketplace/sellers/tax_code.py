"""Vietnamese tax codes (mã số thuế): 10 or 13 digits with a check digit, or the 12-digit personal id."""

import re

from stdnum.exceptions import ValidationError
from stdnum.vn import mst

from marketplace.errors import N_, DomainError
from marketplace.sellers.policies import PERSONAL_TAX_CODE, TAX_CODE_OPTIONAL

_SEPARATORS = re.compile(r"[\s.\-–]+")
_LAST_PROVINCE = 96


class TaxCodeMissing(DomainError):
    """This kind of seller always has a tax code."""

    code = "tax-code-missing"
    message = N_("Loại hình này phải có mã số thuế. Mời bạn nhập mã số thuế ghi trên giấy đăng ký.")
    field = "tax_code"


class TaxCodeUnreadable(DomainError):
    """Not 10, 12 or 13 digits."""

    code = "tax-code-unreadable"
    message = N_("Mã số thuế gồm 10 số, 13 số (chi nhánh) hoặc 12 số (số căn cước). Mời bạn đếm lại.")
    field = "tax_code"


class TaxCodeWrong(DomainError):
    """The digits do not fit each other: a slip of the finger."""

    code = "tax-code-wrong"
    message = N_("Mã số thuế này không đúng: có số bị gõ nhầm. Mời bạn so lại với giấy tờ.")
    field = "tax_code"


class TaxCodeOfPerson(DomainError):
    """A personal id where an organisation's code belongs."""

    code = "tax-code-of-person"
    message = N_("12 số là số căn cước của cá nhân. Đơn vị của bạn cần nhập mã số thuế 10 hoặc 13 số.")
    field = "tax_code"


def read(text: str | None, *, kind: str) -> str | None:
    """The code as bare digits (10, 12 or 13), or None when the kind may go without and none was given.

    Check digit: weights 31 29 23 19 17 13 7 5 3 mod 11, a code whose check digit would be 10 is never issued;
    13 = 10 + branch 001-999; 12 = personal id of households and individuals since 1/7/2025 (Circular
    86/2024/TT-BTC), which has no check digit but begins with a province code 001-096.
    Raises TaxCodeMissing, TaxCodeUnreadable, TaxCodeWrong, TaxCodeOfPerson.
    """
    digits = _SEPARATORS.sub("", text or "")
    if not digits:
        if kind in TAX_CODE_OPTIONAL:
            return None
        raise TaxCodeMissing
    if not (digits.isascii() and digits.isdecimal()) or len(digits) not in {10, 12, 13}:
        raise TaxCodeUnreadable
    if len(digits) == 12:
        if kind not in PERSONAL_TAX_CODE:
            raise TaxCodeOfPerson
        if not 1 <= int(digits[:3]) <= _LAST_PROVINCE:
            raise TaxCodeWrong
        return digits
    try:
        return mst.validate(digits)
    except ValidationError as error:
        raise TaxCodeWrong from error


def printed(code: str | None) -> str:
    """As people write it: a branch code with its dash (`0102641429-066`)."""
    return f"{code[:10]}-{code[10:]}" if code and len(code) == 13 else code or ""
