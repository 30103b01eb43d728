"""What the gallery of components shows: realistic goods, one sample form empty and one refused."""

import re
from pathlib import Path
from typing import NamedTuple

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, DateField, FileField, Form, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from marketplace.i18n import lazy_gettext as _l

SPRITE = Path(__file__).resolve().parents[2] / "static" / "img" / "icons.svg"


class SampleForm(Form):
    """One field of each kind that the field macro draws; sent nowhere."""

    name = StringField(
        _l("Tên sản phẩm"),
        [InputRequired(_l("Mời bạn ghi tên sản phẩm.")), Length(max=80)],
        description=_l("Ghi như bà con vẫn gọi ngoài chợ, ví dụ: Xoài cát Hòa Lộc loại 1."),
    )
    price = StringField(_l("Giá bán"), [InputRequired(_l("Mời bạn ghi giá, ví dụ 45.000."))])
    kind = SelectField(
        _l("Cách bán"),
        choices=[
            SelectChoice("kg", _l("Theo ký")),
            SelectChoice("piece", _l("Theo trái, con")),
            SelectChoice("pack", _l("Theo thùng, bịch")),
        ],
    )
    day = DateField(_l("Ngày hái dự kiến"))
    story = TextAreaField(_l("Giới thiệu"), description=_l("Giống gì, trồng ở đâu, ăn lúc nào ngon."))
    delivery = RadioField(
        _l("Giao cách nào"),
        choices=[SelectChoice("ship", _l("Gửi xe, gửi bưu điện")), SelectChoice("pickup", _l("Khách tới vườn lấy"))],
        default="ship",
    )
    agree = BooleanField(_l("Tôi cam đoan nông sản do nhà vườn mình trồng"), [InputRequired(_l("Cần bạn đánh dấu vào đây."))])
    photo = FileField(_l("Ảnh sản phẩm"))


class Sample(NamedTuple):
    """A product as a shopper would meet it."""

    subject: str
    name: object
    amount: str
    unit: object
    seller: object
    place: object
    ocop: int = 0
    badges: tuple = ()
    note: str | None = None
    sold_out: bool = False


GOODS = (
    Sample(
        "xoai", _l("Xoài cát Hòa Lộc loại 1"), "65.000 ₫", "kg", _l("HTX Trường Thành"), _l("Xã Trường Long"),
        ocop=4, badges=((_l("Đang mùa"), "ripe"),),
    ),
    Sample(
        "sau-rieng", _l("Sầu riêng Ri6 nguyên trái"), "118.000 ₫", "kg", _l("Vườn chú Ba Nhựt"), _l("Xã Phong Điền"),
        badges=(("VietGAP", "good"),),
    ),
    Sample(
        "gao", _l("Gạo thơm ST25 túi 5 kg"), "195.000 ₫", _l("túi"), _l("Công ty Lúa Vàng"), _l("Xã Thạnh Phú"),
        ocop=3, note="≈ 39.000 ₫/kg",
    ),
    Sample(
        "ca-tra", _l("Cá tra phi lê cấp đông"), "82.000 ₫", "kg", _l("HTX Thủy sản Thới An"), _l("Phường Thới An Đông")
    ),
    Sample(
        "vu-sua", _l("Vú sữa Lò Rèn thùng 12 trái"), "240.000 ₫", _l("thùng"), _l("Vườn cô Sáu Hạnh"),
        _l("Xã Trinh Phú"), sold_out=True,
    ),
)  # fmt: skip


_VOIDED = {
    "title": _l("Bón phân"),
    "when": "02/10/2026",
    "iso": "2026-10-02",
    "who": _l("HTX Trường Thành"),
    "facts": [(_l("Lượng dùng"), "50 kg", [])],
    "void": True,
    "doubts": [_l("Cán bộ kiểm tra cho rằng việc này chưa đúng. Lý do: ngày chưa đúng.")],
    "corrections": [_l("Đã bỏ lúc 29/10/2026 08:05, do người sản xuất bỏ. Lý do: nhầm lô. Việc này không tính.")],
}


def _goods(picture) -> list[dict]:
    rows = []
    for good in GOODS:
        row = good._asdict()
        subject = row.pop("subject")
        rows.append({**row, "href": f"/san-pham?q={subject}", "photo": picture(subject, good.name)})
    return rows


