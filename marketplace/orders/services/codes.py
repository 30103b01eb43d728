"""Order codes people can read aloud and type, and the secret of a guest's link."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

from stdnum import luhn

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0/O, 1/I/L, U: what a voice or a thumb confuses. Bank transfer notes carry it unchanged (A-Z, 0-9)."""


def new_purchase_code() -> str:
    """`CT`, seven random characters and a Luhn mod 30 check character: ten in all."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(7))
    return f"CT{body}{luhn.calc_check_digit(body, ALPHABET)}"


def order_code(purchase_code: str, number: int) -> str:
    """Code of the `number`-th (from 0) seller order of a purchase: its code, a letter and a check character."""
    body = purchase_code[2:] + ALPHABET[8 + number]
    return f"CT{body}{luhn.calc_check_digit(body, ALPHABET)}"


def well_formed(code: str) -> bool:
    """True for a purchase or order code without a slip of the finger."""
    body = code.removeprefix("CT")
    return code.startswith("CT") and len(body) in (8, 10) and set(body) <= set(ALPHABET) and luhn.is_valid(body, ALPHABET)


def new_client_key() -> str:
    """Made with each checkout page; one key is one purchase however often it is sent."""
    return secrets.token_urlsafe(24)


def new_basket_token() -> str:
    """The session's claim on a basket."""
    return secrets.token_urlsafe(24)


def digest(secret: str) -> str:
    """How a secret (client key, link token) is stored: SHA-256, hex."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def guest_token(client_key: str) -> str:
    """The secret of the guest's link. Drawn from the client key, so that a second press of the same form shows the
    same link, while the database holds neither of the two."""
    return urlsafe_b64encode(hashlib.sha256(b"guest link\0" + client_key.encode()).digest()[:18]).decode()


def shipment_number(token_hash: str, order_code: str) -> str:
    """The opaque number under which a shipment stands in the public log: nobody without the order's link can tell
    which order it is, while the buyer's page can."""
    return digest(f"shipment {token_hash} {order_code}")[:20]


def same(one: str, other: str) -> bool:
    """Compare secrets without telling by the time taken how much was right."""
    return hmac.compare_digest(one, other)
