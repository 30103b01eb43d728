"""Forms of growing areas, lots and the field diary; units as farmers say them, values as the services take them."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from marketplace.i18n import lazy_gettext as _l
from marketplace.lots import labels, vocabulary
from marketplace.lots.personal import LONGEST
from marketplace.places.forms import PlaceField
from marketplace.web.forms import AMOUNT_WORDS, CountField, DayField, Form, GramsField

NEEDED = _l("Mời bạn điền mục này.")
CHOOSE = _l("Mời bạn chọn một mục.")
AREA_UNITS = {"cong": 1000, "cong_tam_lon": 1296, "ha": 10_000, "m2": 1}
"""Square metres of each unit: a công is 1,000 m², by the old long measure 1,296 m² (reference vietnam.md §6)."""


class NumberField(CountField):
    """A decimal as typed (`2,5` or `2.5`); `data` is its plain text or None."""

    def _print(self, value):
        return "" if value is None else str(value).replace(".", ",")

    def _parse(self, text):
        plain = text.replace(" ", "").replace(",", ".")
        digits = plain.removeprefix("-").replace(".", "", 1)
        if not digits.isascii() or not digits.isdecimal():
            raise ValidationError(AMOUNT_WORDS["unreadable"])
        if plain.startswith("-"):
            raise ValidationError(AMOUNT_WORDS["negative"])
        if len(digits) > 12:
            raise ValidationError(AMOUNT_WORDS["too-large"])
        return plain.rstrip("0").rstrip(".") if "." in plain else plain


class AreaForm(Form):
    """A growing area."""

    name = StringField(_l("Tên gọi"), [DataRequired(NEEDED), Length(max=120)])
    crop = StringField(_l("Trồng, nuôi gì"), [DataRequired(NEEDED), Length(max=120)])
    area = NumberField(_l("Diện tích"), [InputRequired(NEEDED)])
    unit = SelectField(_l("Đơn vị"), choices=[
        SelectChoice("cong", _l("công (1.000 m²)")), SelectChoice("cong_tam_lon", _l("công tầm lớn (1.296 m²)")),
        SelectChoice("ha", _l("hecta (ha)")), SelectChoice("m2", _l("m²")),
    ])
    place = PlaceField(_l("Xã, phường"))
    code = StringField(_l("Mã số vùng trồng, mã ao (nếu có)"), [Length(max=64)])

    @property
    def square_metres(self) -> int:
        """The area typed, in whole square metres."""
        exact = Decimal(self.area.data) * AREA_UNITS[self.unit.data]
        return int(exact.to_integral_value(ROUND_HALF_UP))

    def values(self) -> dict:
        """Arguments of the services."""
        return {
            "name": self.name.data, "crop": self.crop.data, "code": self.code.data or None, "place_id": self.place.data,
            "square_metres": self.square_metres,
        }

    def fill(self, row) -> None:
        """Show an area as kept, in square metres: nobody remembers which công it was."""
        self.name.data, self.crop.data, self.code.data = row.name, row.crop, row.code
        self.place.data, self.area.data, self.unit.data = row.place_id, str(row.square_metres), "m2"


class PressForm(Form):
    """A button that changes something: nothing but the token."""


class ReasonForm(Form):
    """Why a lot leaves sale."""

    reason_code = SelectField(_l("Lý do"), choices=[SelectChoice(*pair) for pair in labels.REASONS.items()])
    reason = TextAreaField(_l("Nói rõ cho người mua"), [DataRequired(NEEDED), Length(min=5, max=500)])


class CancelForm(Form):
    """Why a draft is given up."""

    reason = StringField(_l("Lý do hủy (không bắt buộc)"), [Length(max=500)])


@lru_cache(maxsize=8)
def lot_form(measure: str, unit_label: str) -> type[Form]:
    """The lot's form in the product's unit."""
    amount = GramsField(_l("Số lượng (kg)"), [Optional()]) if measure == "mass" else CountField(
        _l("Số lượng (%(unit)s)", unit=unit_label), [Optional()])

    class LotForm(Form):
        growing_area = SelectField(_l("Vùng trồng, ao nuôi"), validate_choice=True)
        started_on = DayField(_l("Ngày xuống giống, thả giống"), [Optional()])
        quantity = amount
        best_before = DayField(_l("Hạn dùng"), [Optional()])

        def offer(self, areas) -> "LotForm":
            self.growing_area.choices = [SelectChoice("", _l("Chưa chọn"))] + [
                SelectChoice(str(area.id), area.name) for area in areas
            ]
            return self

        def values(self) -> dict:
            return {
                "growing_area_id": int(self.growing_area.data) if self.growing_area.data else None,
                "started_on": self.started_on.data, "quantity": self.quantity.data or 0,
                "best_before": self.best_before.data,
            }

    return LotForm


class _DiaryForm(Form):
    """What every diary entry has: the day, and a key that makes a second sending a no-op."""

    happened_on = DayField(_l("Ngày làm"), [InputRequired(NEEDED)])
    client_key = HiddenField(validators=[Length(max=40)])
    worker = StringField(_l("Người làm"), [Length(max=LONGEST["worker"])])
    note = StringField(_l("Ghi chú"), [Length(max=LONGEST["note"])])
    publish = BooleanField(_l("Cho mọi người xem hai ô này trên trang truy xuất"))

    def details(self) -> dict:
        """The entry's own fields as the service takes them; empty ones left out."""
        return {
            name: field.data for name, field in self._fields.items()
            if name not in _BESIDE and field.data not in (None, "")
        }

    def personal(self) -> dict:
        """What belongs to a person, as the service takes it."""
        return {"personal": {"worker": self.worker.data, "note": self.note.data}, "publish": self.publish.data}


