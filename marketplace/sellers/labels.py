"""Vietnamese words for the slice's codes: kinds, states, papers, certificates, roles. Shown by pages, never stored."""

from marketplace.i18n import lazy_gettext as _l

KINDS = {
    "company": _l("Doanh nghiệp"),
    "cooperative": _l("Hợp tác xã"),
    "cooperative_group": _l("Tổ hợp tác"),
    "household": _l("Nông hộ, nhà vườn"),
    "service_centre": _l("Trung tâm dịch vụ nông nghiệp"),
    "establishment": _l("Cơ sở sản xuất, kinh doanh"),
}
KIND_HINTS = {
    "company": _l("Công ty, doanh nghiệp tư nhân có giấy chứng nhận đăng ký doanh nghiệp."),
    "cooperative": _l("Hợp tác xã, liên hiệp hợp tác xã đã đăng ký."),
    "cooperative_group": _l("Nhóm hộ cùng làm theo hợp đồng hợp tác."),
    "household": _l("Bà con tự trồng, tự nuôi và tự bán. Chỉ cần căn cước công dân."),
    "service_centre": _l("Đơn vị công lập hỗ trợ nông dân bán hàng."),
    "establishment": _l("Hộ kinh doanh, cơ sở chế biến, cơ sở OCOP."),
}
STATES = {
    "draft": _l("Đang điền hồ sơ"),
    "submitted": _l("Chờ Sở duyệt"),
    "approved": _l("Đang bán"),
    "refused": _l("Cần sửa hồ sơ"),
    "suspended": _l("Tạm ngừng"),
    "closed": _l("Đã đóng"),
}
STATE_TONES = {
    "draft": "plain", "submitted": "info", "approved": "good", "refused": "warn", "suspended": "bad", "closed": "plain",
}
DOCUMENTS = {
    "business_registration": _l("Giấy đăng ký hoặc quyết định thành lập"),
    "identity": _l("Căn cước công dân của người đại diện"),
    "food_safety": _l("Giấy chứng nhận hoặc bản cam kết an toàn thực phẩm"),
    "land_or_area": _l("Giấy tờ đất hoặc vùng trồng, ao nuôi"),
    "other": _l("Giấy tờ khác"),
}
DOCUMENTS_BY_KIND = {
    ("company", "business_registration"): _l("Giấy chứng nhận đăng ký doanh nghiệp"),
    ("cooperative", "business_registration"): _l("Giấy chứng nhận đăng ký hợp tác xã"),
    ("cooperative_group", "business_registration"): _l("Hợp đồng hợp tác (có chữ ký các thành viên)"),
    ("household", "business_registration"): _l("Giấy chứng nhận đăng ký hộ kinh doanh (nếu có)"),
    ("household", "identity"): _l("Căn cước công dân của chủ hộ"),
    ("household", "food_safety"): _l("Bản cam kết sản xuất thực phẩm an toàn (nếu có)"),
    ("service_centre", "business_registration"): _l("Quyết định thành lập đơn vị"),
    ("establishment", "business_registration"): _l("Giấy chứng nhận đăng ký hộ kinh doanh hoặc cơ sở"),
}
DOCUMENT_STATES = {"pending": _l("Chờ xem"), "accepted": _l("Đã nhận"), "refused": _l("Chưa đạt")}
DOCUMENT_TONES = {"pending": "info", "accepted": "good", "refused": "bad"}
CERTIFICATES = {
    "vietgap": _l("VietGAP"),
    "globalgap": _l("GlobalG.A.P."),
    "organic": _l("Hữu cơ"),
    "food_safety": _l("Cơ sở đủ điều kiện an toàn thực phẩm"),
    "haccp": _l("HACCP"),
    "iso22000": _l("ISO 22000"),
    "ocop": _l("OCOP"),
    "other": _l("Chứng nhận khác"),
}
CERTIFICATE_STATES = {
    "checked": _l("Sở đã kiểm tra, còn hiệu lực"),
    "declared": _l("Người bán khai, chưa kiểm tra"),
    "not_yet": _l("Chưa đến ngày hiệu lực"),
    "expired": _l("Hết hạn"),
    "revoked": _l("Đã bị thu hồi"),
}
CERTIFICATE_TONES = {"checked": "good", "declared": "plain", "not_yet": "info", "expired": "warn", "revoked": "bad"}
ROLES = {
    "owner": _l("Chủ gian hàng"),
    "manager": _l("Quản lý"),
    "diary": _l("Ghi sổ nông hộ"),
    "packer": _l("Đóng gói, giao hàng"),
}


def document_label(seller_kind: str, document_kind: str):
    """What this paper is called for this kind of seller."""
    return DOCUMENTS_BY_KIND.get((seller_kind, document_kind)) or DOCUMENTS[document_kind]
