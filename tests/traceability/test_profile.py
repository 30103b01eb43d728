"""The entry profile: one spelling, for writer and reader alike."""

import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from traceability.canonical.profile import MAX_INTEGER, format_time, parse, parse_time, serialise
from traceability.errors import ProfileError

texts = st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: unicodedata.normalize("NFC", text))
keys = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=8)
values = st.recursive(
    st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
records = st.dictionaries(keys, values, max_size=6)


@given(records)
def test_what_is_written_is_rfc_8785_and_is_read_back(record):
    data = serialise(record)
    assert data == rfc8785.dumps(record)
    assert parse(data) == record
    assert serialise(parse(data)) == data


@given(records.filter(bool), st.data())
def test_white_space_between_tokens_is_refused(record, data):
    written = serialise(record)
    space = data.draw(st.sampled_from([b" ", b"\n", b"\t", b"\r"]))
    for changed in (space + written, written + space, written[:1] + space + written[1:]):
        with pytest.raises(ProfileError):
            parse(changed)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_code(data):
    try:
        record = parse(data)
    except ProfileError as refusal:
        assert refusal.code
    else:
        assert serialise(record) == data


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"a":1,"a":1}', "duplicate-key"),
        (b'{"b":1,"a":1}', "unsorted"),
        ('{"a":"e\u0301"}'.encode(), "not-nfc"),
        (b'{"a":1.0}', "float"),
        (b'{"a":1e3}', "float"),
        (b'{"a":1E3}', "float"),
        (b'{"a":-0}', "minus-zero"),
        (b'{"a":-0.0}', "float"),
        (b'{"a":NaN}', "float"),
        (b'{"a":-Infinity}', "float"),
        (b'{"a":"\\ud800"}', "lone-surrogate"),
        (b'{"a":"\\udc00\\ud800"}', "lone-surrogate"),
        (b'{"a": 1}', "other-spelling"),
        (b'{"a":"\\u0041"}', "other-spelling"),
        (b'{"a":"\\/"}', "other-spelling"),
        (b'{"a":"\\u001F"}', "other-spelling"),
        (b'{"a":"\\ud83c\\udf3e"}', "other-spelling"),
        (b'{"a":null}', "null"),
        (b'{"a":9007199254740992}', "integer-too-large"),
        (b'{"a":-9007199254740992}', "integer-too-large"),
        (b'{"a":' + b"9" * 9000 + b"}", "integer-too-large"),
        ('{"đ":1}'.encode(), "bad-key"),
        (b'{"\\n":1}', "bad-key"),
        (b'{"\x7f":1}', "bad-key"),
        (b"[1]", "not-object"),
        (b'"text"', "not-object"),
        (b"12", "not-object"),
        (b"null", "not-object"),
        (b"", "bad-size"),
        (b'{"a":"' + b"x" * 16_377 + b'"}', "bad-size"),
        (b'{"a":"\xff"}', "not-utf8"),
        (b'{"a":"\xed\xa0\x80"}', "not-utf8"),
        (b'\xef\xbb\xbf{"a":1}', "not-json"),
        (b'{"a":1}x', "not-json"),
        (b'{"a":1,}', "not-json"),
        (b'{"a":01}', "not-json"),
        (b'{"a":"\x00"}', "not-json"),
        (b"{'a':1}", "not-json"),
        (b'{"a":' + b"[" * 16_000, "too-deep"),
        (b'{"a":' + b"[" * 32 + b"]" * 32 + b"}", "too-deep"),
    ],
)
def test_bytes_outside_the_profile_are_refused_by_the_reader(data, code):
    with pytest.raises(ProfileError) as refusal:
        parse(data)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"a": 1.5}, "float"),
        ({"a": float("nan")}, "float"),
        ({"a": None}, "null"),
        ({"a": "e\u0301"}, "not-nfc"),
        ({"a": "\ud800"}, "lone-surrogate"),
        ({"a": 2**53}, "integer-too-large"),
        ({"đ": 1}, "bad-key"),
        ({1: 1}, "bad-key"),
        ({"a": b"x"}, "bad-type"),
        ({"a": datetime(2026, 1, 1, tzinfo=UTC)}, "bad-type"),
        ({"a": "x" * 16_384}, "bad-size"),
    ],
)
def test_values_outside_the_profile_are_refused_by_the_writer(record, code):
    with pytest.raises(ProfileError) as refusal:
        serialise(record)
    assert refusal.value.code == code


def test_the_largest_and_the_deepest_entry_are_still_written():
    assert len(serialise({"a": "x" * 16_376})) == 16_384
    deep: object = []
    for _ in range(30):
        deep = [deep]
    assert parse(serialise({"a": deep})) == {"a": deep}


def test_the_published_jcs_cases_are_all_outside_and_refused_for_their_reason(published_folder):
    codes = {}
    for source in sorted((published_folder / "jcs" / "output").glob("*.json")):
        with pytest.raises(ProfileError) as refusal:
            parse(source.read_bytes())
        codes[source.stem] = refusal.value.code
    assert codes == {
        "arrays": "not-object",
        "french": "bad-key",
        "structures": "bad-key",
        "unicode": "not-nfc",
        "values": "float",
        "weird": "unsorted",
    }


def test_of_the_published_number_forms_exactly_the_plain_integers_are_read(published_folder):
    lines = (published_folder / "jcs" / "es6_numbers_10000.txt").read_text().split()
    read = 0
    for number in (line.partition(",")[2] for line in lines):
        data = b'{"a":%s}' % number.encode()
        if number.lstrip("-").isdigit() and abs(int(number)) <= MAX_INTEGER:
            assert serialise(parse(data)) == data
            read += 1
        else:
            with pytest.raises(ProfileError):
                parse(data)
    assert 0 < read < len(lines)


@pytest.mark.parametrize("text", ["2026-01-31T03:04:05.678Z", "2024-02-29T23:59:59.999Z"])
def test_a_time_is_read_and_written_in_one_form(text):
    assert format_time(parse_time(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T03:04:05Z", "2026-01-31T03:04:05.678+00:00", "2026-01-31 03:04:05.678Z", "2026-02-30T00:00:00.000Z",
        "2026-01-31T24:00:00.000Z", "2026-01-31T03:04:05.6789Z", "2026-01-31T03:04:60.000Z", "", None, 5,
        "٢٠٢٦-01-31T03:04:05.678Z", "2026-01-31T03:04:05.678Z\n",
    ],
)  # fmt: skip
def test_another_form_of_time_is_refused(text):
    with pytest.raises(ProfileError) as refusal:
        parse_time(text)
    assert refusal.value.code == "bad-time"


def test_a_time_is_written_in_utc_with_microseconds_cut():
    local = datetime(2026, 1, 31, 10, 4, 5, 678_999, tzinfo=timezone(timedelta(hours=7)))
    assert format_time(local) == "2026-01-31T03:04:05.678Z"
    with pytest.raises(ProfileError):
        format_time(local.replace(tzinfo=None))
