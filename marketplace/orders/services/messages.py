"""What buyers and sellers are told, in short messages a phone shows whole; they leave through the outbox (I9)."""

from datetime import datetime

from marketplace import mail
from marketplace.money import format_dong
from marketplace.orders.queries.life import OrderRow

TO_BUYER = {
    "PENDING_SELLER": "Chợ nông sản Cần Thơ: đã nhận tiền của đơn %(code)s. %(seller)s sẽ trả lời sớm.",
    "ACCEPTED": "Chợ nông sản Cần Thơ: %(seller)s đã nhận đơn %(code)s và đang chuẩn bị hàng.",
    "CANCELLED": (
        "Chợ nông sản Cần Thơ: đơn %(code)s của %(seller)s đã hủy. Lý do: %(reason)s. Bạn không phải trả tiền cho đơn này."
    ),
    "EXPIRED": "Chợ nông sản Cần Thơ: đơn %(code)s đã hết hạn vì chưa trả tiền. Bạn có thể đặt lại bất cứ lúc nào.",
    "PACKED": "Chợ nông sản Cần Thơ: %(seller)s đã đóng gói đơn %(code)s.",
    "SHIPPED": "Chợ nông sản Cần Thơ: đơn %(code)s đã giao cho người vận chuyển. Mời bạn để ý điện thoại.",
    "READY_FOR_PICKUP": "Chợ nông sản Cần Thơ: đơn %(code)s đã sẵn sàng, mời bạn đến %(seller)s để lấy.",
    "DELIVERED": "Chợ nông sản Cần Thơ: đơn %(code)s đã giao xong. Cảm ơn bạn đã mua hàng của %(seller)s.",
}
TO_SELLER = {
    "PENDING_SELLER": "Bạn có đơn hàng mới %(code)s. Mời bạn vào Kênh người bán để nhận đơn trước khi hết giờ.",
    "CANCELLED": "Đơn %(code)s đã hủy. Lý do: %(reason)s. Hàng đã được trả lại kho.",
    "COMPLETED": "Đơn %(code)s đã hoàn tất.",
}


def tell(audience: str, state: str, *, order: OrderRow, reason: str, now: datetime) -> None:
    """Queue the message about an order's new state; silent when that audience is not told of it."""
    text = (TO_BUYER if audience == "buyer" else TO_SELLER).get(state)
    if text is None:
        return
    body = text % {"code": order.code, "seller": order.seller_name, "reason": reason or "không nêu"}
    if audience == "buyer":
        _send(phone=order.phone, email=None, code=order.code, body=body, now=now)
    else:
        _send(phone=order.seller_phone, email=order.seller_email, code=order.code, body=body, now=now)


def tell_placed(*, phone: str, email: str | None, code: str, total: int, link: str, now: datetime) -> None:
    """The buyer's receipt: code, sum and the link by which the order is followed."""
    body = f"Chợ nông sản Cần Thơ: đã đặt đơn {code}, tổng {format_dong(total)}. Theo dõi đơn tại {link}"
    _send(phone=phone, email=email, code=code, body=body, now=now)


def tell_new_order(*, phone: str, email: str | None, code: str, now: datetime) -> None:
    """A seller has an order to answer."""
    _send(phone=phone, email=email, code=code, body=TO_SELLER["PENDING_SELLER"] % {"code": code}, now=now)


def _send(*, phone: str, email: str | None, code: str, body: str, now: datetime) -> None:
    """By e-mail where there is an address, else by text message."""
    mail.queue(
        channel="email" if email else "sms", recipient=email or phone, subject=f"Đơn hàng {code}", body=body,
        reference=code, now=now,
    )
