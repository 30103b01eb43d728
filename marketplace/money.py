"""Money in whole đồng and quantities in grams or pieces; the one place that rounds and divides.

No floats anywhere: parse at the rim, calculate in integers, print at the other rim.
"""

import re
from collections.abc import Sequence
from typing import Literal

Measure = Literal["mass", "piece"]

GRAMS_PER_KILOGRAM = 1000
MAX_DONG = 10**12
"""Upper bound for one amount; anything larger in a form is a slip of the finger."""

_UNIT_WORDS = {
    "": 1,
    "k": 1_000,
    "n": 1_000,
    "ng": 1_000,
    "nghin": 1_000,
    "ngan": 1_000,
    "tr": 1_000_000,
    "trieu": 1_000_000,
}
_MARKS = str.maketrans({"ì": "i", "à": "a", "ệ": "e", "đ": "d", "₫": "d"})


class UnreadableAmount(ValueError):
    """The text is no amount of money or quantity; `reason` is unreadable, negative, too-large or ambiguous."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def half_up(numerator: int, denominator: int) -> int:
    """Divide non-negative integers, rounding half up: the single rounding rule for đồng."""
    if numerator < 0 or denominator <= 0:
        raise ValueError("half_up takes a non-negative numerator and a positive denominator")
    return (2 * numerator + denominator) // (2 * denominator)


def line_total(*, price: int, quantity: int, measure: Measure) -> int:
    """Đồng for one line: `price` per kilogram with `quantity` in grams, or per piece with pieces."""
    if measure == "mass":
        return half_up(price * quantity, GRAMS_PER_KILOGRAM)
    return price * quantity


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Divide `total` đồng by `weights` (largest remainder, ties to the earlier one); parts sum to `total` exactly.

    Raises ValueError when a weight is negative or all are zero.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0 or total < 0:
        raise ValueError("split takes a non-negative total and weights with a positive sum")
    parts = [total * weight // whole for weight in weights]
    remainders = [(-(total * weight % whole), index) for index, weight in enumerate(weights)]
    for _, index in sorted(remainders)[: total - sum(parts)]:
        parts[index] += 1
    return parts


def format_dong(amount: int) -> str:
    """`1.250.000 ₫`, with a no-break space before the sign."""
    return f"{amount:,}".replace(",", ".") + "\N{NO-BREAK SPACE}₫"


def parse_dong(text: str) -> int:
    """Read what people type: `35.000`, `35000đ`, `35k`, `1,2tr`, `1tr25`. Raises UnreadableAmount."""
    folded = text.strip().lower().translate(_MARKS).replace("\N{NO-BREAK SPACE}", "").replace(" ", "")
    folded = folded.removesuffix("vnd").removesuffix("dong").removesuffix("d")
    if folded.startswith("-"):
        raise UnreadableAmount("negative")
    joined = re.fullmatch(r"(\d{1,6})(tr|trieu)(\d{1,3})", folded, re.ASCII)
    if joined:
        return _bounded(int(joined[1]) * 1_000_000 + int(joined[3].ljust(6, "0")))
    match = re.fullmatch(r"(\d{1,3}(?:[.,]\d{3})+|\d{1,15})(?:[.,](\d{1,2}))?([a-z]*)", folded, re.ASCII)
    if not match or match[3] not in _UNIT_WORDS:
        raise UnreadableAmount("unreadable")
    scale, fraction = _UNIT_WORDS[match[3]], match[2] or ""
    if fraction and scale == 1:
        raise UnreadableAmount("unreadable")
    whole = int(match[1].replace(".", "").replace(",", "")) * scale
    return _bounded(whole + (int(fraction) * scale // 10 ** len(fraction) if fraction else 0))


def _bounded(amount: int) -> int:
    if amount > MAX_DONG:
        raise UnreadableAmount("too-large")
    return amount


def parse_grams(text: str) -> int:
    """Kilograms as typed (`12,5`, `12.5`, `3`) to grams; `1.250` is ambiguous and refused. Raises UnreadableAmount."""
    cleaned = text.strip().lower().removesuffix("kg").strip()
    if cleaned.startswith("-"):
        raise UnreadableAmount("negative")
    if re.fullmatch(r"\d{1,3}\.\d{3}", cleaned, re.ASCII):
        raise UnreadableAmount("ambiguous")
    match = re.fullmatch(r"(\d{1,9})(?:[.,](\d{1,3}))?", cleaned, re.ASCII)
    if not match:
        raise UnreadableAmount("unreadable")
    grams = int(match[1]) * GRAMS_PER_KILOGRAM + int((match[2] or "0").ljust(3, "0"))
    if grams > MAX_DONG:
        raise UnreadableAmount("too-large")
    return grams


def format_grams(grams: int) -> str:
    """`12,5 kg` from a kilogram up, `250 g` below, Vietnamese decimal comma."""
    if 0 < grams < GRAMS_PER_KILOGRAM:
        return f"{grams}\N{NO-BREAK SPACE}g"
    whole, rest = divmod(grams, GRAMS_PER_KILOGRAM)
    digits = f"{whole:,}".replace(",", ".")
    if rest:
        digits += "," + f"{rest:03d}".rstrip("0")
    return f"{digits}\N{NO-BREAK SPACE}kg"
