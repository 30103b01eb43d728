"""Words for states, ways and methods, as buyers and sellers read them."""

from marketplace.i18n import lazy_gettext as _l

BUYER_STATE = {
    "PENDING_PAYMENT": _l("Chờ bạn trả tiền"),
    "PENDING_SELLER": _l("Chờ người bán nhận đơn"),
    "ACCEPTED": _l("Người bán đang chuẩn bị hàng"),
    "PACKED": _l("Đã đóng gói"),
    "SHIPPED": _l("Đang trên đường giao"),
    "READY_FOR_PICKUP": _l("Hàng đã sẵn, mời bạn đến lấy"),
    "DELIVERY_FAILED": _l("Giao chưa được, sẽ giao lại"),
    "DELIVERED": _l("Đã giao tới bạn"),
    "COMPLETED": _l("Hoàn tất"),
    "EXPIRED": _l("Hết hạn vì chưa trả tiền"),
    "CANCELLED": _l("Đã hủy"),
    "RETURNED": _l("Đã trả lại"),
}
SELLER_STATE = {
    "PENDING_SELLER": _l("Đơn mới, chờ nhận"),
    "ACCEPTED": _l("Đã nhận, chờ đóng gói"),
    "PACKED": _l("Đã đóng gói, chờ giao"),
    "SHIPPED": _l("Đang giao"),
    "READY_FOR_PICKUP": _l("Chờ khách đến lấy"),
    "DELIVERY_FAILED": _l("Giao chưa được"),
    "DELIVERED": _l("Đã giao"),
    "COMPLETED": _l("Hoàn tất"),
    "EXPIRED": _l("Khách không trả tiền"),
    "CANCELLED": _l("Đã hủy"),
    "RETURNED": _l("Hàng bị trả lại"),
}
TONE = {
    "PENDING_PAYMENT": "warn", "PENDING_SELLER": "ripe", "ACCEPTED": "info", "PACKED": "info", "SHIPPED": "info",
    "READY_FOR_PICKUP": "info", "DELIVERY_FAILED": "warn", "DELIVERED": "good", "COMPLETED": "good", "EXPIRED": "bad",
    "CANCELLED": "bad", "RETURNED": "bad",
}
METHOD = {"cod": _l("Trả tiền khi nhận hàng"), "card": _l("Thẻ ngân hàng")}
WAY = {"ship": _l("Giao tận nơi"), "pickup": _l("Tự đến lấy")}
ACTOR = {
    "buyer": _l("người mua"), "seller": _l("gian hàng"), "timer": _l("hệ thống"), "payment": _l("ngân hàng"),
    "operator": _l("ban quản lý chợ"),
}
TAB = {
    "moi": _l("Đơn mới"), "chuan-bi": _l("Cần đóng gói"), "cho-giao": _l("Chờ giao"), "dang-giao": _l("Đang giao"),
    "da-giao": _l("Đã giao"), "da-huy": _l("Đã hủy"),
}
STEPS = ("PENDING_SELLER", "ACCEPTED", "PACKED", "SHIPPED", "DELIVERED")
"""The buyer's road of one parcel; pickup replaces SHIPPED."""
STEP = {
    "PENDING_PAYMENT": _l("Trả tiền"), "PENDING_SELLER": _l("Đặt hàng"), "ACCEPTED": _l("Người bán nhận đơn"),
    "PACKED": _l("Đóng gói"), "SHIPPED": _l("Giao cho người vận chuyển"), "READY_FOR_PICKUP": _l("Sẵn sàng để lấy"),
    "DELIVERED": _l("Tới tay bạn"),
}
