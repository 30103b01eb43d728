"""Product pictures of the demo: drawn, then put through the same re-encoding as a farmer's photo."""

import hashlib
import io
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw

from marketplace.demo import pictures
from marketplace.web import images
from marketplace.web.uploads import Paper

SIZE = 640
VIEWS = 2


@dataclass(frozen=True)
class Wanted:
    """One product's pictures: which drawing, and the number that chooses ground and tone."""

    subject: str
    number: int


class Darkroom:
    """Composes and stores pictures on all processors while the rest of the demo is played.

    `pictures[(subject, number)]` waits for that product's pictures; leaving the `with` block ends the processes.
    """

    def __init__(self, wanted: Sequence[Wanted], *, uploads: Path) -> None:
        uploads.mkdir(parents=True, exist_ok=True)
        self._pool = ProcessPoolExecutor()
        self._made = {(want.subject, want.number): self._pool.submit(_one, want, uploads) for want in wanted}

    def __enter__(self) -> "Darkroom":
        return self

    def __exit__(self, *_error) -> None:
        self._pool.shutdown(cancel_futures=True)

    def of(self, subject: str, number: int) -> list[images.StoredPicture]:
        """That product's stored pictures; none for a product nobody asked pictures for."""
        made = self._made.get((subject, number))
        return made.result() if made else []


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
