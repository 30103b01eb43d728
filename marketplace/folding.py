"""Folding Vietnamese text to a search key, and a key that sorts it as Vietnamese readers expect."""

import unicodedata

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
"""Combining grave, hook, tilde, acute and dot: huyền, hỏi, ngã, sắc, nặng."""
_ETH = str.maketrans({"\u00d0": "đ", "\u00f0": "đ", "\u0110": "đ"})
_LETTER_TOKENS = {letter: f"{chr(ord('a') + index // 10)}{index % 10}" for index, letter in enumerate(_ALPHABET)}
_END, _BLANK = "00", "01"


def lowered(text: str) -> str:
    """`text` in NFC, case folded, with the look-alike letter eth (Ð, ð) repaired to đ; marks are kept."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).translate(_ETH)


def fold(text: str) -> str:
    """The search key: lower case, no marks, đ as d, punctuation as single spaces, no outer blanks.

    `Phường Bùi Hữu Nghĩa` becomes `phuong bui huu nghia`; both `thủy` and `thuỷ` become `thuy`.
    """
    bare = unicodedata.normalize("NFD", lowered(text).replace("đ", "d"))
    kept = (c for c in bare if not unicodedata.category(c).startswith("M"))
    return " ".join("".join(c if c.isalnum() else " " for c in kept).split())


def accented(text: str) -> str:
    """The second search key: like `fold` but with marks kept, tone marks in one place (`hoà` and `hòa` alike).

    A query typed with marks ranks rows equal under this key before rows equal only under `fold`.
    """
    words = "".join(c if c.isalnum() or unicodedata.category(c).startswith("M") else " " for c in lowered(text)).split()
    return " ".join(_tone_last(word) for word in words)


def sort_key(text: str) -> str:
    """A plain ASCII string whose order is Vietnamese dictionary order, on any database collation.

    Letters decide first, in the order a ă â b c d đ …; tones (none, huyền, hỏi, ngã, sắc, nặng) only between
    texts equal in letters. Digits come before letters, a blank before both. Up to three characters per letter.
    """
    letters, tones = [], []
    for character in lowered(text):
        letter, tone = _letter_and_tone(character)
        if letter in _LETTER_TOKENS:
            letters.append(_LETTER_TOKENS[letter])
        elif letter.isascii() and letter.isdecimal():
            letters.append("1" + letter)
        elif letter.isalnum():
            letters.append("z9")
        elif letters and letters[-1] != _BLANK:
            letters.append(_BLANK)
            tone = "0"
        else:
            continue
        tones.append(tone)
    while letters and letters[-1] == _BLANK:
        letters.pop()
        tones.pop()
    return "".join(letters) + _END + "".join(tones)


def _letter_and_tone(character: str) -> tuple[str, str]:
    """A letter of the alphabet and its tone digit: `ệ` gives (`ê`, `5`)."""
    parts = unicodedata.normalize("NFD", character)
    tone = next((_TONES[part] for part in parts if part in _TONES), "0")
    letter = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
    return (letter if letter in _LETTER_TOKENS else letter[:1]), tone


def _tone_last(word: str) -> str:
    """The word with its tone as a digit at the end, so that where the mark stands does not matter."""
    pairs = [_letter_and_tone(character) for character in word]
    tone = max((tone for _, tone in pairs), default="0")
    return "".join(letter for letter, _ in pairs) + ("" if tone == "0" else tone)
