"""A seeded generator of mutated exports: files damaged, notes rewritten, rules broken under good signatures, and changes
that do no harm. Case `number` of a seed is always the same bytes."""

import base64
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.traceability.standalone.book import (
    LATER,
    LOG,
    ORIGIN,
    POLICY,
    ROOT,
    SIGNERS,
    STRANGER,
    TIMED,
    UNKNOWN,
    WITNESS,
    Book,
    checkpoint_text,
    full_book,
    key_history,
    long_book,
    note,
    root_of,
)
from tests.traceability.standalone.rewrites import rewrite


@dataclass(frozen=True)
class Case:
    """One export to check, and what it is checked with."""

    name: str
    folder: Path
    policy: Path | None
    since: Path | None

    def line(self) -> str:
        """A line of the other implementation's list."""
        return "\t".join(str(part or "") for part in (self.folder, self.policy, self.since)).rstrip("\t")


class Mutations:
    """Writes cases below a folder; `case(number)` replaces what an earlier case of that number wrote."""

    def __init__(self, folder: Path, seed: int = 0) -> None:
        self.folder, self.seed = folder, seed
        self.books = {"full": full_book(), "long": long_book()}
        self.histories = {"full": key_history(), "long": None}
        self.bases = {
            name: book.write(folder / f"base-{name}", history=self.histories[name]) for name, book in self.books.items()
        }
        self.policies = [self.keep("policy", POLICY), self.keep("plain", f"{LOG.vkey}\n{WITNESS.vkey}\n"), None]

    def keep(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, "utf-8", newline="")
        return path

    def case(self, number: int) -> Case:
        rng = random.Random(f"{self.seed}/{number}")
        base = "long" if rng.randrange(6) == 0 else "full"
        book, folder = self.books[base], self.folder / f"case-{number}"
        deed = rng.choice((self.rewritten, self.rewritten, self.rewritten, self.damaged, self.damaged, self.noted, self.held))
        policy = rng.choice(self.policies)
        name, since = deed(rng, base, book, folder)
        return Case(name, folder, policy, since)

    def copied(self, base: str, folder: Path) -> Path:
        if folder.exists():
            shutil.rmtree(folder)
        return Path(shutil.copytree(self.bases[base], folder))

    def rewritten(self, rng: random.Random, base: str, book: Book, folder: Path) -> tuple:
        name, new = rewrite(rng, book)
        new.write(folder, history=self.histories[base])
        return name, None

    def damaged(self, rng: random.Random, base: str, _book: Book, folder: Path) -> tuple:
        deed = rng.choice(DAMAGES)
        deed(rng, self.copied(base, folder))
        return deed.__name__, None

    def noted(self, rng: random.Random, base: str, book: Book, folder: Path) -> tuple:
        deed = rng.choice(NOTES)
        self.copied(base, folder)
        data = deed(rng, book, (folder / "checkpoint").read_text("utf-8"))
        if data is not None:
            (folder / "checkpoint").write_bytes(data.encode("utf-8"))
        history = rng.choice(HISTORIES) if base == "full" and rng.randrange(4) == 0 else None
        if history:
            (folder / "key-history").write_text(history(rng), "utf-8", newline="")
        return f"{deed.__name__}{' ' + history.__name__ if history else ''}", None

    def held(self, rng: random.Random, base: str, book: Book, folder: Path) -> tuple:
        """An older or newer note is held against an export, good or rewritten or damaged."""
        deed = rng.choice((None, None, self.rewritten, self.damaged))
        if deed:
            before, _ = deed(rng, base, book, folder)
        else:
            before, _ = "whole", self.copied(base, folder)
        size = rng.choice([0, 1, 2, len(book.records) // 2, len(book.records) - 1, len(book.records), len(book.records) + 5])
        kind_, text = rng.choice(HELD)(rng, book, size)
        path = self.folder / f"{folder.name}.note"
        path.write_text(text, "utf-8", newline="")
        return f"{before} against {kind_}", path


def files_of(folder: Path) -> list:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def some_file(rng: random.Random, folder: Path) -> Path:
    return rng.choice(files_of(folder))


def flipped_bit(rng: random.Random, folder: Path) -> None:
    path = some_file(rng, folder)
    data = bytearray(path.read_bytes())
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(bytes(data))


def truncated(rng: random.Random, folder: Path) -> None:
    path = some_file(rng, folder)
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data) + 1)])


