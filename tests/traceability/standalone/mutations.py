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
from tests.traceability.standalone.damages import DAMAGES
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
