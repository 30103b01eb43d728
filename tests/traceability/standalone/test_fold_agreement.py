"""The fold of corrections tells the same story of random logs three times: by the site, by the stand-alone verifier, by the
script a phone runs."""

import random
from collections import Counter
from pathlib import Path

import pytest

from tests.node import require_node, run_node
from tests.traceability.standalone.book import OPERATOR, Book, leaf_of
from tests.traceability.standalone.rewrites import VALUES
from tests.traceability.standalone.stories import told_of
from traceability.canonical.entry import read_entry
from traceability.history import fold
from traceability.standalone.verifier import tlog_verify

SCRIPT = Path(__file__).with_name("fold_books.mjs")
LOTS = ["A", "B", "C"]
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
            events.append(book.event(*rng.sample(LOTS, rng.choice([1, 2])), who=rng.choice(PEOPLE), details=details))
        elif deed < 6:
            values = [*IN_PROFILE, "2026-02-01T05:00:00.000Z", "ObjectEvent", "urn:event:1"]
            fields = {path: rng.choice(values) for path in rng.sample(PATHS, rng.choice([1, 1, 1, 2]))}
            book.correct(rng.choice(events), fields, who=rng.choice(PEOPLE))
        elif deed == 6:
            book.about(*rng.choice([("void", "voids"), ("dispute", "disputes")]), rng.choice(events), who=rng.choice(PEOPLE))
        elif deed == 7:
            book.add(rng.choice(["grant", "revoke"]), {"to": rng.choice(PEOPLE), "right": "certifier"})
        else:
            lots = tuple(rng.sample(LOTS, rng.choice([1, 2, 3])))
            book.add("recall", {"reason": "salmonella"}, lots=lots, who=rng.choice(PEOPLE))
    return book


def told_by_site(book: Book) -> dict:
    found = fold([(seq, leaf_of(record), read_entry(record)) for seq, record in enumerate(book.records)], OPERATOR)

    def event(told) -> list:
        marks = [[mark.seq, mark.counts] for mark in told.marks]
        changes = [[change.seq, change.path, change.old, change.new] for change in told.changes if change.counts]
        return [dict(told.fields), told.void is not None, any(dispute.counts for dispute in told.disputes), marks, changes]

    return {
        lot: [
            {str(seq): event(told) for seq, told in found.events.items() if any(link.lot == lot for link in told.entry.links)},
            [[mark.seq, mark.counts] for mark in found.recalls.get(lot, [])],
        ]
        for lot in LOTS
    }


def told_alone(book: Book, folder: Path) -> dict:
    """What `tlog_verify.py export FOLDER --lot LOT` prints as JSON."""
    book.write(folder)
    found = {}
    for lot in LOTS:
        report = tlog_verify.ExportCheck(tlog_verify.Folder(folder), None, [], lot).run()
        found[lot] = told_of(report)
    return found


@pytest.mark.parametrize("seed", range(0, 240, 80))
def test_all_three_folds_agree(tmp_path, seed):
    """The site's, the stand-alone verifier's as `--lot` shows it, and the one a phone runs."""
    require_node()
    books = [random_book(random.Random(number)) for number in range(seed, seed + 80)]
    phones = run_node(
        SCRIPT,
        [{"records": [record.decode() for record in book.records], "operator": OPERATOR, "lots": LOTS} for book in books],
    )
    counted = Counter()
    for number, (book, phone) in enumerate(zip(books, phones, strict=True), seed):
        ours = told_by_site(book)

        assert told_alone(book, tmp_path / "export") == ours, f"seed {number}: tlog_verify.py and the site"
        assert phone == ours, f"seed {number}: the phone and the site"
        for events, recalls in ours.values():
            counted["recalls"] += len(recalls)
            counted["recalls that do not count"] += sum(not counts for _, counts in recalls)
            for _, void, disputed, marks, changes in events.values():
                counted.update({"void": void, "disputed": disputed, "changes": len(changes), "ignored": sum(not one[1] for one in marks)})
    assert min(counted.values()) > 20, "the books reach every case"


def test_recall_counts_for_each_lot_by_itself(tmp_path):
    book = Book()
    book.genesis()
    book.event("A", who="org:coop")
    book.event("B", who="org:other")
    seq = book.add("recall", {"reason": "salmonella"}, lots=("A", "B"), who="org:coop")

    found = told_alone(book, tmp_path / "export")

    assert {lot: recalls for lot, (_, recalls) in found.items()} == {"A": [[seq, True]], "B": [[seq, False]], "C": []}
    assert found == told_by_site(book)
