"""Commitments: bound to everything they name, telling nothing, and exactly those of docs/log.md §6."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.canonical.commitment import check_path, commit, new_salt, read_value, spell
from traceability.errors import ProfileError

SALT = bytes(range(32))
NAMES = {"origin": "a.example/log/1", "entry_id": "urn:uuid:1", "path": "/cns:note"}

values = st.recursive(
    st.text("aăâ\"\\/ \n", max_size=6) | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
)


def test_it_is_the_hmac_of_the_specification():
    told = b"chonongsan/commit/1\0a.example/log/1\0urn:uuid:1\0/cns:note\0" + '"Bón thúc"'.encode()
    assert commit(SALT, value="Bón thúc", **NAMES) == hmac.new(SALT, told, hashlib.sha256).digest()


@given(values)
def test_a_value_is_read_as_it_was_spelt(value):
    assert read_value(spell(value)) == value


@pytest.mark.parametrize(
    "change", [{"origin": "b.example/log/1"}, {"entry_id": "urn:uuid:2"}, {"path": "/cns:worker"}, {"value": "b"}]
)
def test_another_name_or_value_is_another_commitment(change):
    assert commit(SALT, **NAMES | {"value": "a"}) != commit(SALT, **NAMES | {"value": "a"} | change)


def test_equal_values_do_not_look_equal():
    assert commit(new_salt(), value="a", **NAMES) != commit(new_salt(), value="a", **NAMES)


@pytest.mark.parametrize("change", [{"value": 1.5}, {"value": None}, {"path": "/a\0/b"}])
def test_what_the_profile_refuses_is_refused(change):
    with pytest.raises(ProfileError):
        commit(SALT, **NAMES | {"value": "a"} | change)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_salt_of_another_length_is_refused(length):
    with pytest.raises(ProfileError):
        commit(bytes(length), value="a", **NAMES)


@pytest.mark.parametrize("path", ["", "cns:note", "/a~2", "/Ă", "/"])
def test_a_path_that_points_nowhere_is_refused(path):
    with pytest.raises(ProfileError):
        check_path(path)
