"""Forms of the accounts slice. A consent is a box nobody ticked beforehand."""

from wtforms import BooleanField, HiddenField, PasswordField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from marketplace.accounts import logins, passwords
from marketplace.accounts.consents import TEXTS
from marketplace.i18n import gettext as _
from marketplace.i18n import lazy_gettext as _l
from marketplace.web.forms import Form

_BAD_LOGIN = _l("Mời bạn nhập số điện thoại (ví dụ 0912 345 678) hoặc e-mail.")
_PASSWORD_LENGTH = Length(
    min=passwords.MIN_LENGTH, max=passwords.MAX_LENGTH, message=_l("Mật khẩu cần từ 8 đến 128 ký tự.")
)


def readable_login(_form, field) -> None:
    """The text is a phone number in some spelling, or an e-mail address."""
    if logins.normalise(field.data or "") is None:
        raise ValidationError(_("Mời bạn nhập số điện thoại (ví dụ 0912 345 678) hoặc e-mail."))


def person_name(_form, field) -> None:
    """At least two letters; letters of any language, blanks, dots, hyphens and apostrophes."""
    text = field.data or ""
    if sum(character.isalpha() for character in text) < 2 or any(character in "<>{}[]|\\\n\t" for character in text):
        raise ValidationError(_("Mời bạn ghi họ và tên, ví dụ Nguyễn Thị Sáu."))


def _login_field(label=None) -> StringField:
    return StringField(
        label or _l("Số điện thoại hoặc e-mail"),
        [InputRequired(_BAD_LOGIN), Length(max=logins.MAX_LOGIN, message=_BAD_LOGIN), readable_login],
    )


def _name_field(label) -> StringField:
    message = _l("Mời bạn ghi họ và tên, ví dụ Nguyễn Thị Sáu.")
    return StringField(
        label, [InputRequired(message), Length(max=100, message=_l("Họ tên dài quá 100 ký tự.")), person_name]
    )


class SignInForm(Form):
    """`next` is checked again by the view before it is followed."""

    login = _login_field()
    password = PasswordField(
        _l("Mật khẩu"),
        [
            InputRequired(_l("Mời bạn nhập mật khẩu.")),
            Length(max=passwords.MAX_LENGTH, message=_l("Mật khẩu này quá dài.")),
        ],
    )
    remember = BooleanField(_l("Giữ đăng nhập 30 ngày trên máy này"))
    next = HiddenField()


class CodeForm(Form):
    """Six digits, or a recovery code."""

    code = StringField(
        _l("Mã 6 số"), [InputRequired(_l("Mời bạn nhập mã.")), Length(max=40, message=_l("Mã này quá dài."))]
    )
    next = HiddenField()


class _ConsentForm(Form):
    """The boxes, one per purpose; `purposes` lists the ticked ones."""

    account = BooleanField(TEXTS["account"].text)
    seller_profile = BooleanField(TEXTS["seller-profile"].text)
    contact = BooleanField(TEXTS["contact"].text)

    @property
    def purposes(self) -> list[str]:
        return [purpose for purpose in TEXTS if self[purpose.replace("-", "_")].data]


class RegisterForm(_ConsentForm):
    """Opening one's own account."""

    full_name = _name_field(_l("Họ và tên"))
    login = _login_field()
    password = PasswordField(_l("Mật khẩu"), [InputRequired(_l("Mời bạn đặt mật khẩu.")), _PASSWORD_LENGTH])
    next = HiddenField()


class AssistedForm(_ConsentForm):
    """Entering a farmer who is here, or on the phone."""

    full_name = _name_field(_l("Họ và tên của bà con"))
    login = _login_field(_l("Số điện thoại của bà con (hoặc e-mail)"))
    channel = RadioField(
        _l("Đã đọc các nội dung đồng ý cho bà con nghe"),
        choices=[
            SelectChoice("assisted-in-person", _l("Gặp trực tiếp")),
            SelectChoice("assisted-phone", _l("Qua điện thoại")),
        ],
        validators=[InputRequired(_l("Mời bạn chọn đã đọc cho bà con nghe bằng cách nào."))],
    )
    note = TextAreaField(
        _l("Ghi chú (không bắt buộc)"),
        [Length(max=500, message=_l("Ghi chú dài quá 500 ký tự."))],
        description=_l("Ví dụ: đọc tại nhà văn hóa ấp, có con gái đi cùng."),
    )


class ReissueForm(Form):
    """A new slip for somebody who forgot the password."""

    login = _login_field(_l("Số điện thoại hoặc e-mail của người quên mật khẩu"))
    seen = BooleanField(
        _l("Tôi đã gặp và biết chắc đây là chủ tài khoản"),
        [InputRequired(_l("Chỉ cấp lại mật khẩu khi đã gặp đúng chủ tài khoản."))],
    )


class PasswordForm(Form):
    """`current` is absent while the account still has its one-time password."""

    current = PasswordField(
        _l("Mật khẩu hiện tại"),
        [
            InputRequired(_l("Mời bạn nhập mật khẩu hiện tại.")),
            Length(max=passwords.MAX_LENGTH, message=_l("Mật khẩu này quá dài.")),
        ],
    )
    password = PasswordField(_l("Mật khẩu mới"), [InputRequired(_l("Mời bạn đặt mật khẩu mới.")), _PASSWORD_LENGTH])


class NameForm(Form):
    """Correcting one's own name."""

    full_name = _name_field(_l("Họ và tên"))


class CloseForm(Form):
    """Closing the account asks for the password once more."""

    current = PasswordField(
        _l("Mật khẩu hiện tại"),
        [
            InputRequired(_l("Mời bạn nhập mật khẩu hiện tại.")),
            Length(max=passwords.MAX_LENGTH, message=_l("Mật khẩu này quá dài.")),
        ],
    )


class BareForm(Form):
    """A button: nothing but the CSRF token."""
