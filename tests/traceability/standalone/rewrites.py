"""Logs rewritten by an operator who holds every key: all hashes and signatures fit, one rule does not."""

import copy
import random
from collections.abc import Callable

from tests.traceability.standalone.book import (
    LATER,
    LOG,
    OPERATOR,
    STRANGER,
    ZEROS,
    Book,
    kind,
    leaf_of,
    map_event,
    spelled,
)

VALUES = (
    *(0, -1, 1, 2**53 - 1, 2**53, -(2**53), True, False, None, 1.5, 1e300, [], {}, [[]], "", "a", "A", "x" * 200, "x" * 201),
    *("é", "e\u0301", "\u0301", "\ud83d", "\U0001f33e", "a b", "a+b", "tab\t", "\u007f", "\u0085", "\\n", '"', ZEROS, "ab" * 32),
    *("AB" * 32, "2026-02-28T00:00:00.000Z", "2026-02-30T00:00:00.000Z", "2024-02-29T23:59:59.999Z", "2026-01-01T24:00:00.000Z"),
    *("2026-01-01T00:00:60.000Z", "0000-01-01T00:00:00.000Z", "0001-01-01T00:00:00.000Z", "2026-01-01T00:00:00Z", "/a", "/", "a"),
    *("/a//b", "/a~0~1", "/a~2", "/é", OPERATOR, "org:coop", "certifier", "corrects", "a/b", "/a/b", "a/B", "reason_1", "Reason"),
    *(kind("event"), kind("map"), kind("genesis"), "chonongsan/event/2", "urn:event:1", "urn:entry:0", {"lot": "LOT0"}, ["x"]),
)


def rebuilt(book: Book, seq: int, change: Callable[[dict], object], more: Callable[[Book], object] | None = None) -> Book:
    """The book written again with one entry changed; every link, ref and map after it fits again. `more` appends."""
    new = Book()
    new.withheld = dict(book.withheld)
    for number, old in enumerate(book.objects):
        thing = refitted(new, number, copy.deepcopy(old))
        new.put(change(thing) if number == seq else thing)
    if more:
        more(new)
    return new


def refitted(new: Book, seq: int, thing: dict) -> dict:
    if isinstance(thing.get("lots"), list):
        thing["lots"] = new.links(tuple(link["lot"] for link in thing["lots"]))
    leaves = {}
    for ref in thing.get("ref", []):
        leaves[ref["leaf"]] = leaf_of(new.records[ref["seq"]]).hex()
        ref["leaf"] = leaves[ref["leaf"]]
    if thing["t"] == kind("redact"):
        told = new.objects[thing["ev"]["seq"]]
        if isinstance(told, dict):
            thing["ev"] |= {"lots": told.get("lots", []), "id": told.get("id")}
        thing["ev"]["leaf"] = thing["ref"][0]["leaf"]
    if thing["t"] == kind("erase"):
        thing["ev"]["paths"] = {leaves[leaf]: paths for leaf, paths in thing["ev"]["paths"].items()}
    if thing["t"] == kind("map"):
        thing["ev"] = map_event(new.tails, seq, thing["ev"]["height"])
    return thing


def places(thing: object, path: tuple = ()) -> list:
    """Every path into nested objects and lists."""
    if isinstance(thing, dict):
        return [path, *(place for key, value in thing.items() for place in places(value, (*path, key)))]
    if isinstance(thing, list):
        return [path, *(place for at, value in enumerate(thing) for place in places(value, (*path, at)))]
    return [path]


def fuzzed(rng: random.Random, thing: dict) -> dict:
    """One value replaced, removed, doubled or added anywhere."""
    path = rng.choice(places(thing)[1:])
    box = thing
    for key in path[:-1]:
        box = box[key]
    value = copy.deepcopy(rng.choice(VALUES))
    deed = rng.randrange(6)
    if deed == 0:
        del box[path[-1]]
    elif deed == 1 and isinstance(box, list):
        box.insert(path[-1], copy.deepcopy(box[path[-1]]))
    elif deed == 2 and isinstance(box, dict):
        box[rng.choice(["zz", "é", "c", "dev", "ref", "seq", "add", ""])] = value
    elif deed == 3 and isinstance(box[path[-1]], int):
        box[path[-1]] += rng.choice([-1, 1])
    else:
        box[path[-1]] = value
    return thing


