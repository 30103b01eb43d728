"""The state of the log in words for its public page: one verdict, the witnesses with the age of their signatures, the
entries by kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from marketplace.i18n import gettext as _
from marketplace.i18n import lazy_gettext as _l
from marketplace.provenance import AMBER, RED, LogStatus, Outside, WitnessRow

KINDS = {
    "chonongsan/genesis/1": _l("mở sổ"),
    "chonongsan/event/1": _l("việc của các lô hàng"),
    "chonongsan/correct/1": _l("đính chính"),
    "chonongsan/void/1": _l("bỏ một dòng ghi nhầm"),
    "chonongsan/dispute/1": _l("ý kiến không đồng ý"),
    "chonongsan/recall/1": _l("thu hồi lô hàng"),
    "chonongsan/grant/1": _l("trao quyền kiểm tra"),
    "chonongsan/revoke/1": _l("rút quyền kiểm tra"),
    "chonongsan/erase/1": _l("xóa dữ liệu cá nhân"),
    "chonongsan/redact/1": _l("giữ kín nội dung một dòng"),
    "chonongsan/map/1": _l("bảng kê đủ dòng từng lô"),
    "chonongsan/key/1": _l("thêm hoặc ngừng khóa ký"),
    "withheld": _l("dòng đã giữ kín nội dung"),
}


@dataclass(frozen=True)
class Verdict:
    """Arguments of the `verdict` macro."""

    tone: str
    title: str
    text: str


@dataclass(frozen=True)
class WitnessLine:
    """A witness as the page shows it; `held` is the address of the note it holds."""

    name: str
    tone: str
    words: str
    size: int | None
    key: str
    held: str | None


@dataclass(frozen=True)
class Signature:
    """The last outside signature on a lot's page: who, when (None: nobody yet, or nobody to be told), fresh, late or
    stale, and a warning in words."""

    words: str
    at: datetime | None = None
    age: str = "fresh"
    warning: str = ""


def verdict(status: LogStatus, now: datetime) -> Verdict:
    """The worst thing that is known, or who signed last."""
    if status.frozen:
        return Verdict("warn", _("Sổ này đã khóa lại, không ghi thêm"), _(
            "Chợ ngừng ghi sổ này sau một sự cố về khóa ký. Các dòng đến lần chốt cuối có bên ngoài cùng ký vẫn kiểm tra được; "
            "việc mới ghi vào sổ kế tiếp."))
    if status.forks:
        names = ", ".join(map(_spoken, status.forks))
        return Verdict("bad", _("Có bên làm chứng giữ một bản sổ khác"), _(
            "%(names)s đã ký một bản mà sổ này không nối tiếp. Mời bạn đừng dựa vào các dòng mới cho đến khi chợ làm rõ.", names=names))
    if status.audit and not status.audit.sound:
        return Verdict("bad", _("Lần kiểm tra toàn bộ gần nhất thấy sổ không khớp"),
                       _("Chợ đang tìm nguyên nhân. Mời bạn đừng dựa vào sổ cho đến khi có tin."))
    if status.checkpoint is None:
        return Verdict("none", _("Sổ chưa chốt lần nào"), _("Các dòng đã ghi sẽ vào lần chốt đầu tiên."))
    if status.witnesses is None:
        return Verdict("warn", _("Chưa đọc được danh sách bên làm chứng"), _("Lỗi cài đặt ở phía chợ. Dòng trong sổ không vì thế mà đổi."))
    if not status.witnesses:
        return Verdict("none", _("Sổ chưa có đơn vị bên ngoài cùng ký"),
                       _("Chợ đang tự ký một mình. Bạn có thể giữ lại bản chốt bên dưới để lần sau so."))
    return _by_age(status.witnesses, now)


def witness_lines(status: LogStatus, now: datetime) -> list[WitnessLine]:
    """The witnesses of the policy, each with the age of its last signature in words and colour."""
    origin = status.checkpoint.origin if status.checkpoint else ""
    path = f"/{sha256(origin.encode()).hexdigest()}/checkpoint"
    return [
        WitnessLine(_spoken(row), _tone(row, now), _words(row, now), row.signed_size, row.key, row.url and row.url + path)
        for row in status.witnesses or ()
    ]


def last_outside(found: Outside, now: datetime) -> Signature:
    """What a lot's page says of the last outside signature; its age in words is added by the reader's phone, because the
    page may be kept."""
    if found.witnesses is None:
        return Signature(_("chưa đọc được danh sách bên làm chứng"))
    differing = [row for row in found.witnesses if row.differs]
    if differing:
        return Signature(_("%(names)s giữ một bản sổ khác", names=", ".join(map(_spoken, differing))), age="stale")
    last = found.last
    if last is None:
        names = ", ".join(map(_spoken, found.witnesses))
        return Signature(_("%(names)s chưa ký lần nào", names=names) if names else _("chưa có đơn vị nào"))
    passed = now - last.signed_at
    warning = _("đã hơn 7 ngày") if passed > RED else _("đã hơn một ngày") if passed > AMBER else ""
    return Signature(_spoken(last), last.signed_at, "stale" if passed > RED else "late" if passed > AMBER else "fresh", warning)


def kinds(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    """Entries by kind, most first; kinds this release does not know keep their name."""
    return [(str(KINDS.get(kind, kind)), count) for kind, count in sorted(counted.items(), key=lambda item: -item[1])]


def age(then: datetime, now: datetime) -> str:
    """How long ago, in the words a person would use."""
    minutes = max(0, int((now - then).total_seconds() // 60))
    if minutes < 2:
        return _("vừa xong")
    if minutes < 120:
        return _("%(count)s phút trước", count=minutes)
    if minutes < 48 * 60:
        return _("%(count)s giờ trước", count=minutes // 60)
    return _("%(count)s ngày trước", count=minutes // (24 * 60))


def _by_age(rows: list[WitnessRow], now: datetime) -> Verdict:
    signed = [row for row in rows if row.signed_at]
    if not signed:
        return Verdict("warn", _("Bên làm chứng chưa ký lần nào"), _("Chợ đã mời nhưng chưa nhận được chữ ký nào. Tạm thời chợ ký một mình."))
    last = max(signed, key=lambda row: row.signed_at)
    words = _("Lần cuối: %(name)s, %(age)s.", name=_spoken(last), age=age(last.signed_at, now))
    if now - last.signed_at > RED:
        return Verdict("bad", _("Đã hơn 7 ngày không có đơn vị bên ngoài cùng ký"), words)
    if now - last.signed_at > AMBER:
        return Verdict("warn", _("Đã hơn một ngày chưa có đơn vị bên ngoài cùng ký"), words)
    return Verdict("good", _("Sổ có đơn vị bên ngoài cùng ký"), words)


def _spoken(row: WitnessRow) -> str:
    """A name in the policy has no spaces; underscores stand for them."""
    return row.name.replace("_", " ")


def _tone(row: WitnessRow, now: datetime) -> str:
    if row.differs or (row.signed_at and now - row.signed_at > RED):
        return "bad"
    return "warn" if not row.signed_at or now - row.signed_at > AMBER else "good"


def _words(row: WitnessRow, now: datetime) -> str:
    if row.differs:
        return _("giữ một bản sổ khác")
    if not row.signed_at:
        return _("chưa ký lần nào")
    return age(row.signed_at, now)
