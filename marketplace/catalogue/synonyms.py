"""Words for the same produce in the South and elsewhere, so that either word finds the goods.

Source: common usage of the Mekong delta beside the northern standard word. A phrase met in a product's name brings
the other phrases of its group into the search key. Longer phrases are read first and use up their words: "bắp cải"
is a cabbage, so its "bắp" brings no "ngô". A phrase that begins with ^ counts only at the beginning of the name
("Thơm Cầu Đúc" is a pineapple, "gạo thơm" is not).
"""

from marketplace.folding import accented, fold

GROUPS: tuple[tuple[str, ...], ...] = (
    ("khóm", "dứa", "^thơm", "trái thơm"),
    ("mãng cầu", "^na", "mãng cầu ta", "quả na"),
    ("mãng cầu xiêm", "na xiêm"),
    ("bắp", "ngô"),
    ("khoai mì", "^sắn", "củ mì"),
    ("củ sắn", "củ đậu"),
    ("heo", "lợn"),
    ("đậu phộng", "^lạc", "đậu phụng"),
    ("bông cải", "súp lơ"),
    ("trái cây", "hoa quả", "quả"),
    ("dưa leo", "dưa chuột"),
    ("khổ qua", "mướp đắng"),
    ("bí đỏ", "bí ngô", "bí rợ"),
    ("bí đao", "bí xanh", "bí phấn"),
    ("sa pô", "sapô", "sa bô chê", "hồng xiêm", "sapoche"),
    ("rau ngót", "bồ ngót"),
    ("ngò rí", "rau mùi", "mùi ta"),
    ("ngò gai", "mùi tàu"),
    ("ngò om", "rau om", "ngổ"),
    ("hột vịt", "trứng vịt"),
    ("hột gà", "trứng gà"),
    ("hột vịt lộn", "trứng vịt lộn"),
    ("cá lóc", "cá quả", "cá chuối"),
    ("cá thát lát", "cá thác lác"),
    ("mè", "vừng"),
    ("đậu nành", "đậu tương"),
    ("tắc", "quất", "hạnh"),
    ("vú sữa",),
    ("nấm mèo", "mộc nhĩ"),
    ("bông điên điển", "hoa điên điển"),
    ("bông súng", "hoa súng"),
    ("bắp chuối", "hoa chuối"),
    ("mận", "roi"),
    ("đậu que", "đậu cô ve"),
    ("cải thảo", "cải bao"),
    ("xà bông", "xà phòng"),
    ("bánh tráng", "bánh đa nem"),
    ("lạp xưởng", "lạp xường"),
    ("sầu riêng",),
    ("mứt", "ô mai"),
    ("vịt xiêm", "ngan"),
    ("tép", "tôm nhỏ"),
    ("ký", "kg"),
)
"""Southern word first: it is the one shown."""

GUARDS = (
    "bắp cải", "bắp bò", "bắp heo", "cải bắp", "cá heo",
    "cá mè", "mè xửng", "năm roi", "hạnh nhân", "hiệu quả",
)
"""Phrases that use up their words and bring nothing."""


def synonyms_of(name: str) -> list[str]:
    """Other phrases for what `name` speaks of, marks kept, without repeats; empty when it has none."""
    marked = f" {accented(name)} "
    spelled_without_marks = accented(name) == fold(name)
    found: list[str] = []
    for key, others in _RULES if not spelled_without_marks else _BARE_RULES:
        position = marked.find(f" {key.removeprefix('^')} ")
        if position < 0 or (key.startswith("^") and position > 0):
            continue
        found += [other for other in others if other not in found]
        marked = marked.replace(f" {key.removeprefix('^')} ", " | ", 1)
    return found


def _rules(key_of) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(phrase in key form, its other phrases), the longest phrase first."""
    rules: dict[str, tuple[str, ...]] = {key_of(guard): () for guard in GUARDS}
    for group in GROUPS:
        for phrase in group:
            start = "^" if phrase.startswith("^") else ""
            others = tuple(other.removeprefix("^") for other in group if other != phrase)
            rules.setdefault(start + key_of(phrase), others)
    return tuple(sorted(rules.items(), key=lambda rule: (-len(rule[0].split()), -len(rule[0]), rule[0])))


_RULES = _rules(accented)
_BARE_RULES = tuple(rule for rule in _rules(fold) if len(rule[0].split()) > 1 or rule[0] in {"khom", "heo", "ngo", "^na"})
"""For names typed without marks: only phrases that stay clear without them."""
