"""Forms of the seller's side; what they let through, the services check again."""

from email_validator import EmailNotValidError, validate_email
from flask_wtf.file import FileField
from wtforms import BooleanField, EmailField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from marketplace.i18n import lazy_gettext as _l
from marketplace.places.forms import PlaceField
from marketplace.sellers import labels, tax_code
from marketplace.web.forms import DayField, Form, PhoneField, parse_phone

NEEDED = _l("Mời bạn điền mục này.")
CHOOSE = _l("Mời bạn chọn một mục.")


def _choices(words: dict) -> list[SelectChoice]:
    return [SelectChoice(value, word) for value, word in words.items()]


def _length(maximum: int) -> Length:
    return Length(max=maximum, message=_l("Mục này dài quá, tối đa %(max)d ký tự."))


def check_email(_form, field) -> None:
    """A readable address, normalised; empty stays None. No look-up in the network."""
    if not field.data:
        field.data = None
        return
    try:
        field.data = validate_email(field.data, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise ValidationError(_l("Địa chỉ thư chưa đúng. Ví dụ: ten@gmail.com.")) from error


class _ContactFields(Form):
    phone = PhoneField(_l("Số điện thoại của gian hàng"), [InputRequired(NEEDED)])
    email = EmailField(_l("Thư điện tử (không bắt buộc)"), [_length(200), check_email])
    show_phone = BooleanField(_l("Hiện số điện thoại trên trang gian hàng để khách gọi"))
    place = PlaceField(_l("Xã, phường"))
    address_line = StringField(_l("Số nhà, ấp, khu vực"), [DataRequired(NEEDED), _length(200)])
    about = TextAreaField(_l("Giới thiệu ngắn (không bắt buộc)"), [_length(2000)])


class _IdentityFields(Form):
    kind = RadioField(_l("Loại hình"), [InputRequired(CHOOSE)], choices=_choices(labels.KINDS))
    name = StringField(_l("Tên gian hàng"), [DataRequired(NEEDED), _length(120)])
    tax_code = StringField(_l("Mã số thuế"), [_length(40)])


class RegistrationForm(_IdentityFields, _ContactFields):
    """A whole registration: for a draft and for corrections after a refusal."""

    def fill(self, seller) -> None:
        """Show what was entered before."""
        self.kind.data, self.name.data, self.tax_code.data = seller.kind, seller.name, tax_code.printed(seller.tax_code)
        fill_contact(self, seller)


class NewRegistrationForm(RegistrationForm):
    """The first time: with the consent to be shown in public."""

    consent = BooleanField(
        _l("Tôi đồng ý cho hiện tên gian hàng, xã phường và sản phẩm trên trang công khai của chợ"),
    )


class ProfileForm(_ContactFields):
    """What may change without a new review."""


class IdentityForm(_IdentityFields):
    """What sends the seller back to review."""

    understood = BooleanField(
        _l("Tôi hiểu gian hàng sẽ tạm ngừng bán đến khi Sở duyệt lại"), [DataRequired(_l("Mời bạn xác nhận."))]
    )


def fill_contact(form: _ContactFields, seller) -> None:
    """Show a seller's present contact data in a form opened for reading."""
    for name in ("phone", "email", "show_phone", "address_line", "about"):
        form[name].data = getattr(seller, name)
    form.place.data = seller.place_id


class DocumentForm(Form):
    """One paper at a time: what it is and the file."""

    kind = SelectField(_l("Loại giấy tờ"), [InputRequired(CHOOSE)])
    file = FileField(_l("Ảnh chụp hoặc tệp PDF"))

    def for_seller(self, seller_kind: str, kinds) -> "DocumentForm":
        """Offer `kinds` under the names this kind of seller knows them by."""
        self.kind.choices = _choices({kind: labels.document_label(seller_kind, kind) for kind in kinds})
        return self


class CertificateForm(Form):
    """A certificate as printed; stars for OCOP only."""

    kind = SelectField(_l("Loại chứng nhận"), [InputRequired(CHOOSE)], choices=_choices(labels.CERTIFICATES))
    stars = SelectField(
        _l("Số sao OCOP"), [Optional()],
        choices=_choices({"": _l("Không phải OCOP"), "3": _l("3 sao"), "4": _l("4 sao"), "5": _l("5 sao")}),
    )
    number = StringField(_l("Số chứng nhận hoặc quyết định"), [DataRequired(NEEDED), _length(120)])
    issuer = StringField(_l("Nơi cấp"), [DataRequired(NEEDED), _length(200)])
    scope = StringField(_l("Sản phẩm và diện tích được chứng nhận"), [DataRequired(NEEDED), _length(250)])
    valid_from = DayField(_l("Ngày cấp"), [InputRequired(NEEDED)])
    valid_to = DayField(_l("Ngày hết hạn"), [InputRequired(NEEDED)])
    file = FileField(_l("Ảnh chụp hoặc tệp PDF của giấy chứng nhận"))

    def fill(self, certificate) -> None:
        """Show what was declared before."""
        for name in ("kind", "number", "issuer", "scope", "valid_from", "valid_to"):
            self[name].data = getattr(certificate, name)
        self.stars.data = str(certificate.stars or "")


class InviteForm(Form):
    """Whom to invite, and for which work."""

    login = StringField(_l("Số điện thoại hoặc thư điện tử"), [DataRequired(NEEDED), _length(200)])
    role = RadioField(
        _l("Người này sẽ làm gì"), [InputRequired(CHOOSE)],
        choices=_choices({code: word for code, word in labels.ROLES.items() if code != "owner"}),
    )

    def validate_login(self, field) -> None:
        """`data` becomes E.164 or a lower-case address."""
        phone = parse_phone(field.data or "")
        if phone:
            field.data = phone
            return
        if "@" not in (field.data or ""):
            raise ValidationError(_l("Mời bạn nhập số điện thoại hoặc thư điện tử, ví dụ 0912 345 678."))
        check_email(self, field)


class RoleForm(Form):
    """Another role for a member."""

    role = SelectField(_l("Vai trò"), [InputRequired(CHOOSE)], choices=_choices(labels.ROLES))


class PressForm(Form):
    """A button: nothing but the CSRF token."""
