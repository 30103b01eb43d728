"""The catalogue's filter form as groups for the `filters` macro."""

from collections.abc import Sequence

from marketplace.catalogue.labels import CERTIFICATES
from marketplace.catalogue.queries import CategoryRow
from marketplace.i18n import gettext as _
from marketplace.places.forms import AREA_LABELS
from marketplace.places.queries import PlaceOption
from marketplace.search.criteria import Criteria

INDENT = "\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}"


def groups(criteria: Criteria, *, shelves: Sequence[CategoryRow], units: Sequence[PlaceOption], locale: str) -> list[dict]:
    """Shelf, place, OCOP, certificate, season, order; each (value, label, chosen)."""
    return [
        _select("danh-muc", _("Nhóm hàng"), criteria.category, [("", _("Tất cả")), *_shelves(shelves, criteria.category, locale)]),
        _select("khu-vuc", _("Khu vực"), criteria.area or str(criteria.place_id or ""), _places(units, criteria.place_id)),
        _select("ocop", _("OCOP"), str(criteria.ocop or ""), [
            ("", _("Tất cả")), ("3", _("Từ 3 sao")), ("4", _("Từ 4 sao")), ("5", _("5 sao")),
        ]),
        _select("chung-nhan", _("Chứng nhận còn hiệu lực"), criteria.certificate, [
            ("", _("Tất cả")), *((code, str(label)) for code, label in CERTIFICATES.items()),
        ]),
        {"name": "mua", "label": _("Mùa"), "kind": "check", "options": [("1", _("Đang mùa"), criteria.in_season)]},
        _select("sap-xep", _("Xếp theo"), criteria.sort, [
            ("phu-hop", _("Phù hợp nhất")), ("moi", _("Mới lên chợ")), ("gia-thap", _("Giá thấp trước")),
            ("gia-cao", _("Giá cao trước")),
        ]),
    ]


def _shelves(shelves: Sequence[CategoryRow], chosen: str, locale: str) -> list[tuple[str, str]]:
    """The top shelves, and the inner ones of the shelf one is at: all fifty would weigh more than six products."""
    here = next((shelf for shelf in shelves if shelf.slug == chosen), None)
    opened = here and (here.parent_id or here.id)
    return [
        (shelf.slug, (INDENT if shelf.parent_id else "") + shelf.title(locale))
        for shelf in shelves if shelf.parent_id in (None, opened)
    ]


def _places(units: Sequence[PlaceOption], chosen: int | None) -> list[tuple[str, str]]:
    """The three former areas, and the one unit already asked for: a list of 103 would weigh more than the goods."""
    areas = [(area, str(label)) for area, label in AREA_LABELS.items()]
    return [("", _("Cả thành phố")), *areas, *((str(unit.id), unit.name) for unit in units if unit.id == chosen)]


def _select(name: str, label: str, value: str, options: list[tuple[str, str]]) -> dict:
    return {"name": name, "label": label, "kind": "select", "options": [(v, text, v == value) for v, text in options]}
