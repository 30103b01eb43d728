"""Product pictures of the demo: drawn, then put through the same re-encoding as a farmer's photo."""

import hashlib
import io
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw

from marketplace.demo import pictures
from marketplace.web import images
from marketplace.web.uploads import Paper

SIZE = 800
VIEWS = 2


@dataclass(frozen=True)
class Wanted:
    """One product's pictures: which drawing, and the number that chooses ground and tone."""

    subject: str
    number: int


def make(
    wanted: Sequence[Wanted], *, uploads: Path, tick: Callable[[], None]
) -> dict[tuple[str, int], list[images.StoredPicture]]:
    """Compose and store every picture, on all processors; {(subject, number): stored pictures}."""
    uploads.mkdir(parents=True, exist_ok=True)
    made = {}
    with ProcessPoolExecutor() as pool:
        for want, stored in zip(wanted, pool.map(_one, wanted, [uploads] * len(wanted), chunksize=4), strict=True):
            made[(want.subject, want.number)] = stored
            tick()
    return made


def _one(want: Wanted, uploads: Path) -> list[images.StoredPicture]:
    stored = []
    for view in range(VIEWS):
        picture = pictures.compose(subject=want.subject, tone=want.number, view=view, size=SIZE)
        data = io.BytesIO()
        picture.convert("RGB").save(data, "JPEG", quality=92)
        stored.append(images.store(data.getvalue(), name=want.subject, uploads=uploads))
    return stored


@lru_cache(maxsize=1)
def sample_paper() -> Paper:
    """A page that says it is a sample: what the demo's sellers hand in."""
    page = Image.new("RGB", (620, 877), "white")
    draw = ImageDraw.Draw(page)
    draw.rectangle((30, 30, 590, 847), outline="#1f5d3a", width=4)
    draw.text((230, 420), "GIAY TO MAU (SAMPLE)", fill="#1f5d3a")
    data = io.BytesIO()
    page.save(data, "JPEG", quality=80)
    content = data.getvalue()
    return Paper(content=content, media_type="image/jpeg", sha256=hashlib.sha256(content).hexdigest())
