"""What buyers and sellers are told, in short messages a phone shows whole; they leave through the outbox (I9)."""

from collections.abc import Sequence
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
        letter = _letter(order.phone, None, order.code, body)
    else:
        letter = _letter(order.seller_phone, order.seller_email, order.code, body)
    mail.queue_all([letter], now=now)


def tell_placed(
    *, phone: str, email: str | None, code: str, total: int, link: str, sellers: Sequence[tuple[str, str | None, str]],
    now: datetime,
) -> None:
    """The buyer's receipt: code, sum and the link by which the order is followed; and to each of `sellers` (phone,
    e-mail, order code) that there is an order to answer."""
    body = f"Chợ nông sản Cần Thơ: đã đặt đơn {code}, tổng {format_dong(total)}. Theo dõi đơn tại {link}"
    text = TO_SELLER["PENDING_SELLER"]
    letters = [_letter(phone, email, code, body)]
    letters += [_letter(to, address, order, text % {"code": order}) for to, address, order in sellers]
    mail.queue_all(letters, now=now)


def _letter(phone: str, email: str | None, code: str, body: str) -> mail.Letter:
    """By e-mail where there is an address, else by text message."""
    return mail.Letter("email" if email else "sms", email or phone, f"Đơn hàng {code}", body, code)