def lengthened(rng: random.Random, folder: Path) -> None:
    path = some_file(rng, folder)
    path.write_bytes(path.read_bytes() + rng.choice([b"\n", b"\x00", b"\x00\x00", b"x", b" ", b"\x00\x01a", b"y" * 32]))


def inserted(rng: random.Random, folder: Path) -> None:
    path = some_file(rng, folder)
    data = path.read_bytes()
    at = rng.randrange(len(data) + 1)
    path.write_bytes(data[:at] + rng.choice([b"\r", b"\n", b"\xff", b"0"]) + data[at:])


def dropped(rng: random.Random, folder: Path) -> None:
    some_file(rng, folder).unlink()


def swapped_files(rng: random.Random, folder: Path) -> None:
    one, other = rng.sample(files_of(folder / "tile"), 2)
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def doubled_file(rng: random.Random, folder: Path) -> None:
    """Harmless: a copy under a name nobody asks for."""
    path = some_file(rng, folder)
    (path.parent / (path.name + "9")).write_bytes(path.read_bytes())


def extra_file(_rng: random.Random, folder: Path) -> None:
    """Harmless: files of a later size and files that are none of ours."""
    (folder / "tile" / "0" / "777").write_bytes(b"x")
    (folder / "README").write_text("hello", "utf-8")


def full_for_partial(rng: random.Random, folder: Path) -> None:
    """Harmless: the log has grown, partial files gave way to full ones with more in them."""
    chosen = rng.choice([path for path in files_of(folder / "tile") if path.parent.name.endswith(".p")])
    data = chosen.read_bytes()
    chosen.unlink()
    (chosen.parent.parent / chosen.parent.name[:-2]).write_bytes(data + rng.choice([b"", b"\x00\x01a", bytes(64)]))


def bundle_records(path: Path) -> list:
    data, records = path.read_bytes(), []
    while data:
        length = int.from_bytes(data[:2], "big")
        records.append(data[2 : 2 + length])
        data = data[2 + length :]
    return records


def shuffled_records(rng: random.Random, folder: Path) -> None:
    path = rng.choice(files_of(folder / "tile" / "entries"))
    records = bundle_records(path)
    at, other = rng.randrange(len(records)), rng.randrange(len(records))
    deed = rng.randrange(4)
    if deed == 0:
        records[at], records[other] = records[other], records[at]
    elif deed == 1:
        records.insert(at, records[at])
    elif deed == 2:
        del records[at]
    else:
        records[at] = b""
    path.write_bytes(b"".join(len(one).to_bytes(2, "big") + one for one in records))


def shuffled_hashes(rng: random.Random, folder: Path) -> None:
    path = rng.choice([path for path in files_of(folder / "tile") if "entries" not in path.parts])
    data = path.read_bytes()
    hashes = [data[at : at + 32] for at in range(0, len(data), 32)]
    at = rng.randrange(len(hashes))
    hashes[at:at] = rng.choice([[hashes[at]], [bytes(32)], []])
    hashes[-1], hashes[at] = hashes[at], hashes[-1]
    path.write_bytes(b"".join(hashes))


