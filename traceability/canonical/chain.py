"""The hash chain of each lot: what the next link of a lot must be."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field

from traceability.canonical.entry import NO_PREVIOUS, Link
from traceability.errors import ChainError


@dataclass(frozen=True, slots=True)
class Tail:
    """The last link of a lot: its number and the leaf of the entry that holds it."""

    n: int
    leaf: bytes


def next_link(lot: str, tail: Tail | None) -> Link:
    """The link an entry must carry to continue the lot after `tail` (None: the lot has no entry yet)."""
    return Link(lot, 0, NO_PREVIOUS) if tail is None else Link(lot, tail.n + 1, tail.leaf)


def check_link(link: Link, tail: Tail | None) -> None:
    """Raises ChainError unless `link` continues its lot after `tail`."""
    expected = next_link(link.lot, tail)
    if link.n != expected.n:
        raise ChainError("wrong-number", f"lot {link.lot}: entry number {link.n} where {expected.n} is due")
    if link.previous != expected.previous:
        raise ChainError("wrong-previous", f"lot {link.lot}: entry {link.n} does not follow the entry before it")


@dataclass(slots=True)
class Chains:
    """The tails of all lots while a log is read from its first entry on."""

    tails: MutableMapping[str, Tail] = field(default_factory=dict)

    def follow(self, links: tuple[Link, ...], leaf: bytes) -> None:
        """Take the next entry. Raises ChainError, and then changes nothing, when a link does not continue its lot."""
        for link in links:
            check_link(link, self.tails.get(link.lot))
        for link in links:
            self.tails[link.lot] = Tail(link.n, leaf)
