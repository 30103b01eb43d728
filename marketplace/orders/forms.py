"""Forms of basket, checkout and the order desk; what people type becomes grams, pieces and đồng here."""

from collections.abc import Iterable

from wtforms import BooleanField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp, StopValidation

from marketplace.i18n import lazy_gettext as _l
from marketplace.orders.labels import METHOD
from marketplace.places.forms import PlaceField
from marketplace.web.forms import CountField, Form, GramsField, MoneyField, PhoneField

MAX_LOTS_SHOWN = 12


class Given:
    """Something readable was typed: unlike InputRequired it is not content with blanks and control characters, and
    unlike DataRequired it takes 0 for an answer."""

    field_flags = {"required": True}

    def __init__(self, message) -> None:
        self.message = message

    def __call__(self, _form, field) -> None:
        if field.data is None:
            raise StopValidation() if field.errors else StopValidation(self.message)


class BasketForm(Form):
    """The hidden token alone: what is posted beside it is read by the view."""


class CheckoutForm(Form):
    """Who receives it, where, how it is paid; `client_key` and `seal` come from the page."""

    recipient = StringField(_l("Họ tên người nhận"), [DataRequired(_l("Mời bạn ghi họ tên người nhận.")),
                                                      Length(max=120, message=_l("Họ tên dài quá, tối đa 120 chữ."))])
    phone = PhoneField(_l("Số điện thoại"), [Given(_l("Mời bạn ghi số điện thoại để người bán gọi khi giao."))])
    address_line = StringField(_l("Số nhà, đường, ấp hoặc khu vực"), [
        DataRequired(_l("Mời bạn ghi số nhà, đường, ấp hoặc khu vực.")),
        Length(max=200, message=_l("Địa chỉ dài quá, tối đa 200 chữ."))])
    place = PlaceField(_l("Xã, phường nhận hàng"))
    note = TextAreaField(_l("Lời nhắn cho người bán"), [
        Optional(), Length(max=500, message=_l("Lời nhắn dài quá, tối đa 500 chữ."))])
    method = RadioField(_l("Cách trả tiền"), [InputRequired(_l("Mời bạn chọn cách trả tiền."))], default="cod",
                        choices=[SelectChoice(value, label) for value, label in METHOD.items()])
    client_key = HiddenField(validators=[Regexp(r"^[A-Za-z0-9_-]{16,64}$", message=_l("Mời bạn tải lại trang."))])
    seal = HiddenField(validators=[Length(max=64)])


class RefuseForm(Form):
    """Why the seller says no."""

    reason = TextAreaField(_l("Lý do từ chối"), [
        DataRequired(_l("Mời bạn ghi lý do từ chối để người mua được biết.")),
        Length(max=200, message=_l("Lý do dài quá, tối đa 200 chữ."))])


class ShipForm(Form):
    """Who carries the parcel."""

    carrier = StringField(_l("Ai giao hàng"), [
        DataRequired(_l("Mời bạn ghi ai giao hàng: tên hãng và mã vận đơn, hoặc “gian hàng tự giao”.")),
        Length(max=200, message=_l("Dài quá, tối đa 200 chữ."))])


class DeliverForm(Form):
    """For cash: how much was taken, and by whom."""

    collected = MoneyField(_l("Số tiền đã thu"), [Given(_l("Mời bạn ghi số tiền đã thu của khách."))])
    collected_by = StringField(_l("Người thu tiền"), [
        DataRequired(_l("Mời bạn ghi tên người đã thu tiền.")),
        Length(max=120, message=_l("Tên dài quá, tối đa 120 chữ."))])


class DeliveryForm(Form):
    """The seller's delivery terms."""

    fee = MoneyField(_l("Phí giao mỗi đơn"), [Given(_l("Mời bạn ghi phí giao, ghi 0 nếu giao miễn phí."))])
    free_from = MoneyField(_l("Miễn phí giao từ"), [Optional()])
    pickup = BooleanField(_l("Khách được đến lấy tại gian hàng, không mất phí giao"))


def accept_form(lines: Iterable) -> Form:
    """One field per line, prefilled with what was ordered: `line_<id>`."""
    fields = {f"line_{line.id}": _amount(line, line.product_name, line.quantity) for line in lines}
    return type("AcceptForm", (Form,), fields)()


def pack_form(lines: Iterable, lots: dict[int, list], suggestion: dict[int, dict[int, int]]) -> Form:
    """One field per line and lot, prefilled first-expired-first-out: `pick_<line>_<lot>`; empty means none of it."""
    fields = {
        f"pick_{line.id}_{lot.id}": _amount(line, lot.number, suggestion.get(line.id, {}).get(lot.id), optional=True)
        for line in lines
        for lot in lots[line.id]
    }
    return type("PackForm", (Form,), fields)()


def _amount(line, label: str, default: int | None, *, optional: bool = False):
    kind = GramsField if line.measure == "mass" else CountField
    rule = Optional() if optional else Given(_l("Mời bạn ghi số lượng; ghi 0 nếu không có."))
    return kind(label, [rule], default=default)
