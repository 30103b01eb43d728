"""Sets a drawing of produce on a market table: alone, as a small heap, or in a crate."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from marketplace.demo.pictures.grounds import ground

CUTOUTS = Path(__file__).parent / "cutouts"
VIEWS = ("single", "group", "crate")

SHADOW = (52, 30, 12)


class UnknownSubject(LookupError):
    """No drawing has this name; never answered with another product's picture."""


@dataclass(frozen=True)
class Subject:
    """`stands`: potted, bagged, plated or bottled, never heaped into a crate. `lettered`: a mirror would spoil it."""

    name: str
    stands: bool
    lettered: bool


@lru_cache(maxsize=1)
def _known() -> dict[str, Subject]:
    with (CUTOUTS / "subjects.csv").open(encoding="utf-8") as file:
        rows = csv.DictReader(file)
        return {r["subject"]: Subject(r["subject"], r["stands"] == "1", r["lettered"] == "1") for r in rows}


def subjects() -> tuple[str, ...]:
    """Names of everything that can be drawn, in alphabetical order."""
    return tuple(_known())


def compose(*, subject: str, tone: int, view: int | str, size: int) -> Image.Image:
    """An RGB picture of `size` × `size` pixels.

    `tone` chooses wall and table (any integer), `view` is a name of VIEWS or its number (any integer, counted around).
    Raises UnknownSubject. The same arguments give the same pixels with the same Pillow.
    """
    name = VIEWS[view % len(VIEWS)] if isinstance(view, int) else view
    drawing = _cutout(subject)
    # Neighbouring numbers share neither wall nor table; another view of one product stays on its own table.
    scene = ground(tone * 7 + len(subject), size)
    if name == "crate" and _known()[subject].stands:
        return _close(scene, drawing, size)
    if name == "group":
        return _group(scene, drawing, size, lettered=_known()[subject].lettered)
    return (_crate if name == "crate" else _single)(scene, drawing, size)


@lru_cache(maxsize=64)
def _cutout(subject: str) -> Image.Image:
    if subject not in _known():
        raise UnknownSubject(subject)
    with Image.open(CUTOUTS / f"{subject}.webp") as picture:
        return picture.convert("RGBA")


def _fit(drawing: Image.Image, width: float, height: float) -> Image.Image:
    scale = min(width / drawing.width, height / drawing.height)
    shape = max(1, round(drawing.width * scale)), max(1, round(drawing.height * scale))
    return drawing.resize(shape, Image.Resampling.LANCZOS)


def _place(scene: Image.Image, drawing: Image.Image, x: float, base: float, size: int) -> None:
    """Stand a drawing with the middle of its foot at (x, base) and let it throw a shadow."""
    w, h = drawing.size
    _shade(scene, (x - w * 0.46, base - w * 0.10, x + w * 0.52, base + w * 0.09), size / 42)
    _shade(scene, (x - w * 0.30, base - w * 0.045, x + w * 0.32, base + w * 0.035), size / 110)
    scene.paste(drawing, (round(x - w / 2), round(base - h)), drawing)


def _shade(scene: Image.Image, box: tuple[float, float, float, float], blur: float) -> None:
    """A soft dark ellipse, blurred small and enlarged: the blur is most of the work."""
    left, top, right, foot = box
    margin = blur * 3
    small = 8
    shape = max(2, round((right - left + 2 * margin) / small)), max(2, round((foot - top + 2 * margin) / small))
    patch = Image.new("L", shape, 0)
    edge = margin / small
    ImageDraw.Draw(patch).ellipse((edge, edge, shape[0] - edge, shape[1] - edge), fill=150)
    patch = patch.filter(ImageFilter.GaussianBlur(blur / small)).resize(
        (shape[0] * small, shape[1] * small), Image.Resampling.BICUBIC
    )
    scene.paste(
        SHADOW,
        (
            round(left - margin),
            round(top - margin),
            round(left - margin) + patch.width,
            round(top - margin) + patch.height,
        ),
        patch,
    )


