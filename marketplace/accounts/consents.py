"""The consent texts in force, one per purpose. A changed text is a new version; git keeps the old ones."""

from dataclasses import dataclass

from marketplace.i18n import lazy_gettext as _l


@dataclass(frozen=True)
class ConsentText:
    """What a person agrees to; the `consent` row keeps `version` (Law 91/2025/QH15: provable text, time, channel)."""

    purpose: str
    version: str
    required: bool  # without it there can be no account
    title: object  # lazy text
    text: object


TEXTS = {
    text.purpose: text
    for text in (
        ConsentText(
            "account",
            "2026-11-22",
            True,
            _l("Mở tài khoản"),
            _l(
                "Tôi đồng ý cho sàn lưu họ tên và số điện thoại hoặc e-mail của tôi để mở tài khoản, "
                "đăng nhập và báo tin về đơn hàng."
            ),
        ),
        ConsentText(
            "seller-profile",
            "2026-11-22",
            False,
            _l("Hiện thông tin cho người mua"),
            _l(
                "Tôi đồng ý cho hiện họ tên, xã hoặc phường và số điện thoại của tôi trên trang bán hàng "
                "và trang truy xuất nguồn gốc."
            ),
        ),
        ConsentText(
            "contact",
            "2026-11-22",
            False,
            _l("Nhận tin của thành phố"),
            _l(
                "Tôi đồng ý nhận tin về lớp tập huấn, hội chợ và chương trình hỗ trợ nhà nông "
                "của thành phố qua điện thoại hoặc e-mail."
            ),
        ),
    )
}
CHANNELS = ("web", "assisted-in-person", "assisted-phone")
