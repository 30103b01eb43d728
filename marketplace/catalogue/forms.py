"""The listing form: what a farmer types on a phone becomes `services.Details`."""

from flask import current_app
from flask_wtf.file import MultipleFileField
from itsdangerous import BadData, URLSafeSerializer
from wtforms import BooleanField, HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.catalogue import labels, policies
from marketplace.catalogue.categories import suggest_category
from marketplace.catalogue.details import Details
from marketplace.catalogue.models import CHANNELS
from marketplace.catalogue.queries import CategoryRow, DeskProduct
from marketplace.errors import DomainError
from marketplace.i18n import gettext as _
from marketplace.i18n import lazy_gettext as _l
from marketplace.money import UnreadableAmount, parse_grams
from marketplace.sellers.labels import CERTIFICATES as kinds
from marketplace.web import images
from marketplace.web.errors import add_to_form
from marketplace.web.forms import AMOUNT_WORDS, CountField, Form, MoneyField, file_sent

NOT_OFFERED = _l("Mời bạn chọn trong danh sách.")
MONTHS = [SelectChoice("", _l("Quanh năm")), *(SelectChoice(str(month), str(month)) for month in range(1, 13))]


class MultiCheckboxField(SelectMultipleField):
    """Check boxes; what is not among the choices is refused with a sentence."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def process_formdata(self, valuelist):
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValidationError(NOT_OFFERED) from error

    def pre_validate(self, form):
        offered = {value for value, *_rest in self.iter_choices()}
        if set(self.data or ()) - offered:
            raise ValidationError(NOT_OFFERED)


class Choice(SelectField):
    """A drop-down; not sent means its first choice, and what is not among the choices is refused with a sentence."""

    def pre_validate(self, form):
        if not self.raw_data:
            self.data = next(value for value, *_rest in self.iter_choices())
            return
        try:
            super().pre_validate(form)
        except ValidationError as error:
            raise ValidationError(NOT_OFFERED) from error


class ProductForm(Form):
    """Everything may be empty: an incomplete product is kept as a draft. What is typed must be readable."""

    photos = MultipleFileField(_l("Ảnh sản phẩm"))
    kept = HiddenField()
    version = HiddenField()
    name = StringField(_l("Tên sản phẩm"), [Length(max=policies.LONGEST_NAME, message=_l("Tên dài quá, tối đa 120 chữ cái."))])
    category_id = Choice(_l("Nhóm hàng"), choices=[])
    unit = Choice(_l("Bán thế nào"), choices=[SelectChoice(*unit) for unit in labels.UNITS.items()])
    dozen = CountField(_l("Một chục là mấy trái"), [Optional()])
    price = MoneyField(_l("Giá bán"), [Optional()])
    grams_per_piece = StringField(_l("Mỗi đơn vị nặng"), [Length(max=40, message=_l("Mời bạn nhập bằng số, ví dụ 1,5."))])
    minimum = StringField(_l("Mua ít nhất"), [Length(max=40, message=_l("Mời bạn nhập bằng số."))])
    variety = StringField(_l("Giống"), [Length(max=120, message=_l("Dài quá, tối đa 120 chữ cái."))])
    description = TextAreaField(
        _l("Giới thiệu"), [Length(max=policies.LONGEST_DESCRIPTION, message=_l("Dài quá, tối đa 4.000 chữ cái."))]
    )
    season_from = Choice(_l("Mùa từ tháng"), choices=MONTHS)
    season_to = Choice(_l("đến tháng"), choices=MONTHS)
    produced_by_seller = BooleanField(_l("Tôi tự trồng, tự nuôi hoặc tự làm ra"), default=True)
    certificates = MultiCheckboxField(_l("Chứng nhận của sản phẩm này"), coerce=int, choices=[])
    channels = MultiCheckboxField(
        _l("Còn bán ở đâu nữa"), choices=[SelectChoice(*channel) for channel in labels.CHANNELS.items()]
    )
    removed_photos = MultiCheckboxField(_l("Bỏ ảnh"), coerce=int, choices=[])
    first_photo = Choice(_l("Ảnh đại diện"), choices=[], default="")
    link_postmart = StringField(_l("Đường dẫn Postmart"))
    link_voso = StringField(_l("Đường dẫn Vỏ Sò"))
    link_shopee = StringField(_l("Đường dẫn Shopee"))
    link_lazada = StringField(_l("Đường dẫn Lazada"))
    link_tiki = StringField(_l("Đường dẫn Tiki"))
    link_sendo = StringField(_l("Đường dẫn Sendo"))
    link_facebook = StringField(_l("Đường dẫn Facebook"))
    link_zalo = StringField(_l("Đường dẫn Zalo"))

    def prepare(self, *, categories: list[CategoryRow], certificates, photos=(), locale: str = "vi") -> "ProductForm":
        """Fill the choices: shelves by top shelf, the seller's certificates, the photos stored so far."""
        tops = {row.id: row.title(locale) for row in categories if row.parent_id is None}
        self.category_id.choices = [SelectChoice("", _("Để chợ xếp theo tên"))] + [
            SelectChoice(str(row.id), row.title(locale), optgroup=tops[row.parent_id]) for row in categories if row.parent_id
        ]
        self.certificates.choices = [SelectChoice(row.id, f"{kinds[row.kind]} – {row.number}") for row in certificates]
        self.removed_photos.choices = [
            SelectChoice(photo.id, _("Bỏ ảnh %(number)s", number=n)) for n, photo in enumerate(photos, 1)
        ]
        self.first_photo.choices = [SelectChoice("", _("Giữ như cũ"))] + [
            SelectChoice(str(photo.id), _("Ảnh %(number)s", number=n)) for n, photo in enumerate(photos, 1)
        ]
        self.stored = self._stored_before()
        return self

    def validate(self, extra_validators=None) -> bool:
        """Also reads amounts by the chosen unit, and stores the pictures sent (files only, no rows)."""
        sound = super().validate(extra_validators)
        self._read_amounts()
        self._store_photos()
        self.kept.data = _signer().dumps([_packed(picture) for picture in self.stored])
        return sound and not any(field.errors for field in self) and not self.form_errors

    def details(self, categories: list[CategoryRow]) -> Details:
        """The checked values; the shelf is guessed from the name when none was chosen."""
        by_kilogram = self.unit.data == "kg"
        label = f"chục {self.dozen.data}" if self.unit.data == "chục" else self.unit.data
        return Details(
            name=" ".join((self.name.data or "").split()),
            variety=self.variety.data or "",
            description=self.description.data or "",
            category_id=self._category(categories),
            measure="mass" if by_kilogram else "piece",
            unit_label=label,
            price=self.price.data,
            grams_per_piece=self._grams,
            minimum=self._minimum,
            season_from=_month(self.season_from.data),
            season_to=_month(self.season_to.data),
            produced_by_seller=self.produced_by_seller.data,
            channels=self._links(),
            certificate_ids=tuple(self.certificates.data or ()),
        )

    def _category(self, categories: list[CategoryRow]) -> int | None:
        if self.category_id.data:
            return int(self.category_id.data)
        slug = suggest_category(self.name.data or "")
        return next((row.id for row in categories if row.slug == slug), None)

    def _read_amounts(self) -> None:
        self._grams, self._minimum = None, 1000 if self.unit.data == "kg" else 1
        if self.unit.data == "chục" and not 2 <= (self.dozen.data or 0) <= 100 and not self.dozen.errors:
            self.dozen.errors = [_("Mời bạn ghi một chục là mấy: 10, 12, 14…")]
        if self.minimum.data:
            self._minimum = self._amount(self.minimum, by_kilogram=self.unit.data == "kg") or self._minimum
        if self.grams_per_piece.data and self.unit.data != "kg":
            self._grams = self._amount(self.grams_per_piece, by_kilogram=True)

    def _amount(self, field: StringField, *, by_kilogram: bool) -> int | None:
        """Grams from kilograms (or "500 g"), or pieces; a problem goes to the field."""
        typed = field.data.lower().strip()
        try:
            if by_kilogram and typed.endswith("g") and not typed.endswith("kg"):
                return _positive(_whole(typed.removesuffix("g")))
            return _positive(parse_grams(typed) if by_kilogram else _whole(typed))
        except UnreadableAmount as error:
            field.errors = [*field.errors, AMOUNT_WORDS[error.reason]]
            return None

    def _links(self) -> dict[str, str]:
        """Ticked channels with the link beside them; a link alone ticks its channel."""
        links = {c: "" if c in labels.WITHOUT_LINK else self[f"link_{c}"].data or "" for c in CHANNELS}
        return {channel: link for channel, link in links.items() if link or channel in (self.channels.data or ())}

    def _store_photos(self) -> None:
        """Decode and write what was sent; pictures of an earlier try (signed in `kept`) stay."""
        sent = [storage for storage in self.photos.data or () if file_sent(storage)]
        for storage in sent[: policies.MAX_PHOTOS]:
            try:
                data = storage.stream.read(images.MAX_BYTES + 1)
                uploads = current_app.extensions["settings"].uploads_dir
                self.stored.append(images.store(data, name=storage.filename, uploads=uploads))
            except DomainError as error:
                add_to_form(self, error)
        if len(sent) > policies.MAX_PHOTOS:
            self.photos.errors = [*self.photos.errors, _("Mỗi sản phẩm tối đa %(most)s ảnh.", most=policies.MAX_PHOTOS)]

    def _stored_before(self) -> list[images.StoredPicture]:
        try:
            packed = _signer().loads(self.kept.data or "")
        except BadData:
            return []
        return [images.StoredPicture(key, tuple(widths), *rest) for key, widths, *rest in packed]


