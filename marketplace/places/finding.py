"""Matching what people type against unit names: pure functions over entries, no database."""

from collections.abc import Iterable
from dataclasses import dataclass

from marketplace.folding import accented, fold, sort_key

_ABBREVIATIONS = {
    "p": "phuong",
    "q": "quan",
    "h": "huyen",
    "x": "xa",
    "tt": "thi tran",
    "tx": "thi xa",
    "tp": "thanh pho",
    "t": "tinh",
}
_KINDS = ("thanh pho", "thi tran", "thi xa", "phuong", "huyen", "quan", "tinh", "xa")
_CITY = "Thành phố Cần Thơ"
_MAX_TYPED = 120

Rank = tuple[int, int, bool, str, int]


@dataclass(frozen=True)
class Entry:
    """One name under which a present unit can be found: its own, or that of a unit it took over."""

    place_id: int
    former_id: int | None
    name: str  # as printed, like the next two
    district: str | None
    province: str
    names: tuple[str, str]  # folded: full, bare
    districts: tuple[str, ...]
    local_words: frozenset[str]  # folded words of unit and district, without phường, quận …
    words: frozenset[str]  # and of the province
    marked_words: frozenset[str]
    order: str

    @classmethod
    def of(cls, place_id: int, name: str, district: str | None, province: str, former_id: int | None = None) -> "Entry":
        """Build the folded forms once."""
        bare, bare_district = _bare(fold(name)), _bare(fold(district or ""))
        local = frozenset(f"{bare} {bare_district}".split())
        return cls(
            place_id=place_id,
            former_id=former_id,
            name=name,
            district=district,
            province=province,
            names=(fold(name), bare),
            districts=(fold(district), bare_district) if district else (),
            local_words=local,
            words=local.union(_bare(fold(province)).split()),
            marked_words=frozenset(accented(f"{name} {district or ''} {province}").split()),
            order=sort_key(bare),
        )

    @property
    def is_former(self) -> bool:
        return self.former_id is not None


def find(entries: Iterable[Entry], text: str, limit: int) -> list[tuple[Entry, str | None]]:
    """The best entry of each place that matches, with the old name to show beside it; best first."""
    typed = text[:_MAX_TYPED]
    query = " ".join(_ABBREVIATIONS.get(word, word) for word in fold(typed).split())
    if not query:
        return []
    marked = frozenset(word for word in accented(typed).split() if word != fold(word))
    best: dict[int, tuple[Rank, Entry, str | None]] = {}
    for entry in entries:
        level = _level(entry, query, _without_kinds(query))
        if level is None:
            continue
        rank = (level, len(marked - entry.marked_words), entry.is_former, entry.order, entry.place_id)
        if entry.place_id not in best or rank < best[entry.place_id][0]:
            best[entry.place_id] = (rank, entry, _former(entry, level))
    ranked = sorted(best.values(), key=lambda found: found[0])
    return [(entry, former) for _, entry, former in ranked[: max(0, limit)]]


_DISTRICT, _PROVINCE = 2, 9


def _level(entry: Entry, query: str, bare: str) -> int | None:
    """How well it fits, 0 best; None when a typed word is missing. The last word may be unfinished."""
    old = entry.is_former
    if query in entry.names:
        return 1 if old else 0
    if query in entry.districts:
        return _DISTRICT
    if any(name.startswith(query + " ") for name in entry.names):
        return 4 if old else 3
    if any(name.startswith(query) for name in entry.names):
        return 6 if old else 5
    # People also write the kind a place used to have, or has now: from here on phường, quận … do not count.
    *whole, last = bare.split() or [""]
    if not last or not all(word in entry.words for word in whole):
        return None
    if last in entry.words:
        if not entry.local_words.intersection((*whole, last)):
            return _PROVINCE
        return 3 if f"{bare} ".startswith(f"{entry.names[1]} ") else 7
    return 8 if any(word.startswith(last) for word in entry.local_words) else None


def _former(entry: Entry, level: int) -> str | None:
    """The old name to show: only the district or the province when no more was typed."""
    if not entry.is_former:
        return None
    # Both Hậu Giang and Sóc Trăng had a Huyện Châu Thành with a Xã Phú Tân: outside old Cần Thơ the province is said.
    province = "" if entry.province == _CITY else entry.province
    parts = {_DISTRICT: (entry.district, province), _PROVINCE: (entry.province,)}.get(
        level, (entry.name, entry.district, province)
    )
    return ", ".join(part for part in parts if part)


def _bare(folded: str) -> str:
    """`quan ninh kieu` gives `ninh kieu`."""
    for kind in _KINDS:
        if folded.startswith(kind + " "):
            return folded[len(kind) + 1 :]
    return folded


def _without_kinds(query: str) -> str:
    padded = f" {query} "
    for kind in _KINDS:
        padded = padded.replace(f" {kind} ", " ")
    return padded.strip()
