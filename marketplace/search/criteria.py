"""What a visitor asks of the catalogue, read from the URL; values that mean nothing are dropped."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from marketplace.places.queries import FORMER_AREAS
from marketplace.search.words import Words, read
from marketplace.web.forms import clean_text
from marketplace.web.paging import page_number

SORTS = ("phu-hop", "moi", "gia-thap", "gia-cao")
CERTIFICATES = ("vietgap", "globalgap", "organic", "food_safety", "haccp", "iso22000")
LONGEST_TEXT = 100


@dataclass(frozen=True)
class Criteria:
    """`category` is a slug, `place_id` a present unit, `area` a former area, `ocop` the fewest stars (0 = any)."""

    text: str = ""
    category: str = ""
    place_id: int | None = None
    area: str = ""
    ocop: int = 0
    certificate: str = ""
    in_season: bool = False
    sort: str = "phu-hop"
    page: int = 1

    @property
    def words(self) -> Words:
        return read(self.text)

    @property
    def filtered(self) -> bool:
        """True when anything but text, order and page narrows the list."""
        return bool(self.category or self.place_id or self.area or self.ocop or self.certificate or self.in_season)

    def query_string(self, **changed) -> str:
        """The same question as a URL query without the page, with some values replaced; empty values left out."""
        values = {
            "q": self.text, "danh-muc": self.category, "khu-vuc": self.area or self.place_id or "",
            "ocop": self.ocop or "", "chung-nhan": self.certificate,
            "mua": "1" if self.in_season else "", "sap-xep": "" if self.sort == SORTS[0] else self.sort,
        } | changed
        return urlencode({name: value for name, value in values.items() if value})


def from_url(args: Mapping[str, str], *, categories: Collection[str], places: Collection[int]) -> Criteria:
    """Criteria from query arguments; `categories` and `places` are the slugs and unit ids that exist."""
    area = args.get("khu-vuc", "")
    place = int(area) if area.isascii() and area.isdecimal() and len(area) < 10 else None
    stars = args.get("ocop", "")
    return Criteria(
        text=" ".join((clean_text(args.get("q")) or "").split())[:LONGEST_TEXT],
        category=_known(args.get("danh-muc"), categories),
        place_id=place if place in places else None,
        area=_known(area, FORMER_AREAS),
        ocop=int(stars) if stars in {"3", "4", "5"} else 0,
        certificate=_known(args.get("chung-nhan"), CERTIFICATES),
        in_season=args.get("mua") == "1",
        sort=_known(args.get("sap-xep"), SORTS) or SORTS[0],
        page=page_number(args.get("trang")),
    )


def _known(value: str | None, known: Collection[str]) -> str:
    return value if value in known else ""
