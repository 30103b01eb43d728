"""What counts and what does not (docs/log.md §5), and the folded history of a lot."""

import pytest

from tests.traceability.standalone.book import OPERATOR, Book


@pytest.fixture
def book():
    made = Book()
    made.genesis()
    return made


@pytest.fixture
def told(verdict, tmp_path, book):
    """(seqs that do not count, the folded history of LOT) of the book as it stands."""

    def run():
        code, _, report = verdict(book.write(tmp_path / "export"), lot="LOT")
        assert code == 0
        return [one["seq"] for one in report["not_counting"]], report["lot"]["entries"]

    return run


def test_the_last_correction_that_counts_wins(book, told):
    event = book.event("LOT", note="a")
    book.correct(event, {"/note": "b"})
    book.correct(event, {"/note": "x"}, who="org:stranger")
    book.correct(event, {"/note": "c"}, who=OPERATOR)

    failed, (entry,) = told()

    assert failed == [3]
    assert entry["fields"]["note"] == "c"
    assert [one.get("changes") for one in entry["told"]] == [[["/note", "a", "b"]], [["/note", None, "x"]], [["/note", "b", "c"]]]


@pytest.mark.parametrize(("granted", "revoked", "counts"), [(False, False, False), (True, False, True), (True, True, False)])
def test_a_certifier_corrects_while_the_right_lasts(book, told, granted, revoked, counts):
    event = book.event("LOT")
    if granted:
        book.add("grant", {"to": "org:lab", "right": "certifier"})
    if revoked:
        book.add("revoke", {"to": "org:lab", "right": "certifier"})
    seq = book.correct(event, {"/note": "x"}, who="org:lab")
    book.add("grant", {"to": "org:lab", "right": "certifier"})

    failed, (entry,) = told()

    assert failed == ([] if counts else [seq])
    assert entry["fields"]["note"] == ("x" if counts else "tưới nước")


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({"/note": {"deep": [1]}}, True),
        ({"/new": True}, True),
        ({"/details/list/1/a": 2}, True),
        ({"/details/list/0": 2}, True),
        ({"/details/list/2": 2}, False),
        ({"/details/list/-": 2}, False),
        ({"/details/list/01": 2}, False),
        ({"/details/list/1/b": 2}, True),
        ({"/details/nowhere/b": 2}, False),
        ({"/note/b": 2}, False),
        ({"/a~1b": 2}, True),
        ({"/eventID": "urn:other"}, False),
        ({"/type": "Other"}, False),
        ({"/eventTime": "2026-02-01T03:00:00.000Z"}, True),
        ({"/eventTime": "2026-02-01"}, False),
        ({"/note": "x", "/eventID": "urn:other"}, False),
    ],
)
def test_what_a_correction_may_change(book, told, fields, counts):
    seq = book.correct(book.event("LOT", details={"list": [1, {"a": 1}]}), fields)

    failed, (entry,) = told()

    assert failed == ([] if counts else [seq])
    if not counts:
        assert entry["fields"]["note"] == "tưới nước"


def test_a_path_with_escapes_names_the_key_it_means(book, told):
    book.correct(book.event("LOT", **{"a/b": {"c~d": 1}}), {"/a~1b/c~0d": 2})

    assert told()[1][0]["fields"]["a/b"] == {"c~d": 2}


def test_void_ends_the_event(book, told):
    event = book.event("LOT", note="a")
    strange = book.about("void", "voids", event, who="org:stranger")
    book.correct(event, {"/note": "b"})
    book.about("void", "voids", event)
    late = book.correct(event, {"/note": "c"})

    failed, (entry,) = told()

    assert failed == [strange, late]
    assert entry["void"] and entry["fields"]["note"] == "b"


def test_anybody_else_may_dispute(book, told):
    event = book.event("LOT")
    own = book.about("dispute", "disputes", event)
    assert told()[0] == [own]
    assert "disputed" not in told()[1][0]

    book.about("dispute", "disputes", event, who="org:buyer")

    assert told()[0] == [own]
    assert told()[1][0]["disputed"]


@pytest.mark.parametrize(("who", "counts"), [("org:coop", True), (OPERATOR, True), ("org:lab", True), ("org:stranger", False)])
def test_who_may_recall(book, told, who, counts):
    book.event("LOT")
    book.add("grant", {"to": "org:lab", "right": "certifier"})
    seq = book.add("recall", {"reason": "salmonella"}, lots=("LOT",), who=who)

    failed, (_, recall) = told()

    assert failed == ([] if counts else [seq])
    assert recall["counts"] is counts


def test_what_is_not_an_event_cannot_be_corrected(book, told):
    book.event("LOT")
    recall = book.add("recall", {"reason": "salmonella"}, lots=("LOT",))
    seq = book.correct(recall, {"/reason": "x"}, who=OPERATOR)

    assert told()[0] == [seq]


def test_a_withheld_event_is_shown_and_corrected_by_the_operator_only(book, told):
    event = book.event("LOT", phone="0900")
    book.redact(event)
    failing = book.correct(event, {"/note": "x"})
    book.correct(event, {"/note": "x"}, who=OPERATOR)

    failed, story = told()

    assert failed == [failing]
    assert story[0]["withheld"]
