"""Vietnamese words for the codes the desk shows."""

from marketplace.i18n import lazy_gettext as _l

REPORT_KINDS = {
    "not_matching": _l("Thông tin không khớp hàng"), "quality": _l("Chất lượng kém"),
    "copied_code": _l("Nghi mã bị sao chép"), "other": _l("Việc khác"),
}
REPORT_STATES = {
    "new": _l("Mới"), "in_progress": _l("Đang xác minh"), "done": _l("Đã xử lý"), "refused": _l("Không đúng"),
}
REPORT_TONES = {"new": "warn", "in_progress": "info", "done": "good", "refused": "plain"}
AREAS = {"can-tho": _l("Cần Thơ cũ"), "hau-giang": _l("Hậu Giang cũ"), "soc-trang": _l("Sóc Trăng cũ")}
