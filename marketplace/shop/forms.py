"""Forms of the public trace pages."""

from flask_wtf.file import FileField
from wtforms import RadioField, SearchField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from marketplace.i18n import lazy_gettext as _l
from marketplace.lots import labels
from marketplace.web.forms import Form


class CodeForm(Form):
    """A trace code as printed under the symbol."""

    ma = SearchField(_l("Mã in dưới hình QR"))


class ReportForm(Form):
    """What is wrong, in the consumer's words."""

    kind = RadioField(
        _l("Việc gì?"), [InputRequired(_l("Mời bạn chọn một mục."))],
        choices=[SelectChoice(value, word) for value, word in labels.REPORTS.items()])
    text = TextAreaField(
        _l("Bạn thấy gì?"),
        [DataRequired(_l("Mời bạn viết vài chữ.")), Length(max=2000, message=_l("Mục này dài quá, tối đa 2.000 ký tự."))])
    contact = StringField(
        _l("Số điện thoại hoặc thư để Sở trả lời (không bắt buộc)"),
        [Length(max=120, message=_l("Mục này dài quá, tối đa 120 ký tự."))])
    evidence = FileField(_l("Tệp bằng chứng điện thoại đã lưu (không bắt buộc)"))
