"""Exports damaged, cut short, replayed or rewritten: the lines of the log's tamper list, each once."""

import shutil
import tarfile

import pytest

from tests.traceability.standalone.book import (
    LATER,
    LOG,
    ORIGIN,
    POLICY,
    ROOT,
    STRANGER,
    TIMED,
    UNKNOWN,
    WITNESS,
    Book,
    checkpoint_text,
    key_history,
    leaf_of,
    long_book,
    note,
    root_of,
)
from tests.traceability.standalone.damages import bundle_records, shuffled_records
from tests.traceability.standalone.rewrites import rebuilt

BUNDLE, TILE = "tile/entries/000.p/38", "tile/0/000.p/38"
LONG_POLICY = f"log {LOG.vkey}\nquorum none\n"


@pytest.fixture(scope="module")
def long() -> Book:
    return long_book()


def write_records(path, records):
    path.write_bytes(b"".join(len(one).to_bytes(2, "big") + one for one in records))


def edit_body(export, seq=9):
    records = bundle_records(export / BUNDLE)
    records[seq] = records[seq].replace(b".000Z", b".001Z")
    write_records(export / BUNDLE, records)
    return records[seq]


def edit_tile(export, seq, leaf):
    data = bytearray((export / TILE).read_bytes())
    data[32 * seq : 32 * seq + 32] = leaf
    (export / TILE).write_bytes(bytes(data))


def test_a_body_edited(verdict, export):
    edit_body(export)

    assert verdict(export)[:2] == (1, 9)


def test_a_body_and_its_leaf_edited(verdict, export):
    edit_tile(export, 37, leaf_of(edit_body(export, 37)))
    assert verdict(export)[:2] == (1, 38), "the entries fit each other and not the signed root"

    edit_tile(export, 22, leaf_of(edit_body(export, 22)))

    assert verdict(export)[:2] == (1, 28), "the next entry of its lot is linked to another leaf"


def test_rows_swapped(verdict, export):
    records = bundle_records(export / BUNDLE)
    records[2], records[3] = records[3], records[2]
    write_records(export / BUNDLE, records)
    assert verdict(export)[:2] == (1, 2)

    for seq in (2, 3):
        edit_tile(export, seq, leaf_of(records[seq]))

    assert verdict(export)[:2] == (1, 19), "the dispute of entry 2 names the leaf that stood there"


def test_the_last_row_removed(verdict, export):
    write_records(export / BUNDLE, bundle_records(export / BUNDLE)[:-1])

    assert verdict(export)[:2] == (1, 37)


def test_row_and_head_removed_is_seen_with_the_note_somebody_kept(verdict, tmp_path, whole):
    shorter = whole.write(tmp_path / "export", size=36)

    assert verdict(shorter)[:2] == (0, None)
    assert verdict(shorter, since=(whole.checkpoint(),))[:2] == (3, None)


def test_a_whole_rewrite_is_seen_with_the_note_somebody_kept(verdict, tmp_path, whole):
    rewritten = rebuilt(whole, 2, lambda thing: thing | {"rec": "2026-02-28T11:11:11.111Z"}).write(tmp_path / "export")

    assert verdict(rewritten)[:2] == (0, None)
    for size in (3, 20, 38):
        assert verdict(rewritten, since=(whole.checkpoint(size),))[:2] == (2, None)
    assert verdict(rewritten, since=(whole.checkpoint(2),))[:2] == (0, None), "the two histories part after entry 1"


@pytest.mark.parametrize("size", [1, 2, 3, 8, 31, 37, 38])
def test_notes_of_the_same_history_fit(verdict, export, whole, size):
    assert verdict(export, since=(whole.checkpoint(size), whole.checkpoint(38)))[:2] == (0, None)


def test_a_fork_is_told_although_a_rule_is_broken_too(verdict, tmp_path, whole):
    rewritten = rebuilt(whole, 2, lambda thing: thing | {"who": "a b"}).write(tmp_path / "export")

    assert verdict(rewritten, since=(whole.checkpoint(),))[:2] == (2, None)


def test_notes_are_compared_over_tile_boundaries(verdict, tmp_path, long):
    export = long.write(tmp_path / "export")

    assert verdict(export, since=tuple(long.checkpoint(size) for size in (255, 256, 257, 299)))[:2] == (0, None)
    assert verdict(export, since=(note(checkpoint_text(256, bytes(32)), (LOG,)),))[:2] == (2, None)


@pytest.mark.parametrize("held", [note(checkpoint_text(3, bytes(32)), (STRANGER,)), note(checkpoint_text(3, bytes(32), "o"), (LOG,))])
def test_a_note_that_is_not_the_logs_is_no_evidence(verdict, export, held):
    assert verdict(export, since=(held,))[:2] == (4, None)