_BESIDE = {"happened_on", "client_key", "csrf_token", "worker", "note", "publish"}


@lru_cache(maxsize=64)
def diary_form(kind: str, measure: str, unit_label: str) -> type[_DiaryForm]:
    """The form of one kind of work, its fields from `vocabulary.FIELDS`, amounts in the product's unit."""
    fields = {
        name: _field(kind, name, spec, measure, unit_label) for name, spec in vocabulary.FIELDS[kind].items()
    }
    return type(f"{kind.title()}Form", (_DiaryForm,), fields)


class _AmendForm(Form):
    """Why an entry is amended. `seen`: how many changes it had when the form was opened."""

    reason = RadioField(_l("Ghi nhầm chỗ nào"), [InputRequired(CHOOSE)], choices=[
        SelectChoice(*pair) for pair in labels.AMEND_REASONS.items()
    ])
    seen = HiddenField(validators=[Length(max=4)])
    client_key = HiddenField(validators=[Length(max=40)])

    @property
    def version(self) -> int:
        """`seen` as a number; −1, which is no version, for anything else."""
        text = self.seen.data or ""
        return int(text) if text.isascii() and text.isdecimal() else -1


class VoidForm(_AmendForm):
    """Taking an entry back."""


class DoubtForm(Form):
    """Which entry an officer or inspector doubts, and why."""

    entry = HiddenField(validators=[Length(max=20)])
    reason = SelectField(_l("Chưa đúng chỗ nào"), [InputRequired(CHOOSE)], choices=[
        SelectChoice("", _l("Chọn")), *(SelectChoice(*pair) for pair in labels.DOUBTS.items())
    ])


@lru_cache(maxsize=64)
def correction_form(kind: str, measure: str, unit_label: str) -> type[_AmendForm]:
    """The fields of one kind of work, to be filled with what an entry says now."""
    names = tuple(vocabulary.FIELDS[kind])

    class CorrectionForm(_AmendForm):
        happened_on = DayField(_l("Ngày làm"), [InputRequired(NEEDED)])

        def details(self) -> dict:
            return {name: self[name].data for name in names if self[name].data not in (None, "")}

        def fill(self, day, details) -> None:
            self.happened_on.data = day
            for name in names:
                value = details.get(name, "" if isinstance(self[name], SelectField) else None)
                is_day = isinstance(self[name], DayField) and value is not None
                self[name].data = date.fromisoformat(value) if is_day else value

    fields = {name: _field(kind, name, spec, measure, unit_label) for name, spec in vocabulary.FIELDS[kind].items()}
    return type(f"{kind.title()}CorrectionForm", (CorrectionForm,), fields)


def _field(kind: str, name: str, spec: vocabulary.Field, measure: str, unit_label: str):
    label = labels.field_label(kind, name)
    rules = [InputRequired(NEEDED)] if spec.required else [Optional()]
    if isinstance(spec, vocabulary.Word):
        return _choice(label, spec)
    if name in {"quantity", "loss"} and measure == "mass":
        return GramsField(label, rules, description=_l("Tính bằng kg, ví dụ 250 hoặc 12,5."))
    if name in {"quantity", "loss"}:
        return CountField(label, rules, description=_l("Tính bằng %(unit)s.", unit=unit_label))
    makers = {vocabulary.Count: CountField, vocabulary.Number: NumberField, vocabulary.Day: DayField}
    maker = makers.get(type(spec))
    if name == "interval_days":
        hint = _l("Bắt buộc. Chỉ để trống khi chọn “Không biết” bên dưới.")
        return CountField(label, rules, description=hint)
    return maker(label, rules) if maker else StringField(label, [*rules, Length(max=80)])


def _choice(label, spec: vocabulary.Word):
    choices = [SelectChoice(option, labels.WORDS[option]) for option in spec.options]
    if not spec.required:
        return SelectField(label, choices=[SelectChoice("", _l("Không ghi")), *choices])
    if len(choices) <= 6:
        return RadioField(label, [InputRequired(CHOOSE)], choices=choices)
    return SelectField(label, [InputRequired(CHOOSE)], choices=[SelectChoice("", _l("Chọn")), *choices])
