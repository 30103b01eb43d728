"""Picture files for tests, made in memory."""

import io
import struct
import zlib

from PIL import Image


def picture_bytes(kind: str = "JPEG", size: tuple[int, int] = (1600, 1200), *, colour="orange", **options) -> bytes:
    """A one-coloured picture with a darker corner, so that turning it shows."""
    image = Image.new("RGB", size, colour)
    image.paste("navy", (0, 0, size[0] // 4, size[1] // 4))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def bomb() -> bytes:
    """A small PNG that claims 60,000 × 60,000 pixels."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
