"""Words for the groups that figures are broken down by."""

from marketplace.i18n import lazy_gettext as _l

AREAS = {"can-tho": _l("Cần Thơ (cũ)"), "hau-giang": _l("Hậu Giang (cũ)"), "soc-trang": _l("Sóc Trăng (cũ)")}
SELLER_KINDS = {
    "company": _l("Doanh nghiệp"),
    "cooperative": _l("Hợp tác xã"),
    "cooperative_group": _l("Tổ hợp tác"),
    "household": _l("Hộ sản xuất"),
    "service_centre": _l("Trung tâm dịch vụ nông nghiệp"),
    "establishment": _l("Cơ sở sản xuất, kinh doanh"),
}
CHANNELS = {
    "platform": _l("Chợ nông sản Cần Thơ"),
    "postmart": "Postmart",
    "voso": "Vỏ Sò",
    "shopee": "Shopee",
    "lazada": "Lazada",
    "tiki": "Tiki",
    "sendo": "Sendo",
    "facebook": "Facebook",
    "zalo": "Zalo",
    "market_stall": _l("Sạp chợ"),
    "direct": _l("Bán tận nơi"),
}
METHODS = {
    "cod": _l("Tiền mặt khi nhận hàng"),
    "card": _l("Thẻ"),
    "transfer": _l("Chuyển khoản"),
    "cash": _l("Tiền mặt"),
    "unknown": _l("Không ghi cách trả"),
}
DIMENSIONS = {
    "month": _l("Tháng"),
    "area": _l("Khu vực"),
    "place": _l("Xã, phường"),
    "category": _l("Nhóm hàng"),
    "seller_kind": _l("Loại nhà cung cấp"),
    "channel": _l("Kênh bán"),
    "method": _l("Cách trả tiền"),
}
_WORDS = {"area": AREAS, "seller_kind": SELLER_KINDS, "channel": CHANNELS, "method": METHODS}


def word(dimension: str, key: str, categories: dict[int, str]) -> str:
    """The group's name in the reader's language; a month as `01/2022`."""
    if dimension == "month":
        return f"{key[5:7]}/{key[:4]}"
    if dimension == "category":
        return categories.get(int(key), key)
    return str(_WORDS.get(dimension, {}).get(key, key))
