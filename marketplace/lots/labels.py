"""Vietnamese words for the slice's codes: states, kinds of work, fields and their choices. Shown by pages, never stored."""

from marketplace.i18n import lazy_gettext as _l

STATES = {
    "draft": _l("Chưa phát hành"),
    "released": _l("Đang bán"),
    "blocked": _l("Tạm ngừng bán"),
    "recalled": _l("Đã thu hồi"),
    "closed": _l("Đã kết thúc"),
    "cancelled": _l("Đã hủy"),
}
STATE_TONES = {
    "draft": "info", "released": "good", "blocked": "warn", "recalled": "bad", "closed": "plain", "cancelled": "plain",
}
AREA_CODE_STATES = {
    "declared": _l("người sản xuất khai, chưa kiểm tra"),
    "looks_right": _l("đúng dạng mã, chưa đối chiếu"),
    "confirmed": _l("đã được cơ quan quản lý xác nhận"),
    "revoked": _l("mã đã bị thu hồi"),
}
AREA_CODE_TONES = {"declared": "plain", "looks_right": "info", "confirmed": "good", "revoked": "bad"}
KINDS = {
    "land_preparation": _l("Làm đất, cải tạo ao"),
    "sowing": _l("Gieo trồng"),
    "stocking": _l("Thả giống"),
    "fertilising": _l("Bón phân"),
    "feeding": _l("Cho ăn"),
    "spraying": _l("Phun thuốc"),
    "treatment": _l("Dùng thuốc thú y, thủy sản"),
    "irrigating": _l("Tưới nước"),
    "scouting": _l("Chăm sóc, thăm đồng"),
    "harvesting": _l("Thu hoạch"),
    "packing": _l("Đóng gói"),
    "released": _l("Phát hành lô, bắt đầu bán"),
    "blocked": _l("Tạm ngừng bán"),
    "unblocked": _l("Bán trở lại"),
    "recall": _l("Thu hồi"),
    "shipping": _l("Xuất kho giao khách"),
}
KIND_SLUGS = {
    "lam-dat": "land_preparation", "gieo-trong": "sowing", "tha-giong": "stocking", "bon-phan": "fertilising",
    "cho-an": "feeding", "phun-thuoc": "spraying", "dung-thuoc": "treatment", "tuoi-nuoc": "irrigating",
    "tham-dong": "scouting", "thu-hoach": "harvesting", "dong-goi": "packing",
}
KIND_ICONS = {
    "land_preparation": "minus", "sowing": "sprout", "stocking": "fish", "fertilising": "leaf", "feeding": "fish",
    "spraying": "droplets", "treatment": "droplets", "irrigating": "droplets", "scouting": "eye", "harvesting": "wheat",
    "packing": "package",
}
FIELDS = {
    "material": _l("Tên sản phẩm dùng"),
    "amount": _l("Lượng dùng"),
    "unit": _l("Đơn vị"),
    "method": _l("Cách làm"),
    "ingredient": _l("Hoạt chất"),
    "registration": _l("Số đăng ký trên nhãn"),
    "dose": _l("Liều dùng"),
    "dose_unit": _l("Đơn vị liều"),
    "water_litres": _l("Lượng nước pha (lít)"),
    "target": _l("Trừ sâu, bệnh gì"),
    "interval_days": _l("Số ngày cách ly"),
    "interval_source": _l("Biết số ngày cách ly từ đâu"),
    "source": _l("Nguồn nước"),
    "work": _l("Việc đã làm"),
    "quantity": _l("Sản lượng"),
    "grade": _l("Loại hàng"),
    "loss": _l("Hao hụt khi đóng gói"),
    "best_before": _l("Hạn dùng in trên bao bì"),
    "packaging": _l("Loại bao bì"),
}
FIELDS_BY_KIND = {
    ("sowing", "material"): _l("Tên giống"),
    ("stocking", "material"): _l("Tên giống"),
    ("stocking", "amount"): _l("Lượng giống thả"),
    ("sowing", "amount"): _l("Lượng giống"),
    ("fertilising", "material"): _l("Tên phân bón"),
    ("feeding", "material"): _l("Tên thức ăn"),
    ("spraying", "material"): _l("Tên thuốc trên nhãn"),
    ("treatment", "material"): _l("Tên thuốc trên nhãn"),
    ("treatment", "target"): _l("Trị bệnh gì"),
    ("treatment", "interval_days"): _l("Số ngày ngưng thuốc"),
    ("treatment", "interval_source"): _l("Biết số ngày ngưng thuốc từ đâu"),
    ("harvesting", "quantity"): _l("Sản lượng thu hoạch"),
    ("packing", "quantity"): _l("Lượng đã đóng gói"),
}
WORDS = {
    "kg": _l("kg"), "g": _l("g"), "l": _l("lít"), "ml": _l("ml"), "piece": _l("con, cây, trái"),
    "ml_per_l": _l("ml / lít nước"), "g_per_l": _l("g / lít nước"), "ml_per_1000m2": _l("ml / công 1.000 m²"),
    "g_per_1000m2": _l("g / công 1.000 m²"), "l_per_ha": _l("lít / ha"), "kg_per_ha": _l("kg / ha"),
    "g_per_m3": _l("g / m³ nước ao"), "g_per_kg_feed": _l("g / kg thức ăn"),
    "label": _l("Đọc trên nhãn thuốc"), "officer": _l("Cán bộ bảo vệ thực vật, thú y hướng dẫn"),
    "list": _l("Danh mục thuốc của Bộ"), "unknown": _l("Không biết (lô sẽ chưa bán được)"),
    "ploughing": _l("Cày xới"), "raised_beds": _l("Lên liếp"), "liming": _l("Rải vôi"), "pond_drying": _l("Phơi ao"),
    "clearing": _l("Dọn cỏ, tàn dư"), "direct": _l("Gieo thẳng"), "transplanting": _l("Cấy, trồng cây con"),
    "grafted": _l("Trồng cây ghép"), "cutting": _l("Giâm, chiết cành"), "root": _l("Bón gốc"), "leaf": _l("Phun lá"),
    "drip": _l("Nhỏ giọt"), "river": _l("Nước sông"), "canal": _l("Nước kênh rạch"), "well": _l("Giếng khoan"),
    "rain": _l("Nước mưa"), "tap": _l("Nước máy"), "flood": _l("Bơm tràn"), "sprinkler": _l("Phun mưa"),
    "hand": _l("Tưới tay"), "awd": _l("Ướt khô xen kẽ"), "check": _l("Thăm đồng, thăm ao"), "pruning": _l("Tỉa cành"),
    "bagging": _l("Bao trái"), "weeding": _l("Làm cỏ"), "thinning": _l("Tỉa trái"), "flowering": _l("Xử lý ra hoa"),
    "first": _l("Loại 1"), "second": _l("Loại 2"), "mixed": _l("Hàng xô"), "bag": _l("Túi, bao"), "box": _l("Hộp, thùng"),
    "crate": _l("Sọt, két"), "vacuum": _l("Hút chân không"), "net": _l("Lưới"), "bundle": _l("Bó"),
}
REASONS = {
    "residue": _l("Dư lượng thuốc vượt mức cho phép"),
    "contamination": _l("Nhiễm bẩn, nhiễm vi sinh"),
    "quality": _l("Hàng hư hỏng, không đạt chất lượng"),
    "wrong_information": _l("Thông tin khai chưa đúng"),
    "packaging": _l("Lỗi bao bì, nhãn"),
    "authority": _l("Theo yêu cầu của cơ quan quản lý"),
    "other": _l("Lý do khác"),
}
LOG_REASONS = REASONS | {"cancelled": _l("Lô đã hủy, không bán")}
PERSONAL = {"worker": _l("Người làm"), "note": _l("Ghi chú")}
ERASED = {
    "request": _l("thông tin cá nhân đã xóa theo yêu cầu"),
    "retention": _l("thông tin cá nhân đã xóa vì hết thời hạn giữ"),
    "lost": _l("thông tin cá nhân đã mất khi máy chủ hỏng, không đọc lại được"),
    "other": _l("thông tin cá nhân đã xóa"),
}
"""By the ground that the log names."""
AMEND_REASONS = {
    "wrong_day": _l("Nhầm ngày"),
    "wrong_quantity": _l("Nhầm số lượng"),
    "wrong_product": _l("Nhầm thuốc, phân, giống"),
    "wrong_lot": _l("Nhầm lô"),
    "other": _l("Nhầm chỗ khác"),
}
DOUBTS = {
    "not_seen": _l("Xem tại chỗ không thấy việc này"),
    "wrong_day": _l("Ngày chưa đúng"),
    "wrong_quantity": _l("Số lượng chưa đúng"),
    "wrong_product": _l("Thuốc, phân, giống chưa đúng"),
    "residue": _l("Kết quả kiểm nghiệm không khớp"),
    "other": _l("Chỗ khác chưa đúng"),
}
WRITERS = {
    "producer": _l("người sản xuất"), "inspector": _l("cán bộ kiểm tra"), "operator": _l("Sở Công Thương"),
    "other": _l("người khác"),
}
"""Who wrote a later entry about an event."""
DOUBTERS = {"inspector": _l("Cán bộ kiểm tra"), "operator": _l("Sở Công Thương"), "other": _l("Có người")}
REPORTS = {
    "not_matching": _l("Hàng trong tay không giống thông tin trên trang"),
    "quality": _l("Hàng hư hỏng, nghi không an toàn"),
    "copied_code": _l("Nghi mã bị sao chép, dán lên hàng khác"),
    "other": _l("Việc khác"),
}
REPORT_STATES = {
    "new": _l("Mới nhận"), "in_progress": _l("Đang xem"), "done": _l("Đã trả lời"), "refused": _l("Không xử lý"),
}


def field_label(kind: str, field: str):
    """What a diary field is called for this kind of work."""
    return FIELDS_BY_KIND.get((kind, field)) or FIELDS[field]


CODE_UNREADABLE = _l("Mã này chưa đúng. Mã có 14 chữ và số, bắt đầu bằng chữ, ví dụ K7MQ2-XW9TB-4RDC.")
