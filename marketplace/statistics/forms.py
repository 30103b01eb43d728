"""What may be typed on the figures pages."""

from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from marketplace.i18n import lazy_gettext as _l
from marketplace.web.forms import CountField, DayField, Form


class PeriodForm(Form):
    """The period of a report; a GET form, so it carries no CSRF token."""

    class Meta(Form.Meta):
        csrf = False

    ky = SelectField(
        _l("Kỳ báo cáo"),
        choices=[
            SelectChoice("", _l("Tự chọn ngày")),
            SelectChoice("thang-nay", _l("Tháng này")),
            SelectChoice("thang-truoc", _l("Tháng trước")),
            SelectChoice("quy-nay", _l("Quý này")),
            SelectChoice("nam-nay", _l("Năm nay")),
            SelectChoice("nam-truoc", _l("Năm trước")),
            SelectChoice("6-thang-dau-2022", _l("6 tháng đầu năm 2022")),
        ],
        validate_choice=False,
    )
    tu = DayField(_l("Từ ngày"))
    den = DayField(_l("Đến ngày"))


class OutreachForm(Form):
    """Households trained or brought onto platforms, on one day in one unit."""

    day = DayField(_l("Ngày"), validators=[InputRequired(_l("Mời bạn chọn ngày."))])
    kind = SelectField(
        _l("Hoạt động"),
        choices=[
            SelectChoice("trained", _l("Tập huấn bán hàng trực tuyến")),
            SelectChoice("supported", _l("Hỗ trợ hộ lên sàn")),
        ],
    )
    place_id = SelectField(_l("Xã, phường"), coerce=int, choices=[])
    channel = SelectField(
        _l("Sàn"),
        choices=[
            SelectChoice("postmart", "Postmart"),
            SelectChoice("voso", "Vỏ Sò"),
            SelectChoice("platform", _l("Chợ này")),
            SelectChoice("other", _l("Sàn khác")),
        ],
    )
    households = CountField(_l("Số hộ"), validators=[InputRequired(_l("Mời bạn nhập số hộ."))])
    products = CountField(_l("Số sản phẩm được đưa lên"))
    source = StringField(
        _l("Theo văn bản, danh sách nào"),
        validators=[
            DataRequired(_l("Mời bạn ghi số văn bản hoặc tên danh sách.")),
            Length(max=255, message=_l("Tối đa 255 chữ.")),
        ],
    )
    note = TextAreaField(_l("Ghi chú"), validators=[Length(max=2000, message=_l("Tối đa 2.000 chữ."))])
