"""Papers people hand in (PDF or photo): what they are by content, how large, and where they are kept.

Papers are never public. Public product photos are `web/images.py`'s business.
"""

import hashlib
import io
import secrets
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pillow_heif
from flask import Response, current_app
from PIL import Image, ImageOps, UnidentifiedImageError

from marketplace.errors import N_, DomainError, NotFound

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 60_000_000
"""A phone's largest picture is about 50 million pixels; more is a decompression bomb."""
MAX_SIDE = 3000
"""Papers stay readable at this size; larger photos are reduced."""

EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg"}
MEDIA_TYPES = {extension: media_type for media_type, extension in EXTENSIONS.items()}
ACCEPT = "application/pdf,image/jpeg,image/png,image/webp,image/heic,.pdf,.heic"
"""For a file input's `accept`."""

_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"}

pillow_heif.register_heif_opener()


class FileMissing(DomainError):
    """The input was left empty, or the file has no content."""

    code = "file-missing"
    message = N_("Mời bạn chọn tệp hoặc chụp ảnh giấy tờ.")
    field = "file"


class FileTooLarge(DomainError):
    """More than MAX_BYTES or MAX_PIXELS."""

    code = "file-too-large"
    message = N_("Tệp quá lớn. Mỗi tệp tối đa 15 MB; bạn chụp lại với độ phân giải thấp hơn.")
    field = "file"


class FileUnknown(DomainError):
    """Not a PDF, JPEG, PNG, WebP or HEIC by its content, whatever its name says."""

    code = "file-unknown"
    message = N_("Chỉ nhận tệp PDF hoặc ảnh JPEG, PNG, WebP, HEIC. Mời bạn chọn tệp khác.")
    field = "file"


class FileBroken(DomainError):
    """Begins like a picture or PDF but cannot be read to its end."""

    code = "file-broken"
    message = N_("Tệp bị hỏng, không mở được. Mời bạn chụp hoặc tải lại.")
    field = "file"


@dataclass(frozen=True)
class Paper:
    """A checked file, ready to be kept: `media_type` is application/pdf or image/jpeg, `sha256` is hex of `content`."""

    content: bytes
    media_type: str
    sha256: str

    @property
    def size(self) -> int:
        return len(self.content)


def receive(file, *, max_bytes: int = MAX_BYTES) -> Paper:
    """Read one uploaded file (a werkzeug FileStorage) and check it by content.

    Pictures are re-encoded to JPEG: upright, at most 3000 px a side, without EXIF (where and when a paper was
    photographed is nobody's business). PDFs are kept as sent.
    Raises FileMissing, FileTooLarge, FileUnknown, FileBroken (field "file").
    """
    content = file.stream.read(max_bytes + 1) if file is not None and getattr(file, "filename", "") else b""
    if not content:
        raise FileMissing
    if len(content) > max_bytes:
        raise FileTooLarge
    kind = sniff(content)
    if kind is None:
        raise FileUnknown
    if kind == "application/pdf":
        if b"%%EOF" not in content[-2048:]:
            raise FileBroken
        kept = content
    else:
        kept, kind = _reencode(content), "image/jpeg"
    return Paper(content=kept, media_type=kind, sha256=hashlib.sha256(kept).hexdigest())


def sniff(content: bytes) -> str | None:
    """Media type by the first bytes, or None when it is none of the five accepted."""
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS:
        return "image/heic"
    return None


def _reencode(content: bytes) -> bytes:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is checked below
            image = Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP", "HEIF"))
            if image.width * image.height > MAX_PIXELS:
                raise FileTooLarge
            image.draft("RGB", (MAX_SIDE, MAX_SIDE))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((MAX_SIDE, MAX_SIDE))
            flat = _on_white(upright)
    except FileTooLarge:
        raise
    except Image.DecompressionBombError as error:
        raise FileTooLarge from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, RuntimeError) as error:
        raise FileBroken from error
    written = io.BytesIO()
    flat.save(written, "JPEG", quality=86, optimize=True)
    return written.getvalue()


def _on_white(image: Image.Image) -> Image.Image:
    """RGB without EXIF or profile; transparent scans get a white ground, not a black one."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        with_alpha = image.convert("RGBA")
        ground = Image.new("RGB", with_alpha.size, "white")
        ground.paste(with_alpha, mask=with_alpha.getchannel("A"))
        return ground
    plain = Image.new("RGB", image.size)
    plain.paste(image.convert("RGB"))
    return plain


class Storage(Protocol):
    """Where papers are kept; a local folder by default, an object store for a city."""

    def save(self, key: str, content: bytes) -> None:
        """Keep `content` under a new key."""

    def load(self, key: str) -> bytes:
        """What was kept. Raises FileNotFoundError."""

    def remove(self, key: str) -> None:
        """Forget it; no error when it is already gone."""


class LocalFolder:
    """Files below one folder that no public route serves."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, key: str) -> Path:
        path = (self.root / key).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise FileNotFoundError(key)
        return path

    def save(self, key: str, content: bytes) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:  # a key is never used twice
            file.write(content)

    def load(self, key: str) -> bytes:
        return self._path(key).read_bytes()

    def remove(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)


def storage() -> Storage:
    """The store of papers: `papers/` in the data folder, beside (never inside) the public uploads."""
    return LocalFolder(current_app.extensions["settings"].data_dir / "papers")


def new_key(paper: Paper) -> str:
    """An unguessable storage key; its ending tells the media type."""
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name}.{EXTENSIONS[paper.media_type]}"


def media_type(key: str) -> str:
    """The media type a key was given for."""
    return MEDIA_TYPES[key.rsplit(".", 1)[-1]]


def send_paper(key: str, *, filename: str, download: bool = False) -> Response:
    """The paper as a response that can run nothing and is kept by no cache, shown in place or saved.

    Raises NotFound.
    """
    try:
        content = storage().load(key)
    except FileNotFoundError as error:
        raise NotFound from error
    kind = media_type(key)
    response = Response(content, mimetype=kind)
    # The sandbox gives the file an origin of its own: whatever it carries, it reaches nothing of ours. Some browsers
    # do not open their PDF viewer inside a sandbox: pages offer saving the file beside opening it.
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; sandbox"
    )
    response.headers["Content-Disposition"] = (
        f'{"attachment" if download else "inline"}; filename="{filename}.{EXTENSIONS[kind]}"'
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response