def _steps() -> list[dict]:
    return [
        {
            "title": _l("Đóng thùng"),
            "when": "18/11/2026 14:30",
            "iso": "2026-11-18T14:30+07:00",
            "place": _l("Nhà sơ chế Trường Thành"),
            "who": _l("HTX Trường Thành"),
            "facts": [(_l("Số thùng"), "42")],
        },
        {
            "title": _l("Hái trái"),
            "when": "18/11/2026 06:10",
            "iso": "2026-11-18T06:10+07:00",
            "place": _l("Xã Trường Long"),
            "who": _l("HTX Trường Thành"),
            "text": _l("420 kg, trái chín già, hái buổi sớm."),
        },
        {
            "title": _l("Kiểm dư lượng thuốc"),
            "when": "16/11/2026 09:00",
            "iso": "2026-11-16T09:00+07:00",
            "noted": _l("ghi vào sổ ngày 18/11/2026"),
            "source": _l("Do Sở Công Thương Cần Thơ ghi"),
            "text": _l("Không phát hiện."),
        },
        {
            "title": _l("Phun thuốc sâu sinh học"),
            "when": "28/10/2026",
            "iso": "2026-10-28",
            "who": _l("HTX Trường Thành"),
            "was": ["27/10/2026"],
            "facts": [(_l("Tên thuốc"), "Bacillus thuringiensis"), (_l("Cách ly"), _l("7 ngày"), [_l("5 ngày")])],
            "corrections": [_l("Đã sửa lúc 29/10/2026 08:00, người sản xuất tự sửa. Lý do: nhầm ngày.")],
        },
        _VOIDED,
    ]


def _rail(static) -> list[tuple]:
    names = {
        "trai-cay": _l("Trái cây"),
        "rau-cu": _l("Rau củ"),
        "gao-ngu-coc": _l("Gạo, nếp, đậu"),
        "thuy-san": _l("Thủy sản"),
        "thit-trung": _l("Thịt, trứng"),
        "do-uong": _l("Trà, đồ uống"),
        "do-kho-banh": _l("Bánh, đồ khô"),
        "hoa-cay-giong": _l("Hoa kiểng, cây giống"),
    }
    return [(f"/san-pham?danh-muc={slug}", name, static(f"img/categories/{slug}.webp"), None) for slug, name in names.items()]


def _sellers() -> list[dict]:
    return [
        {
            "href": "/nha-cung-cap/htx-truong-thanh",
            "name": _l("HTX Trường Thành"),
            "kind": _l("Hợp tác xã"),
            "place": _l("Xã Trường Long"),
            "facts": [_l("24 sản phẩm"), _l("Từ 2021")],
            "badges": [(_l("Giấy tờ đã kiểm tra"), "good")],
        }
    ]


def _filters() -> list[dict]:
    order = [("hop", _l("Hợp nhất"), True), ("gia", _l("Giá thấp trước"), False)]
    papers = [("vietgap", "VietGAP (12)", True), ("ocop", "OCOP (4)", False)]
    return [
        {"name": "q", "label": _l("Tìm"), "kind": "search", "value": _l("xoài"), "options": []},
        {"name": "sap-xep", "label": _l("Sắp xếp"), "kind": "select", "options": order},
        {"name": "chung-nhan", "label": _l("Chứng nhận"), "kind": "check", "options": papers},
    ]


def page_values(static) -> dict:
    """Everything `pages/gallery.html` names; `static` gives the address of a static file."""

    def picture(subject: str, alt) -> dict:
        return {"src": static(f"img/produce/{subject}.webp"), "alt": alt, "width": 320, "height": 320}

    return {
        "rail": _rail(static),
        "goods": _goods(picture),
        "seller_rows": _sellers(),
        "filter_groups": _filters(),
        "steps_taken": _steps(),
        "qr_picture": static("img/logo.svg"),
        "icon_names": re.findall(r'<symbol id="([^"]+)"', SPRITE.read_text("utf-8")),
        "form": SampleForm(),
        "refused": _refused(),
    }


def _refused() -> SampleForm:
    sent = {"sai-name": "", "sai-price": "", "sai-kind": "kg", "sai-delivery": "ship"}
    form = SampleForm(MultiDict(sent), prefix="sai")
    form.validate()
    return form
