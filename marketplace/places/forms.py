"""The place field: a present ward or commune, chosen from the list or found by typing a new or an old name.

Works without script. Three inputs belong to a field `ward`: `ward` (the list of 103), `ward-q` (what is typed)
with its own button `ward-find`, and `ward-hit` (the choices found). Draw it with `templates/places/_picker.html`.
"""

from wtforms import Field
from wtforms.validators import StopValidation

from marketplace.i18n import gettext as _
from marketplace.i18n import lazy_gettext as _l
from marketplace.places import queries
from marketplace.web.forms import clean_text

AREA_LABELS = {"can-tho": _l("Cần Thơ cũ"), "hau-giang": _l("Hậu Giang cũ"), "soc-trang": _l("Sóc Trăng cũ")}
MAX_HITS = 12


class PlaceField(Field):
    """`data` is the id of a present unit or None; `hits` are the choices found for what was typed.

    A typed name that only one unit answers to is taken; otherwise the form comes back with the choices.
    """

    def __init__(self, label=None, validators=None, *, required: bool = True, **options) -> None:
        super().__init__(label, validators, **options)
        self.required = self.flags.required = required
        self.typed = ""
        self.hits: list[queries.PlaceHit] = []
        self._unknown = self._undecided = False

    @property
    def groups(self) -> list[tuple[str, list[queries.PlaceOption]]]:
        """The choice list: (former area in words, its units)."""
        units = queries.present_units()
        return [
            (str(words), [unit for unit in units if unit.former_area == area]) for area, words in AREA_LABELS.items()
        ]

    @property
    def chosen_label(self) -> str:
        """The chosen unit in words, or ""."""
        return queries.label(self.data) if self.data else ""

    def process(self, formdata, *rest, **options):
        super().process(formdata, *rest, **options)
        if formdata is None:
            return
        self.typed = (clean_text(formdata.get(f"{self.name}-q")) or "")[:120]
        hit = formdata.get(f"{self.name}-hit")
        if hit:
            self._choose(hit)
        elif self.typed:
            self._look_up(asked=f"{self.name}-find" in formdata)

    def process_formdata(self, valuelist):
        if valuelist and valuelist[0]:
            self._choose(valuelist[0])
        else:
            self.data = None

    def pre_validate(self, form):
        if self._undecided:
            raise StopValidation(
                _("Mời bạn chọn đúng nơi trong danh sách tìm được bên dưới.")
                if self.hits
                else _("Không tìm thấy nơi này. Mời bạn gõ tên xã, phường hoặc quận, huyện cũ.")
            )
        if self._unknown:
            raise StopValidation(_("Nơi này không có trong danh sách xã, phường của thành phố."))
        if self.required and self.data is None:
            raise StopValidation(_("Mời bạn chọn xã hoặc phường."))

    def _choose(self, text: str) -> None:
        self.data, self._unknown, self._undecided = None, False, False
        if text.isascii() and text.isdecimal() and len(text) <= 9 and queries.is_present(int(text)):
            self.data = int(text)
        else:
            self._unknown = True

    def _look_up(self, *, asked: bool) -> None:
        """Typed text counts when the button was pressed, or when nothing was chosen from the list."""
        if self.data is not None and not asked:
            return
        self.hits = queries.search(text=self.typed, limit=MAX_HITS)
        if len(self.hits) == 1 and not asked:
            self.data, self._unknown = self.hits[0].id, False
            return
        self.data, self._undecided = None, True
