"""Identifiers: trace codes, event ids, lot numbers, GTIN and GLN, GS1 Digital Link paths.

A trace code has 13 random characters and an ISO/IEC 7064 MOD 37,36 check character, all from 0-9 A-Z without
I, L, O and U: it fits the QR alphanumeric mode and nobody reads one letter for another. It begins with a letter, so
no program takes it for a number. 22 × 32^12 bodies, of which 8 in 9 have a check character from the same alphabet,
leave more than 64 bits to guess.
"""

import re
import secrets
import uuid
from dataclasses import dataclass

from stdnum import ean
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_37_36

from traceability.errors import IdentifierError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LETTERS = ALPHABET[10:]
TRACE_CODE_LENGTH = 14

_CODE = re.compile(f"[{LETTERS}][{ALPHABET}]{{{TRACE_CODE_LENGTH - 1}}}")
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
_LOT = re.compile(r"[A-Z][0-9A-Z.-]{0,19}")
_SERIAL = re.compile(r"[0-9A-Z.-]{1,20}")
_LINK = re.compile(r"/01/(?P<gtin>[0-9]{14})(?:/10/(?P<lot>[^/]+))?(?:/21/(?P<serial>[^/]+))?/?", re.IGNORECASE)


def new_trace_code() -> str:
    """A fresh trace code from the system's random source."""
    while True:
        body = secrets.choice(LETTERS) + "".join(secrets.choice(ALPHABET) for _ in range(TRACE_CODE_LENGTH - 2))
        code = body + mod_37_36.calc_check_digit(body)
        if code[-1] in ALPHABET and not _survives_a_swap(code):
            return code


def parse_trace_code(text: str) -> str:
    """The trace code a person typed or a scanner read: case, blanks and hyphens do not matter, O is 0, I and L are 1.

    Raises IdentifierError (`code-malformed`, `code-check`): a wrong check character is a slip, not an unknown code.
    """
    code = re.sub(r"[\s-]", "", text[:100]).upper().translate(_MISREAD)
    if not _CODE.fullmatch(code):
        raise IdentifierError("code-malformed", f"a trace code has {TRACE_CODE_LENGTH} characters of {ALPHABET}")
    if not mod_37_36.is_valid(code):
        raise IdentifierError("code-check", "the check character does not fit: a character is wrong or two are swapped")
    return code


def _survives_a_swap(code: str) -> bool:
    """MOD 37,36 finds every wrong character but not every swap of two neighbours: such codes are not given out."""
    swaps = (code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(len(code) - 1))
    return any(swap != code and mod_37_36.is_valid(swap) for swap in swaps)


def group_trace_code(code: str) -> str:
    """The code as printed under the QR: groups of 5, 5 and 4 with hyphens between."""
    return "-".join((code[:5], code[5:10], code[10:]))


def new_event_id() -> str:
    """A fresh EPCIS event id: `urn:uuid:` and a random UUID."""
    return uuid.uuid4().urn


def parse_event_id(text: str) -> str:
    """The event id in its one spelling. Raises IdentifierError unless it is a `urn:uuid:` name."""
    try:
        parsed = uuid.UUID(text.removeprefix("urn:uuid:")) if text.startswith("urn:uuid:") else None
    except ValueError:
        parsed = None
    if parsed is None or parsed.urn != text:
        raise IdentifierError("event-id", "an event id is urn:uuid: and a lower-case UUID")
    return text


def check_lot_number(text: str) -> str:
    """A lot number as printed and as GS1 AI (10) carries it: 1 to 20 of 0-9 A-Z . -, a letter first.

    Raises IdentifierError.
    """
    if not _LOT.fullmatch(text):
        raise IdentifierError("lot-number", "a lot number begins with a letter and has at most 20 of 0-9 A-Z . -")
    return text


def check_gtin(text: str) -> str:
    """A GTIN-8, -12, -13 or -14 as the 14 digits Digital Link wants. Raises IdentifierError."""
    return _gs1_number(text, (8, 12, 13, 14), "gtin").zfill(14)


def check_gln(text: str) -> str:
    """A 13-digit GLN. Raises IdentifierError."""
    return _gs1_number(text, (13,), "gln")


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """A GS1 Digital Link under a GTIN; qualifiers in the order 10, 21."""

    gtin: str
    lot: str | None = None
    serial: str | None = None

    def path(self) -> str:
        """`/01/<GTIN>[/10/<LOT>][/21/<SERIAL>]`."""
        lot = f"/10/{self.lot}" if self.lot else ""
        serial = f"/21/{self.serial}" if self.serial else ""
        return f"/01/{self.gtin}{lot}{serial}"


def parse_digital_link(path: str) -> DigitalLink:
    """Reads `/01/<GTIN>[/10/<LOT>][/21/<SERIAL>]`; a trailing slash is tolerated. Raises IdentifierError."""
    match = _LINK.fullmatch(path)
    if not match:
        raise IdentifierError("digital-link", "not /01/<GTIN>[/10/<LOT>][/21/<SERIAL>] with a 14-digit GTIN")
    lot, serial = match["lot"], match["serial"]
    if serial is not None and not _SERIAL.fullmatch(serial.upper()):
        raise IdentifierError("serial", "a serial has 1 to 20 of 0-9 A-Z . -")
    return DigitalLink(
        check_gtin(match["gtin"]), lot and check_lot_number(lot.upper()), serial and serial.upper()
    )


def _gs1_number(text: str, lengths: tuple[int, ...], code: str) -> str:
    number = text.strip()
    if not number.isascii() or not number.isdigit() or len(number) not in lengths:
        raise IdentifierError(f"{code}-malformed", f"{len(number)} characters; digits only, {lengths} of them")
    try:
        return str(ean.validate(number))
    except ValidationError as error:
        raise IdentifierError(f"{code}-check", "the check digit does not fit") from error
