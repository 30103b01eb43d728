"""Damages to the files of an export, and changes to them that do no harm; each takes a seeded generator and a folder."""

import random
from pathlib import Path

from tests.traceability.standalone.book import STRANGER, WITNESS


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