def nested(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


SPELLINGS: tuple = (
    lambda text: text.replace(":", ": ", 1),
    lambda text: text + " ",
    lambda text: "\n" + text,
    lambda text: "\ufeff" + text,
    lambda text: text.replace('"who"', '"\\u0077ho"', 1),
    lambda text: text.replace("/", "\\/", 1),
    lambda text: text.replace('"n":', '"n":0', 1),
    lambda text: text.replace('"n":', '"n":-', 1),
    lambda text: text.replace('"n":', '"n":1e', 1),
    lambda text: text[:-1] + ',"who":"x"}',
    lambda text: text[:-1] + ',"z":1}',
    lambda text: '{"a":1,' + text[1:],
    lambda text: text.replace("ư", "u\u031b"),
    lambda text: text.replace("ư", "\\u01b0"),
    lambda text: text.replace("ư", "\\ud83d"),
    lambda text: text.replace("ư", "\\u000b"),
    lambda text: text.replace("ư", "\\u000B"),
    lambda text: text.replace("ư", "\\n\u0301"),
    lambda text: text.replace("ư", "\u2028\x7f"),
    lambda text: text.replace("ư", "\x01"),
    lambda text: text.replace("}", ",}", 1),
    lambda text: text + text,
    lambda text: "[" + text + "]",
    lambda text: text.replace(":", ":NaN", 1),
    lambda text: text[:-1],
    lambda text: '"' + "x" * 20 + '"',
)


def respelled(rng: random.Random, thing: dict) -> bytes:
    return rng.choice(SPELLINGS)(spelled(thing).decode()).encode("utf-8", "surrogatepass")


def cut_bytes(rng: random.Random, thing: dict) -> bytes:
    data = bytearray(spelled(thing))
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def sized(rng: random.Random, thing: dict) -> object:
    """Around the largest length and the deepest nesting."""
    if rng.randrange(2):
        thing["ev"]["deep"] = nested(rng.choice([28, 29, 30, 31]))
        return thing
    thing["ev"]["long"] = ""
    thing["ev"]["long"] = "x" * (16_384 - len(spelled(thing)) + rng.choice([-1, 0, 1]))
    return thing


def broken_link(rng: random.Random, thing: dict) -> dict:
    link = rng.choice(thing["lots"])
    deed = rng.randrange(5)
    if deed == 0:
        link["n"] += rng.choice([-1, 1])
    elif deed == 1:
        link["prev"] = rng.choice([ZEROS, "ab" * 32])
    elif deed == 2:
        thing["lots"].append(copy.deepcopy(link))
    elif deed == 3:
        thing["lots"].reverse()
    else:
        thing["lots"].remove(link)
    return thing


def other_type(rng: random.Random, thing: dict) -> dict:
    words = ["genesis", "event", "correct", "void", "dispute", "recall", "grant", "revoke", "erase", "redact", "map", "key", "unknown"]
    return thing | {"t": kind(rng.choice(words))}


def other_who(rng: random.Random, thing: dict) -> dict:
    return thing | {"who": rng.choice(["org:stranger", "org:coop", OPERATOR])}


def other_target(rng: random.Random, thing: dict) -> dict:
    if "ref" in thing:
        ref = rng.choice(thing["ref"])
        ref.update(rng.choice([{"leaf": "ab" * 32}, {"seq": ref.get("seq", 0) + 1}, {"seq": 10**9}, {"rel": "speaks"}, {"seq": 0}]))
    return thing


def same_id(rng: random.Random, thing: dict) -> dict:
    name = f"urn:{rng.choice(['entry', 'event'])}:{rng.randrange(12)}"
    thing["id"] = name
    if thing["t"] == kind("event"):
        thing["ev"]["eventID"] = name
    return thing


# deeds on one entry of the book, each with the types it may choose from (none named: any)
CHANGES: tuple = (
    (fuzzed, ()),
    (fuzzed, ()),
    (fuzzed, ("correct", "void", "dispute", "recall", "grant", "revoke", "erase", "redact", "map", "key", "genesis")),
    (respelled, ()),
    (cut_bytes, ()),
    (sized, ("event", "correct", "map")),
    (broken_link, ("event", "correct", "void", "dispute", "recall")),
    (other_type, ()),
    (other_who, ()),
    (other_target, ("correct", "void", "dispute", "erase", "redact")),
    (same_id, ()),
)


def stranger_grants(book: Book, _rng: random.Random) -> None:
    book.add("grant", {"to": "org:coop", "right": "certifier"}, who="org:coop")


def wrong_map(book: Book, rng: random.Random) -> None:
    deed = rng.randrange(5)
    if deed == 0:
        book.map(root="ab" * 32)
    elif deed == 1:
        book.map(lots=len(book.tails) + 1)
    elif deed == 2:
        book.map(size=len(book.records) + rng.choice([-1, 1]))
    else:
        book.map(height=rng.randrange(6))


def own_key_retired(book: Book, rng: random.Random) -> None:
    for key in rng.sample([LOG, LATER], rng.randrange(1, 3)):
        book.add("key", {"retire": key.vkey, "to": len(book.records) + rng.choice([-3, 1, 2, 3, 9])})


def key_added(book: Book, rng: random.Random) -> None:
    book.add("key", {"add": STRANGER.vkey, "from": rng.choice([0, 10**6])})


def withheld_more(book: Book, rng: random.Random) -> None:
    """Another entry withheld, rightly or in one of the wrong ways."""
    seq = rng.choice([number for number, thing in enumerate(book.objects) if number and thing["t"] == kind("event")])
    deed = rng.randrange(6)
    by = book.redact(seq, who="org:coop" if deed == 0 else OPERATOR)
    told = book.objects[by]
    if deed == 1:
        told["ev"]["id"] = rng.choice(["urn:other", "urn:entry:0"])
    elif deed == 2 and told["ev"]["lots"]:
        told["ev"]["lots"] = book.links(tuple(link["lot"] for link in told["ev"]["lots"]))
    elif deed == 3:
        book.withheld[seq] = by - 1
    elif deed == 4:
        book.withheld.pop(seq)
        told["ev"]["id"] = rng.choice([told["ev"]["id"], "urn:other"])
    book.records[by] = spelled(told)


def does_not_count(book: Book, rng: random.Random) -> None:
    """Harmless: corrections that change nothing."""
    book.correct(2, {rng.choice(["/eventID", "/type", "/nowhere/at/all", "/note"]): "x"}, who="org:stranger")
    book.correct(2, {"/eventTime": "soon"})
    book.about("dispute", "disputes", 2)


def half_a_map(book: Book, _rng: random.Random) -> None:
    """Harmless: a height kept although a smaller one would do, or a first right one."""
    for number in range(30):
        book.event(f"NEW{number}")
    book.map()
    book.map()


APPENDED: tuple = (stranger_grants, wrong_map, own_key_retired, key_added, withheld_more, withheld_more, does_not_count, half_a_map)


def rewrite(rng: random.Random, book: Book) -> tuple:
    """(name, the rewritten book)."""
    if rng.randrange(4) == 0:
        deed = rng.choice(APPENDED)
        return deed.__name__, rebuilt(book, -1, lambda thing: thing, lambda new: deed(new, rng))
    deed, words = rng.choice(CHANGES)
    types = {kind(word) for word in words}
    chosen = [seq for seq, thing in enumerate(book.objects) if not types or thing["t"] in types]
    if deed is broken_link:
        chosen = [seq for seq in chosen if book.objects[seq]["lots"]]
    return deed.__name__, rebuilt(book, rng.choice(chosen), lambda thing: deed(rng, thing))
