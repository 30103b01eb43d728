"""Words for the codes of the accounts slice, as pages show them."""

from marketplace.i18n import lazy_gettext as _l

ROLES = {
    "officer": _l("Cán bộ Sở Công Thương"),
    "inspector": _l("Người kiểm tra, chứng nhận"),
    "helper": _l("Tổ công nghệ số cộng đồng"),
    "operator": _l("Người vận hành"),
}
EVENTS = {
    "registered": _l("Mở tài khoản"),
    "registered-assisted": _l("Mở tài khoản với sự giúp đỡ của người khác"),
    "password-changed": _l("Đổi mật khẩu"),
    "password-reissued": _l("Được cấp lại mật khẩu"),
    "sessions-ended": _l("Đăng xuất trên mọi máy"),
    "second-factor-on": _l("Bật xác thực hai lớp"),
    "second-factor-reset": _l("Gỡ thiết bị xác thực hai lớp"),
    "recovery-code-used": _l("Dùng một mã dự phòng"),
    "recovery-codes-renewed": _l("Tạo bộ mã dự phòng mới"),
    "role-granted": _l("Được giao nhiệm vụ"),
    "role-revoked": _l("Thôi nhiệm vụ"),
    "consent-given": _l("Đồng ý thêm một mục"),
    "consent-withdrawn": _l("Rút lại một mục đồng ý"),
    "data-downloaded": _l("Tải dữ liệu của mình"),
    "deactivated": _l("Đóng tài khoản"),
}
