"""What the seller is told about decisions: queued with the decision, sent after commit.

The text goes to the seller, not to the person looking at a page, so it is Vietnamese whatever language the page has.
"""

from datetime import datetime

from marketplace import mail
from marketplace.sellers.models import Seller

_PAPERS = {
    "business_registration": "giấy đăng ký",
    "identity": "căn cước công dân",
    "food_safety": "giấy tờ an toàn thực phẩm",
    "land_or_area": "giấy tờ đất hoặc vùng trồng",
    "other": "giấy tờ khác",
}
_DECIDED = {
    "refused": (
        "Hồ sơ cần sửa",
        "Sở Công Thương chưa duyệt hồ sơ của {name}. Lý do: {reason}\nMời bạn sửa rồi gửi lại ở mục Kênh người bán.",
    ),
    "suspended": (
        "Gian hàng tạm ngừng",
        "Gian hàng {name} bị tạm ngừng bán. Lý do: {reason}\nĐơn đang giao vẫn cần giao xong.",
    ),
    "approved": ("Gian hàng bán lại được", "Gian hàng {name} được mở bán trở lại. Ghi chú: {reason}"),
    "closed": ("Gian hàng đã đóng", "Gian hàng {name} đã đóng. Lý do: {reason}"),
}


def approved(seller: Seller, *, now: datetime) -> None:
    """First approval, or approval after a correction."""
    body = f"Gian hàng {seller.name} đã được duyệt. Bạn có thể đăng sản phẩm ngay ở mục Kênh người bán."
    _to_seller(seller, subject="Gian hàng đã được duyệt", body=body, now=now)


def decided(seller: Seller, *, after: str, reason: str, now: datetime) -> None:
    """Refused, suspended, reinstated or closed, with the reason."""
    subject, body = _DECIDED[after]
    _to_seller(seller, subject=subject, body=body.format(name=seller.name, reason=reason), now=now)


def document_refused(seller: Seller, *, kind: str, reason: str, now: datetime) -> None:
    """One paper has to be handed in again."""
    body = f"Gian hàng {seller.name}: {_PAPERS[kind]} chưa đạt. Lý do: {reason}\nMời bạn nộp lại ở mục Giấy tờ."
    _to_seller(seller, subject="Giấy tờ cần nộp lại", body=body, now=now)


def certificate_revoked(seller: Seller, *, number: str, reason: str, now: datetime) -> None:
    """A certificate no longer shows on any page."""
    body = f"Gian hàng {seller.name}: chứng nhận {number} không còn được hiện trên trang bán. Lý do: {reason}"
    _to_seller(seller, subject="Chứng nhận bị gỡ", body=body, now=now)


def invited(seller: Seller, *, login: str, link: str, now: datetime) -> None:
    """The link that makes somebody a member."""
    body = f"Bạn được mời cùng làm gian hàng {seller.name}. Mở đường dẫn này để nhận lời: {link}"
    _queue(login, subject=f"Lời mời vào gian hàng {seller.name}", body=body, reference=f"seller:{seller.id}", now=now)


def _to_seller(seller: Seller, *, subject: str, body: str, now: datetime) -> None:
    _queue(seller.email or seller.phone, subject=subject, body=body, reference=f"seller:{seller.id}", now=now)


def _queue(recipient: str, *, subject: str, body: str, reference: str, now: datetime) -> None:
    channel = "email" if "@" in recipient else "sms"
    mail.queue(channel=channel, recipient=recipient, subject=subject, body=body, reference=reference, now=now)
