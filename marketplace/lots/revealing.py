"""Does a text name a person or a house? Pure; asked of every text that would enter the public log.

It knows how people of the delta write: titles with birth-order names, family names with Văn or Thị, hamlets, alleys,
telephone numbers however they are spaced. It cannot know every name; what slips through is withheld by `log redact`.
"""

import re
import unicodedata

_TITLES = "ông|bà|anh|chị|cô|chú|bác|cậu|mợ|dì|thím|dượng|em"
_UPPER = "A-ZÀ-ÃÈ-ÊÌÍÒ-ÕÙÚÝĂĐĨŨƠƯẠ-Ỹ"
_BORN = "Hai|Ba|Tư|Năm|Sáu|Bảy|Tám|Chín|Mười|Út"

_WRITTEN = re.compile(
    rf"\b(?:{_TITLES})\s+(?![{_UPPER}]*[0-9])(?=[{_UPPER}])(?!Cua\b)"  # a small title before a name: anh Tuấn
    rf"|\b(?:{_TITLES})\s+(?:{_BORN}|{_BORN.lower()})\b(?=\s*(?:$|[,;.(\-]))"
    rf"|\b(?:{'|'.join(word.capitalize() for word in _TITLES.split('|'))})\s+(?:{_BORN})\b"
    rf"|\b(?:nhà|vườn|ruộng|hộ|hỏi|gọi|gặp|liên hệ|của)\s+(?:{_TITLES})\b"
    rf"|\b(?:xã|phường|tổ)\s+[{_UPPER}0-9]|\bkhu (?:vực|phố)\s+[{_UPPER}0-9]"
)
"""Asked of the text as it is written: marks and capitals tell a name from a word."""

_FAMILIES = "nguyen|tran|pham|huynh|hoang|phan|truong|dang|bui|dinh|trinh|doan|duong|luong|thach|quach"
_BARE = re.compile(
    rf"\b(?:{_FAMILIES}|le|ly|vo|vu|do|ho|ngo|lam|mai|cao|dao|chau|danh|son|kim)\s+(?:van|thi)\s+\w"
    r"|\b(?:so nha|nha so)\b|\b(?:hem|ngach)\s*\d|\bso\s*\d+\w*,?\s+(?:duong|hem|ngo|ap|to|khu|quoc lo|ql)\b"
    r"|\b(?:khom|thon|xom)\s+\w",
    re.IGNORECASE,
)
"""Asked of the text without marks, which many leave out."""
_HAMLET = re.compile(r"\b[Aa][Pp]\s+[A-Z0-9]|\b(?:Nguyen|Huynh|Pham)\s+[A-Z]\w+\s+[A-Z]\w+")

_ADDRESS = re.compile(r"@|https?:|www\.|\b\d{1,2}[.,]\d{4,}\s*[,;\s]\s*\d{2,3}[.,]\d{4,}", re.IGNORECASE)
_MANY_DIGITS = re.compile(r"(?:\d[\s.\-]?){8,}")
_RUN = re.compile(r"\d(?:[\s.\-–—_()·]{0,3}\d)+")
_TELEPHONE = re.compile(r"(?:84|0)[235789]\d{7,9}|[35789]\d{8}")


def reveals(text: str, *, digits: bool = True) -> bool:
    """Does the text hold a telephone number, an address, a link, a person's name? Without `digits` long numbers pass
    that are no telephone number: a registration has them."""
    plain = unicodedata.normalize("NFKC", text)
    bare = _without_marks(plain)
    found = any(pattern.search(plain) for pattern in (_ADDRESS, _WRITTEN))
    found = found or any(pattern.search(bare) for pattern in (_BARE, _HAMLET))
    return bool(found or has_telephone(plain) or (digits and _MANY_DIGITS.search(plain)))


def has_telephone(text: str) -> bool:
    """Is there a Vietnamese telephone number, with whatever between its digits?"""
    runs = ("".join(filter(str.isdigit, run)) for run in _RUN.findall(text))
    return any(_TELEPHONE.fullmatch(run) for run in runs)


def _without_marks(text: str) -> str:
    split = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(sign for sign in split if unicodedata.category(sign) != "Mn")
