"""Forms of the officers' desk; each button names its action, each refusal its reason."""

from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, InputRequired, Length

from marketplace.i18n import lazy_gettext as _l
from marketplace.web.forms import CountField, Form

UNKNOWN = _l("Nút bấm không hợp lệ. Mời bạn tải lại trang.")
TOO_LONG = _l("Mục này dài quá, tối đa %(max)d ký tự.")


class _Action(Form):
    reason = TextAreaField(_l("Lý do"), [Length(max=1000, message=TOO_LONG)])


class DocumentReviewForm(_Action):
    """Accept, refuse with a reason, or open again one paper."""

    action = HiddenField(validators=[AnyOf(("accept", "refuse", "reopen"), message=UNKNOWN)])


class DecisionForm(_Action):
    """The decision on a seller."""

    action = HiddenField(validators=[AnyOf(("approve", "refuse", "suspend", "reinstate", "close"), message=UNKNOWN)])


class CertificateReviewForm(_Action):
    """Check or revoke one certificate."""

    action = HiddenField(validators=[AnyOf(("check", "revoke"), message=UNKNOWN)])


class ProductReviewForm(_Action):
    """List or reject; `version` is the one the officer read."""

    action = HiddenField(validators=[AnyOf(("list", "reject", "take-down"), message=UNKNOWN)])
    version = CountField(_l("Phiên bản"))


class ReportForm(Form):
    """What becomes of a problem report."""

    state = RadioField(
        _l("Xử lý"), [InputRequired(_l("Mời bạn chọn cách xử lý."))],
        choices=[
            SelectChoice("in_progress", _l("Đang xác minh")), SelectChoice("done", _l("Đã xử lý xong")),
            SelectChoice("refused", _l("Phản ánh không đúng")),
        ],
    )
    answer = TextAreaField(_l("Trả lời người phản ánh"), [Length(max=2000, message=TOO_LONG)])