def test_a_tile_edited(verdict, export):
    edit_tile(export, 30, bytes(32))

    assert verdict(export)[:2] == (1, 30)


@pytest.mark.parametrize(("name", "index"), [("tile/1/000.p/1", 0), ("tile/0/000", 17), ("tile/0/001.p/44", 256 + 17)])
def test_a_tile_of_any_level_edited(verdict, tmp_path, long, name, index):
    export = long.write(tmp_path / "export")
    data = bytearray((export / name).read_bytes())
    data[17 * 32 % len(data)] ^= 1
    (export / name).write_bytes(bytes(data))

    assert verdict(export)[:2] == (1, index)


def test_tiles_swapped(verdict, tmp_path, long):
    export = long.write(tmp_path / "export")
    one, other = export / "tile/0/000", export / "tile/entries/000"
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)

    assert verdict(export)[:2] == (1, 0)


def test_an_entry_withheld_without_a_word(verdict, export):
    records = bundle_records(export / BUNDLE)
    records[3] = b""
    write_records(export / BUNDLE, records)

    assert verdict(export)[:2] == (1, 3)


def test_an_old_checkpoint_replayed(verdict, tmp_path, whole):
    export = whole.write(tmp_path / "export")
    (export / "checkpoint").write_text(whole.checkpoint(30))
    assert verdict(export)[:2] == (3, None), "the partial files of that size are gone"

    for name in ("tile/0/000.p", "tile/entries/000.p"):
        shutil.move(export / name / "38", export / name.removesuffix(".p"))

    assert verdict(export)[:2] == (0, None), "a full file may stand in for a partial one; the smaller log is whole"
    assert verdict(export, since=(whole.checkpoint(38),))[:2] == (3, None)


@pytest.mark.parametrize("name", [BUNDLE, TILE, "checkpoint", "keys"])
def test_a_file_is_missing(verdict, export, name):
    (export / name).unlink()

    assert verdict(export)[:2] == (3, None)


@pytest.mark.parametrize("name", ["policy", "key-history"])
def test_a_file_that_may_be_missing(verdict, export, name):
    (export / name).unlink()

    assert verdict(export)[:2] == (0, None)


@pytest.mark.parametrize("cut", [1, 32, 33])
def test_a_tile_cut_short(verdict, export, cut):
    (export / TILE).write_bytes((export / TILE).read_bytes()[:-cut])

    assert verdict(export)[:2] == (1, 38 - -(-cut // 32))


@pytest.mark.parametrize("name", [BUNDLE, TILE])
def test_a_file_that_goes_on(verdict, export, name):
    with open(export / name, "ab") as file:
        file.write(bytes(32))

    assert verdict(export)[:2] == (1, 38)


def body_and_lines(whole):
    body, lines = whole.checkpoint().split("\n\n")
    return body + "\n", [line + "\n" for line in lines.splitlines()]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda body, lines: body + "\n" + "".join(lines[::-1]), 0),
        (lambda body, lines: body + "\n" + "".join([*lines, UNKNOWN.line(body)]), 0),
        (lambda body, lines: body + "\n" + "".join([lines[0], *lines]), 0),
        (lambda body, lines: body + "\n" + "".join([*lines, LOG.line("else")]), 0),
        (lambda body, lines: body + "\n" + "".join([LOG.line("else"), *lines]), 1),
        (lambda body, lines: body + "\n" + "".join([*lines[1:], LOG.line("else")]), 1),
        (lambda body, _lines: body + "\n" + UNKNOWN.line(body) + WITNESS.line(body), 1),
        (lambda body, _lines: body + "\n" + STRANGER.line(body) + WITNESS.line(body), 1),
        (lambda body, _lines: body + "\n" + TIMED.line(body) + WITNESS.line(body), 1),
        (lambda body, _lines: body + "\n" + LOG.line(body), 3),
        (lambda body, _lines: body + "\n" + LATER.line(body) + WITNESS.line(body), 0),
        (lambda body, lines: (body + "\n" + "".join(lines)).replace("\n", "\r\n"), 1),
        (lambda body, lines: body + "".join(lines), 1),
        (lambda body, lines: body + "\n" + "".join(lines) + "junk\n", 1),
        (lambda body, lines: body + "\n" + "".join(lines).replace("—", "-"), 1),
        (lambda body, lines: "\ufeff" + body + "\n" + "".join(lines), 1),
        (lambda _body, _lines: "", 1),
    ],
)
def test_lines_of_the_checkpoint(verdict, export, whole, change, expected):
    (export / "checkpoint").write_bytes(change(*body_and_lines(whole)).encode())

    assert verdict(export)[:2] == (expected, None)


