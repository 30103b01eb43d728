"""The stand-alone verifier keeps next to nothing of a log in memory: ids, tails of lots and maps lie in its database."""

import random
import tracemalloc
import unicodedata

import pytest

from tests.traceability.standalone.book import LOG, Book, spelled
from traceability.standalone.verifier import tlog_verify

SMALL, LARGE = 2_000, 20_000


def book_of(count: int) -> Book:
    """Every third entry a new lot, every twentieth a correction, a map now and then."""
    book = Book()
    book.genesis(keys=(LOG,))
    while len(book.records) < count:
        seq = book.event(f"LOT{len(book.records) // 3}")
        if seq % 20 == 0:
            book.correct(seq, {"/note": "x"})
        if seq in (501, 1501):
            book.map()
    return book


@pytest.fixture(scope="module")
def exports(tmp_path_factory) -> dict:
    return {count: book_of(count).write(tmp_path_factory.mktemp("log") / str(count)) for count in (SMALL, LARGE)}


def peak(folder, lot: str) -> int:
    """Bytes of Python's own memory at the highest point of a check; SQLite's is bounded by its cache_size."""
    tlog_verify.lot_key.cache_clear()
    tracemalloc.start()
    report = tlog_verify.ExportCheck(tlog_verify.Folder(folder), None, [], lot).run()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report["lot"]["entries"]
    return found


def test_ten_times_the_entries_take_hardly_more_memory(exports, monkeypatch):
    monkeypatch.setattr(tlog_verify.Memory, "AT_HAND", 128)
    tlog_verify.base_multiples()  # made once

    small, large = (peak(exports[count], "LOT7") for count in (SMALL, LARGE))

    # a leaf hash kept of each entry would be a megabyte
    assert large - small < 500_000, f"{small} bytes at {SMALL} entries, {large} at {LARGE}"


def test_what_lies_in_the_database_is_bounded_in_memory_too():
    with_database = tlog_verify.spill()

    assert with_database.execute("PRAGMA cache_size").fetchone() == (-16000,)
    with_database.close()


def test_one_look_at_the_whole_text_finds_what_a_look_at_every_string_finds():
    rng, parts = random.Random(5), ["e", "\u0301", "=", "\u0338", '"', "\\", "\n", "\x01", "ế", "u\u031b", "\u1112\u1161", "\uac00", "n"]
    outcomes = {True: 0, False: 0}
    for _ in range(3000):
        strings = ["".join(rng.choices(parts, k=rng.randrange(4))) for _ in range(3)]
        data = spelled({"a": strings[0], "b": [strings[1], {"c": strings[2]}]})
        good = all(unicodedata.is_normalized("NFC", one) for one in strings)
        outcomes[good] += 1
        try:
            tlog_verify.read_profile(data)
        except ValueError:
            assert not good, data
        else:
            assert good, data
    assert min(outcomes.values()) > 300
