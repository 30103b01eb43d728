"""Vietnamese words for the slice's codes: states, channels, units, months. Shown by pages, never stored."""

from marketplace.i18n import lazy_gettext as _l

STATES = {
    "draft": _l("Bản nháp"), "submitted": _l("Chờ duyệt"), "listed": _l("Đang bán"), "rejected": _l("Cần sửa"),
    "withdrawn": _l("Tạm gỡ"),
}
STATE_TONES = {"draft": "plain", "submitted": "info", "listed": "good", "rejected": "warn", "withdrawn": "plain"}
CHANNELS = {
    "postmart": _l("Postmart (Bưu điện)"), "voso": _l("Vỏ Sò (Viettel Post)"), "shopee": _l("Shopee"), "lazada": _l("Lazada"),
    "tiki": _l("Tiki"), "sendo": _l("Sendo"), "facebook": _l("Facebook"), "zalo": _l("Zalo"),
    "market_stall": _l("Sạp chợ, cửa hàng"), "direct": _l("Bán tại vườn"),
}
WITHOUT_LINK = frozenset({"market_stall", "direct"})
UNITS = {
    "kg": _l("Theo ký (kg)"), "trái": _l("Theo trái"), "chục": _l("Theo chục"), "bó": _l("Theo bó"), "hộp": _l("Theo hộp"),
    "thùng": _l("Theo thùng"), "túi": _l("Theo túi, bịch"), "gói": _l("Theo gói"), "chai": _l("Theo chai"),
    "hũ": _l("Theo hũ, lọ"), "con": _l("Theo con"), "cây": _l("Theo cây, chậu"), "buồng": _l("Theo buồng, quày"),
    "khay": _l("Theo khay, vỉ"), "bao": _l("Theo bao"), "cặp": _l("Theo cặp"), "cái": _l("Theo cái"),
}
"""How goods are sold; the key is the word stored as unit_label ("chục" with its number: "chục 12")."""

CERTIFICATES = {
    "vietgap": "VietGAP", "globalgap": "GlobalG.A.P.", "organic": _l("Hữu cơ"), "food_safety": _l("Đủ điều kiện ATTP"),
    "haccp": "HACCP", "iso22000": "ISO 22000",
}
"""Short enough for a badge."""