def other_redactions(rng: random.Random, folder: Path) -> None:
    rows = (folder / "redactions").read_text("utf-8").splitlines()
    rows = rng.choice(
        [
            [],
            [*rows, *rows],
            [*rows, ""],
            [*rows, "3 16"],
            [*rows, "999 1000"],
            [*rows, "0 16"],
            [*rows, "5 4"],
            [*rows, "1 35"],
            ["3 16"],
            [row.replace(" ", "  ") for row in rows],
            [row + "\r" for row in rows],
            ["0" + row for row in rows],
            [row.split()[0] + " 999" for row in rows],
            [row.split()[0] + " 20" for row in rows],
            ["# withheld", *rows],
        ]
    )
    (folder / "redactions").write_text("".join(row + "\n" for row in rows), "utf-8", newline="")


def other_keys(rng: random.Random, folder: Path) -> None:
    rows = (folder / "keys").read_text("utf-8").splitlines()
    rows = rng.choice(
        [
            rows[::-1],
            rows[1:],
            rows[:1],
            rows[1:2],
            [],
            [*rows, STRANGER.vkey],
            [*rows, rows[0]],
            [*rows, ""],
            [*rows, WITNESS.vkey],
            [row + "\r" for row in rows],
            [row.upper() for row in rows],
            [*rows, "x"],
            [*rows, "name+00000000+BgAA"],
            [*rows, rows[0].replace("+", "+0", 1)],
        ]
    )
    (folder / "keys").write_text("".join(row + "\n" for row in rows), "utf-8", newline="")


def other_snapshot(rng: random.Random, folder: Path) -> None:
    """The map's records, or which map they are said to be of."""
    latest = folder / "map" / "latest"
    if not latest.exists():
        return
    seq = latest.read_bytes().decode().strip()
    [*files] = sorted((folder / "map" / seq).iterdir())
    data = files[0].read_bytes()
    deed = rng.randrange(6)
    if deed == 0:
        files[0].write_bytes(data[68:] + data[:68])
    elif deed == 1:
        files[0].write_bytes(data[:-68])
    elif deed == 2:
        files[0].write_bytes(data + rng.randbytes(68))
    elif deed == 3:
        files[0].unlink()
    else:
        told = rng.choice([seq, f"0{seq}", "0", "-1", "x", "", str(int(seq) + 1), "5", "900", "9007199254740993", seq + "\n", seq + " "])
        latest.write_bytes(told.encode() + rng.choice([b"\n", b"\n", b"", b"\r\n"]))


DAMAGES: tuple = (
    *(flipped_bit, flipped_bit, flipped_bit, truncated, lengthened, inserted, dropped, swapped_files, doubled_file, extra_file),
    *(full_for_partial, shuffled_records, shuffled_records, shuffled_hashes, other_redactions, other_redactions, other_keys),
    *(other_snapshot, other_snapshot),
)


def signed(text: str, *signers: object) -> str:
    return note(text, signers or SIGNERS)


def split(text: str) -> tuple:
    body, lines = text.split("\n\n")
    return body + "\n", lines.splitlines(keepends=True)


def mixed_lines(rng: random.Random, _book: Book, text: str) -> str:
    """Harmless: another order, a line of an unknown key, a line twice."""
    body, lines = split(text)
    rng.shuffle(lines)
    more = rng.choice([[], [UNKNOWN.line(body)], [lines[0]], [UNKNOWN.line("x")], [f"— {ORIGIN} AAAAAAA=\n"]])
    return body + "\n" + "".join([*lines, *more])


def fewer_lines(rng: random.Random, _book: Book, text: str) -> str:
    body, lines = split(text)
    return body + "\n" + "".join(rng.sample(lines, rng.randrange(len(lines))))


def bad_line(rng: random.Random, _book: Book, text: str) -> str:
    body, lines = split(text)
    at = rng.randrange(len(lines))
    head, data = lines[at].rstrip("\n").rsplit(" ", 1)
    raw = bytearray(base64.b64decode(data))
    raw[rng.randrange(4, len(raw))] ^= 1 << rng.randrange(8)
    bad = f"{head} {base64.b64encode(bytes(raw)).decode()}\n"
    lines[at : at + 1] = rng.choice([[bad], [bad, lines[at]], [lines[at], bad], [head + " " + data + "=\n"], [lines[at] + "\n"]])
    return body + "\n" + "".join(lines)