def filled(product: DeskProduct) -> dict:
    """The form's values for a stored product, as its owner would have typed them."""
    word, _blank, number = product.unit_label.partition(" ")
    by_kilogram = product.measure == "mass"
    return {
        "version": product.version,
        "name": product.name,
        "category_id": str(product.category_id or ""),
        "unit": "kg" if by_kilogram else word,
        "dozen": int(number) if number.isdecimal() else None,
        "price": product.price,
        "grams_per_piece": _kilograms(product.grams_per_piece) if product.grams_per_piece else "",
        "minimum": _kilograms(product.minimum) if by_kilogram else str(product.minimum),
        "variety": product.variety,
        "description": product.description,
        "season_from": str(product.season_from or ""),
        "season_to": str(product.season_to or ""),
        "produced_by_seller": product.produced_by_seller,
        "certificates": list(product.certificate_ids),
        "channels": [channel for channel, _link in product.channels],
        **{f"link_{channel}": link for channel, link in product.channels},
    }


def _kilograms(grams: int) -> str:
    return f"{grams // 1000},{grams % 1000:03d}".rstrip("0").rstrip(",")


def _signer() -> URLSafeSerializer:
    """Signs the pictures of a form that came back with an error, so that nobody names a picture of somebody else."""
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="kept-photos")


def _packed(picture: images.StoredPicture) -> tuple:
    return picture.key, picture.widths, picture.width, picture.height, picture.sha256


def _whole(text: str) -> int:
    digits = text.strip().replace(".", "")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 9:
        raise UnreadableAmount("negative" if digits.startswith("-") else "unreadable")
    return int(digits)


def _positive(amount: int) -> int:
    if amount <= 0:
        raise UnreadableAmount("unreadable")
    return amount


def _month(text: str | None) -> int | None:
    return int(text) if text else None
