"""The base form, and fields that read what Vietnamese people type into types that cannot be wrong inside."""

import unicodedata
from datetime import date, datetime

import phonenumbers
from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import Field, FileField, StringField
from wtforms.validators import ValidationError
from wtforms.widgets import TextInput

from marketplace.i18n import lazy_gettext as _l
from marketplace.money import UnreadableAmount, format_dong, parse_dong, parse_grams

AMOUNT_WORDS = {
    "unreadable": _l("Mời bạn nhập bằng số, ví dụ 35.000."),
    "negative": _l("Số này không được âm."),
    "too-large": _l("Số này quá lớn. Mời bạn kiểm tra lại."),
    "ambiguous": _l("Số này có thể hiểu hai cách. Mời bạn gõ dấu phẩy cho phần lẻ, ví dụ 1,25."),
}


def clean_text(value: str | None) -> str | None:
    """NFC, no control characters but line breaks and tabs, no lone surrogates, no outer blanks."""
    if not isinstance(value, str):
        return value
    kept = "".join(c for c in value if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs", "Co"})
    return unicodedata.normalize("NFC", kept).replace("\N{NO-BREAK SPACE}", " ").strip()


class Form(FlaskForm):
    """Every form of the site: texts cleaned before validation, CSRF on, Vietnamese messages."""

    class Meta(FlaskForm.Meta):
        locales = ("vi",)

        def bind_field(self, form, unbound_field, options):
            filters = [*unbound_field.kwargs.get("filters", ())]
            if clean_text not in filters and issubclass(unbound_field.field_class, StringField):
                unbound_field.kwargs["filters"] = [clean_text, *filters]
            return unbound_field.bind(form=form, **options)

        def wrap_formdata(self, form, formdata):
            """The submitted form; a file under the name of a text field, and any JSON, is as good as nothing."""
            if formdata is None or hasattr(formdata, "getlist"):
                return formdata
            if not form.is_submitted():
                return None
            wanted = {field.name for field in form if isinstance(field, FileField)}
            files = MultiDict((name, file) for name, file in request.files.items(multi=True) if name in wanted)
            return CombinedMultiDict((files, request.form))


class _TypedField(Field):
    """A text input whose `data` is the parsed value and which shows again what was typed."""

    widget = TextInput()
    typed = ""

    def _value(self) -> str:
        return self.typed or self._print(self.data)

    def _print(self, value) -> str:
        return "" if value is None else str(value)

    def process_formdata(self, valuelist):
        self.typed = (clean_text(valuelist[0]) or "")[:200] if valuelist else ""
        self.data = None
        if self.typed:
            self.data = self._parse(self.typed)

    def _parse(self, text):
        raise NotImplementedError


class MoneyField(_TypedField):
    """Đồng as typed (`35.000`, `35k`, `1,2tr`); `data` is an int or None."""

    def _print(self, value):
        return "" if value is None else format_dong(value).split("\N{NO-BREAK SPACE}")[0]

    def _parse(self, text):
        try:
            return parse_dong(text)
        except UnreadableAmount as error:
            raise ValidationError(AMOUNT_WORDS[error.reason]) from error


class GramsField(_TypedField):
    """Kilograms as typed (`12,5`); `data` is grams or None."""

    def _print(self, value):
        return "" if value is None else f"{value / 1000:.3f}".rstrip("0").rstrip(".").replace(".", ",")

    def _parse(self, text):
        try:
            return parse_grams(text)
        except UnreadableAmount as error:
            raise ValidationError(AMOUNT_WORDS[error.reason]) from error


class CountField(_TypedField):
    """A whole number of pieces, days, stars; `data` is an int or None."""

    def _parse(self, text):
        digits = text.replace(".", "").replace(" ", "")
        if not digits.isascii() or not digits.isdecimal():
            raise ValidationError(AMOUNT_WORDS["negative" if text.startswith("-") else "unreadable"])
        if len(digits) > 12:
            raise ValidationError(AMOUNT_WORDS["too-large"])
        return int(digits)


class DayField(_TypedField):
    """A day from a date input (ISO) or as typed (dd/mm/yyyy); `data` is a date or None."""

    widget = TextInput("date")

    def _print(self, value):
        return value.isoformat() if isinstance(value, date) else ""

    def _parse(self, text):
        for pattern in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y"):
            try:
                parsed = datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a calendar day has no zone
            except ValueError:
                continue
            if 1990 <= parsed.year <= 2100:
                return parsed
        raise ValidationError(_l("Mời bạn nhập ngày theo dạng ngày/tháng/năm, ví dụ 05/06/2026."))


class PhoneField(_TypedField):
    """A Vietnamese phone number; `data` is E.164 (`+84912345678`) or None."""

    widget = TextInput("tel")

    def _print(self, value):
        return "" if value is None else "0" + value.removeprefix("+84") if value.startswith("+84") else value

    def _parse(self, text):
        number = parse_phone(text)
        if number is None:
            raise ValidationError(_l("Số điện thoại chưa đúng. Ví dụ: 0912 345 678."))
        return number


def parse_phone(text: str) -> str | None:
    """E.164 for a valid number read with region VN, else None."""
    try:
        number = phonenumbers.parse(text, "VN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def file_sent(storage) -> bool:
    """True when a file input really carried a file."""
    return bool(storage is not None and getattr(storage, "filename", ""))