def other_signers(rng: random.Random, _book: Book, text: str) -> str:
    body, _ = split(text)
    return signed(body, *rng.sample([LOG, LATER, TIMED, WITNESS, STRANGER, ROOT, UNKNOWN], rng.randrange(1, 5)))


def respaced(rng: random.Random, _book: Book, text: str) -> str:
    return rng.choice(
        [
            text.replace("\n", "\r\n"),
            text.replace("— ", "- ", 1),
            text.replace("— ", "—  ", 1),
            text + "\n",
            text.rstrip("\n"),
            text + "junk\n",
            "\ufeff" + text,
            text.replace("\n\n", "\n", 1),
            text.replace("\n\n", "\n\n\n", 1),
            "",
        ]
    )


def other_text(rng: random.Random, book: Book, _text: str) -> str:
    """Signed well, said wrongly."""
    size, root = len(book.records), root_of(book.leaves)
    good = checkpoint_text(size, root)
    return signed(
        rng.choice(
            [
                good + "extension\n",
                good.replace(f"\n{size}\n", f"\n0{size}\n"),
                good.replace(f"\n{size}\n", f"\n+{size}\n"),
                good.replace("=\n", "\n"),
                checkpoint_text(size + 1, root),
                checkpoint_text(size - 1, root),
                checkpoint_text(size + 300, root),
                checkpoint_text(2**63, root),
                checkpoint_text(0, root_of([])),
                checkpoint_text(size, bytes(32)),
                checkpoint_text(size, root[:31]),
                checkpoint_text(size, root, origin="other.example/log"),
                "\n" + good,
            ]
        )
    )


def replayed(rng: random.Random, book: Book, _text: str) -> str:
    """An older checkpoint put back; the tiles of its size are gone."""
    return book.checkpoint(rng.randrange(1, len(book.records)))


def untouched(_rng: random.Random, _book: Book, _text: str) -> None:
    return None


NOTES: tuple = (mixed_lines, mixed_lines, fewer_lines, bad_line, other_signers, respaced, other_text, replayed, untouched)


def wrong_history(rng: random.Random) -> str:
    good = [f"0 - {LOG.vkey}", f"0 - {TIMED.vkey}", f"6 - {LATER.vkey}"]
    return key_history(
        rng.choice(
            [
                good[::-1],
                [*good, good[0]],
                [good[0], good[1], f"5 - {LATER.vkey}"],
                [f"0 9 {LOG.vkey}", *good[1:]],
                [f"0 999 {LOG.vkey}", *good[1:]],
                [*good, f"7 - {STRANGER.vkey}"],
                [*good, f"900 - {STRANGER.vkey}"],
                good[:2],
                [],
                [*good, "x"],
            ]
        )
    )


def unsigned_history(rng: random.Random) -> str:
    return rng.choice([key_history(signer=STRANGER), key_history().replace("6 - ", "4 - "), "x", key_history() + "\n"])


HISTORIES: tuple = (wrong_history, unsigned_history)


def right_note(_rng: random.Random, book: Book, size: int) -> tuple:
    return "an older note", signed(checkpoint_text(size, root_of(book.leaves[:size])), LOG)


def forked_note(rng: random.Random, _book: Book, size: int) -> tuple:
    return "a note of another history", signed(checkpoint_text(size, rng.randbytes(32)), rng.choice([LOG, LATER]))


def useless_note(rng: random.Random, book: Book, size: int) -> tuple:
    text = checkpoint_text(size, root_of(book.leaves[:size]))
    other = checkpoint_text(size, root_of(book.leaves[:size]), origin="other.example/log")
    return "a note of no use", rng.choice([signed(text, STRANGER), signed(text, WITNESS), signed(other), "x", text])


HELD: tuple = (right_note, right_note, forked_note, useless_note)
