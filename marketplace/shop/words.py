"""How the product page says unit, stock, season and number of hits."""

from datetime import date

from marketplace.catalogue.policies import in_season
from marketplace.i18n import format_count, format_grams, format_quantity
from marketplace.i18n import gettext as _


def unit_in_words(measure: str, unit_label: str, grams_per_piece: int | None) -> str:
    """`Bán theo ký`, `Bán theo chục 12 (mỗi chục khoảng 3 kg)`."""
    if measure == "mass":
        return _("Bán theo ký, cân đúng số bạn đặt")
    if grams_per_piece:
        return _("Bán theo %(unit)s, mỗi %(unit)s khoảng %(weight)s", unit=unit_label, weight=format_grams(grams_per_piece))
    return _("Bán theo %(unit)s", unit=unit_label)


def typed(amount: int, measure: str) -> str:
    """An amount as a number input takes it: kilograms with a dot, or pieces."""
    if measure == "piece":
        return str(amount)
    return f"{amount // 1000}.{amount % 1000:03d}".rstrip("0").rstrip(".")


def stock_in_words(available: int, *, minimum: int, measure: str, unit_label: str) -> tuple[str, str]:
    """(sentence, badge tone); small amounts are said exactly, large ones roughly."""
    if available < minimum:
        return _("Tạm hết hàng"), "plain"
    shown = format_quantity(available, measure, unit_label)
    if available < minimum * 20:
        return _("Chỉ còn %(amount)s", amount=shown), "warn"
    return _("Còn hàng: %(amount)s", amount=shown), "good"


def season_in_words(season_from: int | None, season_to: int | None, day: date) -> tuple[str, bool] | None:
    """(sentence, in season today), or None when the seller named no season."""
    if season_from is None or season_to is None:
        return None
    now = in_season(season_from, season_to, day.month)
    if season_from == season_to:
        return _("Mùa tháng %(month)s", month=season_from), now
    return _("Mùa từ tháng %(start)s đến tháng %(end)s", start=season_from, end=season_to), now


def hits_in_words(total: int, more: bool) -> str:
    """`133 sản phẩm`, `hơn 2.400 sản phẩm`."""
    if more:
        return _("Hơn %(count)s sản phẩm", count=format_count(total))
    return _("%(count)s sản phẩm", count=format_count(total))