def _single(scene: Image.Image, drawing: Image.Image, size: int) -> Image.Image:
    _place(scene, _fit(drawing, size * 0.74, size * 0.72), size * 0.5, size * 0.88, size)
    return scene


def _close(scene: Image.Image, drawing: Image.Image, size: int) -> Image.Image:
    """Nearer and to the side, with a second one behind, out of focus."""
    back = ImageEnhance.Brightness(_fit(drawing, size * 0.42, size * 0.42)).enhance(0.96)
    _place(scene, back.filter(ImageFilter.GaussianBlur(size / 260)), size * 0.78, size * 0.70, size)
    _place(scene, _fit(drawing, size * 0.80, size * 0.80), size * 0.42, size * 0.95, size)
    return scene


def _group(scene: Image.Image, drawing: Image.Image, size: int, *, lettered: bool) -> Image.Image:
    small = _fit(drawing, size * 0.47, size * 0.50)
    dimmed = ImageEnhance.Brightness(small).enhance(0.94)
    _place(scene, dimmed, size * 0.28, size * 0.73, size)
    _place(scene, dimmed if lettered else ImageOps.mirror(dimmed), size * 0.73, size * 0.75, size)
    _place(scene, _fit(drawing, size * 0.54, size * 0.56), size * 0.50, size * 0.93, size)
    return scene


def _crate(scene: Image.Image, drawing: Image.Image, size: int) -> Image.Image:
    left, right, rim, foot = size * 0.10, size * 0.90, size * 0.62, size * 0.92
    _shade(scene, (left - size * 0.03, foot - size * 0.07, right + size * 0.07, foot + size * 0.05), size / 40)
    _slats(scene, (left + size * 0.03, rim - size * 0.10, right - size * 0.03, rim + size * 0.04), size, dark=True)
    piece = _fit(drawing, size * 0.32, size * 0.32)
    for row, (count, base) in enumerate(((3, 0.62), (4, 0.70), (3, 0.78))):
        for n in range(count):
            x = left + (right - left) * (n + 0.5) / count
            turned = piece.rotate((-14, 9, -5, 16)[(n + row) % 4], Image.Resampling.BICUBIC, expand=True)
            _place(scene, ImageEnhance.Brightness(turned).enhance(0.93 + row * 0.035), x, size * base, size)
    _slats(scene, (left, rim + size * 0.06, right, foot), size, dark=False)
    return scene


def _slats(scene: Image.Image, box: tuple[float, float, float, float], size: int, *, dark: bool) -> None:
    """Boards of a fruit crate filling `box`."""
    draw = ImageDraw.Draw(scene)
    left, top, right, foot = box
    red, green, blue = (156, 104, 56) if dark else (205, 152, 92)
    boards = 1 if dark else 3
    height = (foot - top) / boards
    for n in range(boards):
        y = top + n * height
        draw.rounded_rectangle((left, y, right, y + height * 0.88), radius=size / 90, fill=(red, green, blue))
        lit = y + size / 160
        draw.line((left + 4, lit, right - 4, lit), fill=(red + 30, green + 30, blue + 30), width=max(2, size // 160))
        for k in range(3):
            grain = y + height * (0.3 + k * 0.18)
            line = (left + size * 0.02, grain, right - size * 0.02, grain + size * 0.004 * (k - 1))
            draw.line(line, fill=(red - 14, green - 14, blue - 14), width=max(1, size // 400))
    if not dark:
        _posts(draw, box, size, boards)


def _posts(draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float], size: int, boards: int) -> None:
    """The two uprights the boards are nailed to."""
    left, top, right, foot = box
    for x in (left + size * 0.03, right - size * 0.09):
        draw.rounded_rectangle((x, top - size * 0.015, x + size * 0.06, foot), radius=size / 100, fill=(182, 128, 72))
        for n in range(boards):
            y = top + (n + 0.3) * (foot - top) / boards
            draw.ellipse((x + size * 0.022, y, x + size * 0.038, y + size * 0.016), fill=(96, 62, 30))
