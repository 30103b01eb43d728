"""Search keys and Vietnamese order, after reference vietnam.md section 6."""

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.folding import accented, fold, lowered, sort_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Phường Bùi Hữu Nghĩa", "phuong bui huu nghia"),
        ("ĐẬU XANH", "dau xanh"),
        ("\u00d0\u01b0\u1eddng", "duong"),  # eth, as scanned documents have it
        ("\u00f0\u1eadu", "dau"),
        ("thuỷ", "thuy"),
        ("thủy", "thuy"),
        (unicodedata.normalize("NFD", "Cái Răng"), "cai rang"),
        ("P.  An Hòa,\u00a0Q. Ninh Kiều!", "p an hoa q ninh kieu"),
        ("rau-má (500g)", "rau ma 500g"),
        ("", ""),
        ("...", ""),
        ("\x00a\x00", "a"),
    ],
)
def test_fold_gives_the_bare_key(text, key):
    assert fold(text) == key


def test_lowered_repairs_eth_and_keeps_marks():
    assert lowered("\u00d0Ậu") == "đậu"


def test_accented_keeps_marks_apart_that_fold_joins():
    assert fold("bưởi") == fold("buổi")
    assert accented("bưởi") != accented("buổi")


@pytest.mark.parametrize(("old", "new"), [("hoà", "hòa"), ("thuý", "thúy"), ("khoẻ", "khỏe"), ("Hoả Lựu", "Hỏa Lựu")])
def test_accented_does_not_care_where_the_tone_stands(old, new):
    assert accented(old) == accented(new)


ALPHABET = list("aăâbcdđeêghiklmnoôơpqrstuưvxy")
TONES = ["ba", "bà", "bả", "bã", "bá", "bạ"]


@pytest.mark.parametrize(
    "row",
    [ALPHABET, TONES, ["Â", "ẩ", "b"], ["bà con", "ba cơ"], ["an bình", "anh"], ["Phường 1", "Phường 2", "Phường A"]],
)
def test_sort_key_follows_the_vietnamese_alphabet(row):
    shuffled = row[:]
    random.Random(7).shuffle(shuffled)

    assert sorted(shuffled, key=sort_key) == row


def test_letters_decide_before_tones():
    assert sorted(["bạ", "bac", "bá", "ba"], key=sort_key) == ["ba", "bá", "bạ", "bac"]


@given(st.text(max_size=60))
def test_fold_is_stable_and_never_fails(text):
    once = fold(text)

    assert fold(once) == once
    assert once == once.strip()
    assert "  " not in once


@given(st.text(max_size=60))
def test_sort_key_is_plain_ascii(text):
    assert sort_key(text).isascii()
    assert sort_key(text).isalnum()


@given(st.text(alphabet="aàáạăâbcdđeêhioôơuưy ", max_size=20), st.text(alphabet="aàáạăâbcdđeêhioôơuưy ", max_size=20))
def test_sort_key_agrees_for_equal_words_only(left, right):
    same = " ".join(lowered(left).split()) == " ".join(lowered(right).split())

    assert (sort_key(left) == sort_key(right)) is same
