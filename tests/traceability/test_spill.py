"""What a check of a log keeps beside it: the same answers from memory and from temporary files."""

import random
import tracemalloc

import pytest

from traceability import spill
from traceability.canonical.chain import Tail


@pytest.fixture(autouse=True)
def little_memory(monkeypatch):
    monkeypatch.setattr(spill, "_ROWS_HELD", 7)
    monkeypatch.setattr(spill, "_BYTES_HELD", 100)


def test_rows_come_back_by_number_while_more_are_added():
    rows, rng = spill.Rows(16), random.Random(1)
    kept = []
    for number in range(200):
        kept.append(rng.randbytes(16))
        rows.append(kept[-1])
        at = rng.randrange(number + 1)
        assert rows[at] == kept[at]
    assert rows[200] == b""


def test_names_are_known_once_they_were_added():
    names, rng = spill.Names(), random.Random(2)
    kept = set()
    for _ in range(300):
        name = rng.randbytes(1)
        assert (name in names) == (name in kept)
        names.add(name)
        kept.add(name)
        assert name in names


def test_tails_are_those_of_a_dictionary():
    tails, rng = spill.Tails(), random.Random(3)
    kept = {}
    for number in range(400):
        lot = f"LOT{rng.randrange(60)}"
        assert tails.get(lot) == kept.get(lot)
        tails[lot] = kept[lot] = Tail(number, rng.randbytes(32))
        assert len(tails) == len(kept)
    assert dict(tails) == kept
    assert "LOT60" not in tails
    with pytest.raises(TypeError):
        del tails["LOT1"]


def test_memory_stays_small(monkeypatch):
    monkeypatch.setattr(spill, "_ROWS_HELD", 1000)
    rows, names, tails = spill.Rows(48), spill.Names(), spill.Tails()
    tracemalloc.start()
    for number in range(30_000):
        rows.append(number.to_bytes(48, "big"))
        names.add(number.to_bytes(16, "big"))
        tails[f"LOT{number}"] = Tail(0, number.to_bytes(32, "big"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000
