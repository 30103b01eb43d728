"""Pictures from people's phones: decoded to prove what they are, stripped of all else, stored in three widths."""

import hashlib
import io
import os
import re
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pillow_heif
from PIL import Image, ImageCms, ImageOps

from marketplace.errors import N_, DomainError

WIDTHS = (320, 640, 1280)
MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
JPEG_QUALITY, WEBP_QUALITY = 80, 76
KEY = re.compile(r"[0-9a-f]{32}")
FILE = re.compile(r"(320|640|1280)\.(webp|jpg)")
MEDIA_TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}
_SRGB = ImageCms.createProfile("sRGB")

pillow_heif.register_heif_opener(thumbnails=False)
Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # twice this is Pillow's own error; between the two our header check refuses


class BadPicture(DomainError):
    """The file is no picture we can read."""

    code = "bad-picture"
    message = N_("Không đọc được ảnh “%(name)s”. Mời bạn chọn ảnh JPEG, PNG, WebP hoặc HEIC chụp từ điện thoại.")
    field = "photos"


class PictureTooLarge(DomainError):
    """More bytes or more pixels than we take."""

    code = "picture-too-large"
    message = N_("Ảnh “%(name)s” quá lớn. Mỗi ảnh tối đa 15 MB và 50 triệu điểm ảnh.")
    field = "photos"


class AnimatedPicture(DomainError):
    """Several frames: which one would be the product?"""

    code = "animated-picture"
    message = N_("Ảnh “%(name)s” là ảnh động. Mời bạn chọn ảnh chụp thường.")
    field = "photos"


@dataclass(frozen=True)
class StoredPicture:
    """A picture on disk: folder `key`, files `<width>.webp` and `<width>.jpg`; size is that of the largest."""

    key: str
    widths: tuple[int, ...]
    width: int
    height: int
    sha256: str


def store(data: bytes, *, name: str, uploads: Path) -> StoredPicture:
    """Check, re-encode and write one picture under `uploads`; storing the same bytes again changes nothing.

    The key comes from the bytes (SHA-256), so it can be neither guessed nor overwritten by another picture.
    Raises BadPicture, PictureTooLarge or AnimatedPicture and leaves no file then.
    """
    name = " ".join(name.split())[-60:] or "?"
    if len(data) > MAX_BYTES:
        raise PictureTooLarge(name=name)
    digest = hashlib.sha256(data).hexdigest()
    image = _decoded(data, name)
    widths = _widths(image.width)
    folder = _folder(uploads, digest[:32])
    folder.mkdir(parents=True, exist_ok=True)
    for width in widths:
        _write(image, width, folder)
    largest = widths[-1]
    return StoredPicture(
        key=digest[:32], widths=widths, width=min(largest, image.width), height=_height(image, largest), sha256=digest
    )


def path(uploads: Path, key: str, filename: str) -> Path | None:
    """The stored file, or None when the names are not of our making or nothing is there."""
    if not KEY.fullmatch(key) or not FILE.fullmatch(filename):
        return None
    file = _folder(uploads, key) / filename
    return file if file.is_file() else None


def url(key: str, width: int, kind: str = "jpg") -> str:
    """Public address of one file."""
    return f"/anh/{key}/{width}.{kind}"


def picture(*, key: str, widths: Sequence[int], width: int, height: int, alt: str, upto: int = 640) -> dict:
    """What the `photo` macro wants: src, alt, width, height, srcset and sources, at most `upto` pixels wide."""
    used = [w for w in widths if w <= upto] or [min(widths)]
    shown = min(used[-1], width)

    def srcset(kind: str) -> str:
        return ", ".join(f"{url(key, w, kind)} {min(w, width)}w" for w in used)

    return {
        "src": url(key, used[-1]), "alt": alt, "width": shown, "height": max(1, height * shown // width),
        "srcset": srcset("jpg"), "sources": [("image/webp", srcset("webp"))],
    }


def _decoded(data: bytes, name: str) -> Image.Image:
    """The upright sRGB picture without any metadata."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise PictureTooLarge(name=name)
                if getattr(opened, "n_frames", 1) > 1 and opened.format != "HEIF":
                    raise AnimatedPicture(name=name)
                opened.draft("RGB", (WIDTHS[-1], WIDTHS[-1]))
                opened.load()
                return _plain(ImageOps.exif_transpose(opened))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureTooLarge(name=name) from error
    except DomainError:
        raise
    except Exception as error:
        # Decoders of hostile bytes raise whatever they like (OSError, SyntaxError, struct.error, ValueError ...).
        raise BadPicture(name=name) from error


def _plain(image: Image.Image) -> Image.Image:
    """Pixels only, in sRGB, transparency on white."""
    image.thumbnail((WIDTHS[-1], WIDTHS[-1] * 4), Image.Resampling.LANCZOS)
    profile = image.info.get("icc_profile")
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image)
    if profile and image.mode in {"RGB", "CMYK", "L"}:
        image = _to_srgb(image, profile)
    plain = Image.new("RGB", image.size)
    plain.paste(image.convert("RGB"))
    return plain


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        return ImageCms.profileToProfile(image, io.BytesIO(profile), _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image  # a broken profile is no reason to refuse a good photo


def _widths(width: int) -> tuple[int, ...]:
    """Never upscaled; a picture narrower than the smallest width is kept as it is under that name."""
    return tuple(w for w in WIDTHS if w <= width) or WIDTHS[:1]


def _height(image: Image.Image, width: int) -> int:
    shown = min(width, image.width)
    return max(1, round(image.height * shown / image.width))


def _write(image: Image.Image, width: int, folder: Path) -> None:
    smaller = image if width >= image.width else image.resize((width, _height(image, width)), Image.Resampling.LANCZOS)
    _save(smaller, folder / f"{width}.jpg", "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    _save(smaller, folder / f"{width}.webp", "WEBP", quality=WEBP_QUALITY, method=4)


def _save(image: Image.Image, file: Path, kind: str, **options) -> None:
    """Write beside, then rename: a reader never meets half a file, and a killed upload leaves no lie."""
    if file.exists():
        return
    handle, temporary = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            image.save(out, kind, **options)
        os.chmod(temporary, 0o644)
        os.replace(temporary, file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _folder(uploads: Path, key: str) -> Path:
    return uploads / "photos" / key[:2] / key
