"""The site's fold of corrections and the stand-alone verifier's tell the same story of random logs."""

import random
from contextlib import closing

import pytest

from tests.traceability.standalone.book import OPERATOR, Book, leaf_of
from tests.traceability.standalone.rewrites import VALUES
from traceability.canonical.entry import read_entry
from traceability.history import fold
from traceability.standalone.verifier import tlog_verify

PEOPLE = ["org:coop", "org:lab", "org:other", OPERATOR]
IN_PROFILE = [value for value in VALUES if not isinstance(value, float | None) and value not in ("e\u0301", "\ud83d", 2**53, -(2**53))]
PATHS = [
    *("/note", "/new", "/new/deep", "/details", "/details/kg", "/details/list", "/details/list/0", "/details/list/1/a"),
    *("/details/list/1/b", "/details/list/2", "/details/list/-", "/details/list/00", "/details/list/-1", "/details/list/x"),
    *("/details/x", "/details/x/y", "/note/x", "/a~1b", "/eventID", "/eventTime", "/type"),
]


def random_book(rng: random.Random) -> Book:
    book, events = Book(), []
    book.genesis()
    for _ in range(rng.randrange(3, 30)):
        deed = rng.randrange(9)
        if deed < 2 or not events:
            details = {"kg": "1", "list": [1, {"a": True}]}
            events.append(book.event("A", rng.choice("BC"), who=rng.choice(PEOPLE), details=details))
        elif deed < 6:
            values = [*IN_PROFILE, "2026-02-01T05:00:00.000Z", "ObjectEvent", "urn:event:1"]
            fields = {path: rng.choice(values) for path in rng.sample(PATHS, rng.choice([1, 1, 1, 2]))}
            book.correct(rng.choice(events), fields, who=rng.choice(PEOPLE))
        elif deed == 6:
            book.about(*rng.choice([("void", "voids"), ("dispute", "disputes")]), rng.choice(events), who=rng.choice(PEOPLE))
        elif deed == 7:
            book.add(rng.choice(["grant", "revoke"]), {"to": rng.choice(PEOPLE), "right": "certifier"})
        else:
            book.add("recall", {"reason": "salmonella"}, lots=("A",), who=rng.choice(PEOPLE))
    return book


def told_by_site(book: Book) -> dict:
    found = fold([(seq, leaf_of(record), read_entry(record)) for seq, record in enumerate(book.records)], OPERATOR)
    events = {
        seq: (
            dict(told.fields),
            told.void is not None,
            any(dispute.counts for dispute in told.disputes),
            sorted({change.seq for change in told.changes if change.counts}),
        )
        for seq, told in found.events.items()
    }
    return events | {mark.seq: mark.counts for marks in found.recalls.values() for mark in marks}


def told_alone(book: Book) -> dict:
    entries = dict(enumerate(book.objects))
    memory = tlog_verify.Memory()
    with closing(memory.sql):
        folded = tlog_verify.Fold(memory, entries.get)
        for seq, entry in entries.items():
            folded.take(seq, entry)
        story = {item["seq"]: item for item in folded.history(list(entries))}
    return {
        seq: item["counts"]
        if item["t"] == tlog_verify.RECALL
        else (
            item["fields"],
            item.get("void", False),
            item.get("disputed", False),
            sorted(one["seq"] for one in item["told"] if one["t"] == tlog_verify.CORRECT and one["counts"]),
        )
        for seq, item in story.items()
        if item["t"] in (tlog_verify.EVENT, tlog_verify.RECALL)
    }


@pytest.mark.parametrize("seed", range(0, 300, 50))
def test_both_folds_agree(seed):
    for number in range(seed, seed + 50):
        book = random_book(random.Random(number))

        assert told_alone(book) == told_by_site(book), f"seed {number}"
