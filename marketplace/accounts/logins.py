"""Reading what people type as their sign-in name: a phone number in any spelling, or an e-mail address."""

import re

from email_validator import EmailNotValidError, validate_email

from marketplace.web.forms import clean_text, parse_phone

MAX_LOGIN = 254

_NEW_PREFIXES = {
    "0120": "070",
    "0121": "079",
    "0122": "077",
    "0126": "076",
    "0128": "078",
    "0123": "083",
    "0124": "084",
    "0125": "085",
    "0127": "081",
    "0129": "082",
    "0162": "032",
    "0163": "033",
    "0164": "034",
    "0165": "035",
    "0166": "036",
    "0167": "037",
    "0168": "038",
    "0169": "039",
    "0186": "056",
    "0188": "058",
    "0199": "059",
}
"""Eleven-digit mobile numbers became ten-digit ones in 2018 (ministry plan 798/QĐ-BTTTT); people still say the old."""


def normalise(text: str) -> str | None:
    """E.164 for a phone number, lower case for an e-mail address, None when it is neither."""
    cleaned = clean_text(text) or ""
    if not cleaned or len(cleaned) > MAX_LOGIN:
        return None
    if "@" in cleaned:
        return _email(cleaned)
    return parse_phone(modernised(cleaned))


def modernised(phone: str) -> str:
    """An old eleven-digit mobile number with its present prefix; any other text unchanged."""
    digits = re.sub(r"[\s.()-]", "", phone)
    national = re.sub(r"^(\+?84|0084)(?=1)", "0", digits)
    if len(national) == 11 and national.isascii() and national.isdecimal() and national[:4] in _NEW_PREFIXES:
        return _NEW_PREFIXES[national[:4]] + national[4:]
    return phone


def shown(login: str) -> str:
    """As people write it: `0912 345 678` for a Vietnamese number, an e-mail address unchanged."""
    if not login.startswith("+84"):
        return login
    national = "0" + login[3:]
    return f"{national[:4]} {national[4:7]} {national[7:]}"


def _email(text: str) -> str | None:
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None
