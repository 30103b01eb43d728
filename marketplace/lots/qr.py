"""The QR symbol of a trace code: level Q, quiet zone 4, `https://` as bytes and the rest as upper-case alphanumerics.

Two segments make the symbol as small as an all-upper-case address, and avoid the readers that stumble over an
upper-case scheme (reference traceability.md §4). Host names know no case; the site answers `/T/` like `/t/`.
"""

import io
import math
from functools import lru_cache

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.util import MODE_8BIT_BYTE, MODE_ALPHA_NUM, QRData

QUIET_ZONE = 4
PRINTERS = (203, 300, 600)
"""Dots per inch of label printers and office printers."""
LEAST_MILLIMETRES = 20
"""Side of the symbol without its quiet zone that any phone reads from a wet or dusty pack."""


def printed_url(public_url: str, code: str) -> str:
    """The address the symbol carries."""
    scheme, rest = _parts(public_url, code)
    return scheme + rest


def readable_url(public_url: str) -> str:
    """The host as printed in letters beneath the symbol."""
    return public_url.partition("://")[2].lower()


@lru_cache(maxsize=512)
def matrix(public_url: str, code: str) -> tuple[tuple[bool, ...], ...]:
    """Rows of modules, True is dark, without the quiet zone."""
    symbol = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=0, box_size=1)
    scheme, rest = _parts(public_url, code)
    symbol.add_data(QRData(scheme.encode(), mode=MODE_8BIT_BYTE), optimize=0)
    symbol.add_data(_upper_case_segment(rest), optimize=0)
    symbol.make(fit=True)
    return tuple(tuple(bool(module) for module in row) for row in symbol.get_matrix())


@lru_cache(maxsize=512)
def svg(public_url: str, code: str) -> bytes:
    """One path with every run of dark modules as one rectangle."""
    rows = matrix(public_url, code)
    size = len(rows) + 2 * QUIET_ZONE
    path = "".join(
        f"M{start + QUIET_ZONE} {y + QUIET_ZONE}h{length}v1h-{length}z"
        for y, row in enumerate(rows) for start, length in _runs(row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{path}"/></svg>'
    ).encode()


@lru_cache(maxsize=256)
def png(public_url: str, code: str, dpi: int) -> bytes:
    """A black and white picture in whole printer dots a module, at least 20 mm wide when printed at `dpi`."""
    rows = matrix(public_url, code)
    size = len(rows) + 2 * QUIET_ZONE
    module = dots_per_module(len(rows), dpi)
    image = Image.new("1", (size, size), 1)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                image.putpixel((x + QUIET_ZONE, y + QUIET_ZONE), 0)
    stream = io.BytesIO()
    large = image.resize((size * module, size * module), Image.Resampling.NEAREST)
    large.save(stream, "PNG", optimize=True, dpi=(dpi, dpi))
    return stream.getvalue()


def dots_per_module(modules: int, dpi: int) -> int:
    """The fewest whole dots a module that print `modules` at 20 mm or more."""
    return math.ceil(LEAST_MILLIMETRES * 10 * dpi / (254 * modules))


def _parts(public_url: str, code: str) -> tuple[str, str]:
    scheme, _separator, rest = public_url.rstrip("/").partition("://")
    return f"{scheme.lower()}://", f"{rest}/t/{code}".upper()


def _upper_case_segment(text: str) -> QRData:
    try:
        return QRData(text.encode(), mode=MODE_ALPHA_NUM)
    except ValueError:  # a host with a character outside the 45 (an underscore): one byte segment, a larger symbol
        return QRData(text.encode(), mode=MODE_8BIT_BYTE)


def _runs(row: tuple[bool, ...]) -> list[tuple[int, int]]:
    runs, start = [], None
    for x, dark in enumerate((*row, False)):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            runs.append((start, x - start))
            start = None
    return runs
