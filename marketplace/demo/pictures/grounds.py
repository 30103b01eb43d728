"""Where the produce lies: a warm wall and a table of boards, matting, leaf, checked cloth or paper."""

import random
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]

# Wall above, wall at the table, light behind the produce.
WALLS: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((243, 222, 178), (250, 238, 210), (255, 250, 234)),  # lime-washed wall in the morning
    ((173, 203, 180), (214, 230, 207), (244, 249, 233)),  # river mist
    ((239, 186, 130), (248, 215, 168), (255, 240, 212)),  # burnt clay
    ((196, 212, 150), (226, 234, 192), (248, 250, 226)),  # under the garden leaves
    ((160, 194, 202), (208, 225, 224), (242, 248, 244)),  # painted boat
    ((233, 193, 178), (246, 222, 208), (255, 244, 236)),  # terracotta, faded
)
HORIZON = 0.60


def ground(number: int, size: int) -> Image.Image:
    """The empty table of this number, `size` × `size` RGB. The same number always gives the same table."""
    return _ground(number % (len(WALLS) * len(TABLES)), size).copy()


@lru_cache(maxsize=32)
def _ground(number: int, size: int) -> Image.Image:
    top, low, light = WALLS[number % len(WALLS)]
    scene = _wall(top, low, light, size)
    line = int(size * HORIZON)
    table = _recede(TABLES[number % len(TABLES)](size), size, size - line)
    scene.paste(table, (0, line))
    band = size // 20
    seam = Image.linear_gradient("L").rotate(180).resize((size, band)).point(lambda v: v * 90 // 255)
    scene.paste((70, 44, 20), (0, line, size, line + band), seam)
    return scene


def _wall(top: Colour, low: Colour, light: Colour, size: int) -> Image.Image:
    fade = Image.linear_gradient("L").resize((size, size))
    wall = Image.composite(Image.new("RGB", (size, size), low), Image.new("RGB", (size, size), top), fade)
    glow = Image.radial_gradient("L").resize((int(size * 1.3), int(size * 1.1))).point(lambda v: max(0, 235 - v))
    wall.paste(Image.new("RGB", glow.size, light), (-int(size * 0.15), -int(size * 0.12)), glow)
    return wall


def _recede(flat: Image.Image, width: int, height: int) -> Image.Image:
    """A flat pattern seen as a table top: wide at the back, near in front, darker towards the edges."""
    w, h = flat.size
    top = flat.transform(
        (width, height), Image.Transform.QUAD, (0, 0, w * 0.22, h, w * 0.78, h, w, 0), Image.Resampling.BICUBIC
    )
    back = Image.linear_gradient("L").resize((width, height)).point(lambda v: 60 - v // 4 if v < 240 else 0)
    return Image.composite(Image.new("RGB", (width, height), (255, 246, 222)), top, back)


def _boards(size: int) -> Image.Image:
    dice = random.Random(11)  # noqa: S311 - grain of wood, the same at every run
    flat = Image.new("RGB", (size, size), (170, 116, 66))
    draw = ImageDraw.Draw(flat)
    width = size // 7
    for n in range(8):
        tone = dice.randint(-16, 16)
        draw.rectangle((n * width, 0, (n + 1) * width, size), fill=(176 + tone, 122 + tone, 72 + tone))
        for _ in range(26):
            x, drift = n * width + dice.uniform(0, width), dice.uniform(-6, 6)
            draw.line((x, 0, x + drift, size), fill=(150 + tone, 98 + tone, 54 + tone), width=max(1, size // 420))
        draw.line((n * width, 0, n * width, size), fill=(96, 60, 30), width=max(2, size // 160))
    return flat.filter(ImageFilter.GaussianBlur(size / 900))


def _matting(size: int) -> Image.Image:
    flat = Image.new("RGB", (size, size), (222, 190, 122))
    draw = ImageDraw.Draw(flat)
    step = max(6, size // 34)
    for row in range(size // step + 1):
        for col in range(size // step + 1):
            box = (col * step + 1, row * step + 1, col * step + step - 1, row * step + step - 1)
            across = (row // 2 + col // 2) % 2
            draw.rectangle(box, fill=(235, 208, 146) if across else (208, 172, 100))
            middle = (box[0], (box[1] + box[3]) // 2, box[2], (box[1] + box[3]) // 2)
            upright = ((box[0] + box[2]) // 2, box[1], (box[0] + box[2]) // 2, box[3])
            draw.line(middle if across else upright, fill=(184, 146, 78), width=1)
    for y in (size * 3 // 10, size * 7 // 10):
        draw.rectangle((0, y, size, y + size // 50), fill=(178, 62, 44))
    return flat.filter(ImageFilter.GaussianBlur(size / 1100))


def _leaf(size: int) -> Image.Image:
    fade = Image.linear_gradient("L").resize((size, size))
    flat = Image.composite(
        Image.new("RGB", (size, size), (76, 138, 62)), Image.new("RGB", (size, size), (124, 178, 88)), fade
    )
    draw = ImageDraw.Draw(flat)
    middle = size // 2
    for n in range(-24, 64):
        y = n * size // 40
        shade = (94, 156, 72) if n % 2 else (108, 168, 82)
        draw.line((0, y - size // 4, middle, y), fill=shade, width=max(2, size // 90))
        draw.line((size, y - size // 4, middle, y), fill=shade, width=max(2, size // 90))
    draw.rectangle((middle - size // 70, 0, middle + size // 70, size), fill=(184, 212, 128))
    return flat.filter(ImageFilter.GaussianBlur(size / 500))


def _checked_cloth(size: int) -> Image.Image:
    """The khăn rằn of the delta: black and white check."""
    flat = Image.new("RGB", (size, size), (250, 245, 232))
    ink = (28, 52, 46)
    step = size // 22
    band = Image.new("L", (size, step), 92)
    for n in range(0, 24, 2):
        flat.paste(ink, (n * step, 0, n * step + step, size), band.resize((step, size)))
        flat.paste(ink, (0, n * step, size, n * step + step), band)
    return flat.filter(ImageFilter.GaussianBlur(size / 800))


def _paper(size: int) -> Image.Image:
    dice = random.Random(5)  # noqa: S311 - fibres of paper, the same at every run
    flat = Image.new("RGB", (size, size), (225, 197, 148))
    draw = ImageDraw.Draw(flat)
    for _ in range(1400):
        x, y = dice.uniform(0, size), dice.uniform(0, size)
        tone = dice.choice(((214, 184, 132), (234, 208, 162), (205, 172, 120)))
        draw.line((x, y, x + dice.uniform(-9, 9), y + dice.uniform(-4, 4)), fill=tone, width=1)
    return flat.filter(ImageFilter.GaussianBlur(size / 900))


TABLES: tuple[Callable[[int], Image.Image], ...] = (_boards, _matting, _leaf, _checked_cloth, _paper)
