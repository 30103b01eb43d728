"""Signatures of webhooks in the scheme of the Stripe API ("Verify webhook signatures manually").

Header: ``t=<unix seconds>,v1=<hex>[,v1=<hex>…]``, where v1 is HMAC-SHA256 over ``<t>.<raw body>`` keyed with
the endpoint's secret. Several v1 appear while a secret is being changed; schemes other than v1 are ignored.
"""

import hashlib
import hmac
from datetime import datetime

TOLERANCE_SECONDS = 300
# A genuine header is under 200 bytes; a longer one is not worth the parsing.
MAX_HEADER = 2000


class SignatureRefused(Exception):
    """The notice is not trustworthy. ``code``: missing, malformed, forged, too_old or too_new."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def sign(body: bytes, *, secret: str, timestamp: int) -> str:
    """Header value for ``body`` as sent at ``timestamp`` (Unix seconds)."""
    return f"t={timestamp},v1={_digest(body, secret=secret, timestamp=timestamp)}"


def verify(body: bytes, header: str | None, *, secret: str, now: datetime, tolerance: int = TOLERANCE_SECONDS) -> None:
    """Accept ``body`` (the raw bytes received, before any parsing) or raise ``SignatureRefused``.

    ``now`` is an aware datetime. The signature is checked before the age, so a stranger learns nothing from
    the answer; exactly ``tolerance`` seconds old is still good.
    """
    if not secret:
        raise ValueError("a webhook secret is needed: an empty one would let anybody sign")
    timestamp, candidates = _parse(header)
    expected = _digest(body, secret=secret, timestamp=timestamp)
    # every candidate is compared, so the time taken does not tell which one was right
    matches = [hmac.compare_digest(expected.encode(), candidate) for candidate in candidates]
    if not any(matches):
        raise SignatureRefused("forged")
    age = now.timestamp() - timestamp
    if age > tolerance:
        raise SignatureRefused("too_old")
    if age < -tolerance:
        raise SignatureRefused("too_new")


def _digest(body: bytes, *, secret: str, timestamp: int) -> str:
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def _parse(header: str | None) -> tuple[int, list[bytes]]:
    if not header:
        raise SignatureRefused("missing")
    if len(header) > MAX_HEADER:
        raise SignatureRefused("malformed")
    pairs = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in pairs if name == "t"]
    candidates = [value.encode("utf-8", "replace") for name, _, value in pairs if name == "v1"]
    # isdecimal alone would let in digits of other scripts; int() of thousands of digits is slow
    if len(stamps) != 1 or not (stamps[0].isascii() and stamps[0].isdecimal()) or len(stamps[0]) > 12:
        raise SignatureRefused("malformed")
    if not candidates:
        raise SignatureRefused("malformed")
    return int(stamps[0]), candidates