@pytest.mark.parametrize(
    ("change", "expected", "index"),
    [
        (lambda text: text.replace("\n38\n", "\n038\n"), 1, None),
        (lambda text: text + "extension\n", 1, None),
        (lambda text: text.replace("\n38\n", "\n37\n"), 3, None),
        (lambda text: text.replace("\n38\n", "\n9999\n"), 3, None),
        (lambda _: checkpoint_text(38, bytes(32)), 1, 38),
        (lambda _: checkpoint_text(0, root_of([])), 1, None),
        (lambda _: checkpoint_text(38, bytes(31)), 1, None),
        (lambda _: checkpoint_text(10**30, bytes(32)), 1, None),
    ],
)
def test_text_of_the_checkpoint_signed_well_and_said_wrongly(verdict, export, whole, change, expected, index):
    (export / "checkpoint").write_text(note(change(checkpoint_text(38, root_of(whole.leaves)))))

    assert verdict(export)[:2] == (expected, index)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        (key_history(), 0),
        (key_history(signer=STRANGER), 1),
        (key_history().replace("6 - ", "5 - "), 1),
        (key_history([f"0 - {LOG.vkey}", f"0 - {TIMED.vkey}", f"5 - {LATER.vkey}"]), 1),
        (key_history([f"0 9 {LOG.vkey}", f"0 - {TIMED.vkey}", f"6 - {LATER.vkey}"]), 1),
        (key_history([f"0 99 {LOG.vkey}", f"0 - {TIMED.vkey}", f"6 - {LATER.vkey}"]), 0),
        (key_history([f"6 - {LATER.vkey}", f"0 - {LOG.vkey}", f"0 - {TIMED.vkey}"]), 1),
        (key_history([f"0 - {LOG.vkey}", f"7 - {STRANGER.vkey}"]), 1),
        (key_history([f"0 - {LOG.vkey}", f"70 - {STRANGER.vkey}"]), 0),
        (note("other/key-history\n", (ROOT,)), 1),
    ],
)
def test_the_history_of_keys_is_that_of_the_entries(judge, whole, history, expected):
    assert judge(whole, history=history) == (expected, None)


def pack(export, path, mode, prefix=""):
    with tarfile.open(path, mode) as archive:
        for name in sorted(export.rglob("*"), reverse=True):
            if name.is_file():
                archive.add(name, prefix + str(name.relative_to(export)))
    return path


@pytest.mark.parametrize(("mode", "prefix"), [("w", ""), ("w:gz", "./"), ("w:xz", "log-2026-11-22/")])
def test_an_archive_is_read_as_a_folder(verdict, export, tmp_path, mode, prefix):
    assert verdict(pack(export, tmp_path / "log.tar", mode, prefix), lot="LOT0")[:2] == (0, None)

    edit_body(export)

    assert verdict(pack(export, tmp_path / "log.tar", mode, prefix))[:2] == (1, 9)


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_an_archive_cut_short_is_incomplete(verdict, export, tmp_path, mode, part):
    path = pack(export, tmp_path / "log.tar", mode)
    data = path.read_bytes() if mode == "w:gz" else path.read_bytes().rstrip(b"\x00")
    path.write_bytes(data[: int(len(data) * part)])

    assert verdict(path)[:2] == (3, None)


def test_what_is_no_archive_is_incomplete(verdict, tmp_path):
    (tmp_path / "log.tar").write_text("hello")

    assert verdict(tmp_path / "log.tar")[:2] == (3, None)


def test_without_a_policy_the_keys_of_the_export_are_taken(verdict, export):
    assert verdict(export, None)[:2] == (0, None)

    (export / "keys").write_text(STRANGER.vkey + "\n")

    assert verdict(export, None)[:2] == (1, None)


def test_a_larger_log_with_many_tiles_is_sound(verdict, tmp_path):
    book = Book()
    book.genesis(keys=(LOG,))
    for number in range(1100):
        book.event(f"LOT{number % 50}")
    export = book.write(tmp_path / "export")
    shuffled = shutil.copytree(export, tmp_path / "shuffled")

    class Second:
        def choice(self, some):
            return next((one for one in some if getattr(one, "name", "") == "003"), some[0])

        def randrange(self, _count):
            return 2

    shuffled_records(Second(), shuffled)

    assert verdict(export, LONG_POLICY)[:2] == (0, None)
    assert verdict(shuffled, LONG_POLICY)[:2] == (1, 770)


def test_the_policy_of_another_log_does_not_fit(verdict, export):
    assert verdict(export, POLICY.replace(LOG.vkey, UNKNOWN.vkey).replace(LATER.vkey, STRANGER.vkey))[:2] == (1, None)
    assert ORIGIN not in UNKNOWN.vkey


def test_the_books_of_this_folder_are_what_they_say(whole, long):
    words = {thing["t"].split("/")[1] for thing in whole.objects}

    assert words >= {"genesis", "event", "correct", "void", "dispute", "recall", "grant", "revoke", "erase", "redact", "map", "key"}
    assert len(long.records) == 300
