"""What outsiders have signed, and which checkpoint phones and mirrors are given: the newest one that has the signatures the
policy asks for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from sqlalchemy import Connection, Row, ScalarSelect, bindparam, case, func, select

from marketplace.database import UtcDateTime, db, fingerprint
from marketplace.provenance.site import the_log
from marketplace.provenance.witnesses import LogWitness, WitnessRow, the_policy, witnesses
from traceability.errors import PolicyError
from traceability.log import SignedCheckpoint
from traceability.log.checkpoints import signed_checkpoint
from traceability.policy import NONE, Policy
from traceability.storage import tables
from traceability.witnessing import State

AMBER, RED = timedelta(hours=24), timedelta(days=7)
"""Without an outside signature for longer than this, pages warn."""

log = structlog.get_logger()

_CHUNK = 500
_SIGNERS = (
    select(tables.note.c.size, tables.note.c.key_id)
    .where(tables.note.c.size <= bindparam("most"))
    .distinct()
    .order_by(tables.note.c.size.desc())
    .limit(bindparam("chunk"))
)
_ROOT = select(tables.checkpoint.c.root).where(tables.checkpoint.c.size == bindparam("of_size"))


@dataclass(frozen=True)
class Outside:
    """What a page says of outside signatures. `witnesses` is None when the policy cannot be read; `asks`: it demands
    signatures; `met`: the size of the newest checkpoint that has them."""

    witnesses: list[WitnessRow] | None
    asks: bool
    met: int | None

    @property
    def last(self) -> WitnessRow | None:
        """Who signed last."""
        return max((row for row in self.witnesses or () if row.signed_at), key=lambda row: row.signed_at, default=None)


def outside() -> Outside:
    """What outsiders have signed so far. No statement without a policy, one for one that demands nothing, else four."""
    try:
        return Outside(witnesses(), the_policy().quorum != NONE, met_size(db.session.connection()))
    except (OSError, PolicyError) as error:
        log.critical("log-policy-unreadable", detail=str(error))
        return Outside(None, False, None)


def outside_stamp() -> ScalarSelect:
    """Changes whenever `outside()` does, and when the last signature grows too old, as an SQL expression; needs `amber_since`
    and `red_since`, see `outside_moments`."""
    last = func.max(LogWitness.signed_at)
    late = case((last < bindparam("red_since", type_=UtcDateTime), 2), (last < bindparam("amber_since", type_=UtcDateTime), 1), else_=0)
    differs = func.sum(case((LogWitness.state.in_([State.FORK.value, State.AHEAD.value]), 1), else_=0))
    return select(fingerprint(func.count(LogWitness.signed_at), last, func.sum(LogWitness.signed_size), late, differs)).scalar_subquery()


def outside_moments(now: datetime) -> dict[str, datetime]:
    """The parameters of `outside_stamp`."""
    return {"amber_since": now - AMBER, "red_since": now - RED}


def for_outsiders(connection: Connection) -> SignedCheckpoint | None:
    """The newest checkpoint that meets the policy in force; None before the first.

    The newest of all when the policy asks for nobody or cannot be read, when none ever met it (a reader then sees whose
    signatures are missing), and while an entry under it is withheld which only later entries announce: without the
    announcement every reader would have to call that tampering.
    """
    newest = the_log().latest_checkpoint(connection)
    met = newest and _met(connection)
    if met is None or newest is None or met >= newest.checkpoint.size or the_log().unannounced(connection, met):
        return newest
    root = connection.execute(_ROOT, {"of_size": met}).scalar_one()
    return signed_checkpoint(newest.checkpoint.origin, bytes(root), the_log().storage.notes(connection, met))


def met_size(connection: Connection) -> int | None:
    """The size of the newest checkpoint with the witnesses' signatures that the policy demands; None when none ever had
    them, and when it demands none. Raises OSError, PolicyError."""
    policy = the_policy()
    most = None if policy.quorum == NONE else _reached_at(policy)
    if most is None:
        return None
    keys = {witness.key.id.hex(): witness.key for witness in policy.witnesses}
    return next(
        (
            size
            for size, signers in _signers(connection, most)
            if policy.quorum in policy.witnessed(keys[name] for name in signers if name in keys)
        ),
        None,
    )


def _met(connection: Connection) -> int | None:
    try:
        return met_size(connection)
    except (OSError, PolicyError) as error:
        log.critical("log-policy-unreadable", detail=str(error))
        return None


def _reached_at(policy: Policy) -> int | None:
    """No checkpoint above this size can meet the policy, by the last size each witness signed: nothing newer is read."""
    signed = {row.key: row.signed_size for row in witnesses() if row.signed_size is not None}
    for size in sorted(set(signed.values()), reverse=True):
        keys = [witness.key for witness in policy.witnesses if signed.get(str(witness.key), -1) >= size]
        if policy.quorum in policy.witnessed(keys):
            return size
    return None


def _signers(connection: Connection, most: int) -> Iterator[tuple[int, list[str]]]:
    """Sizes from `most` down, each with the ids of the keys that signed it."""
    rows: Sequence[Row] = ()
    while not rows or len(rows) == _CHUNK:
        rows = connection.execute(_SIGNERS, {"most": most, "chunk": _CHUNK}).all()
        sizes = [(size, [row.key_id for row in found]) for size, found in groupby(rows, key=lambda row: row.size)]
        if not sizes:
            return
        if len(rows) == _CHUNK and len(sizes) > 1:
            sizes.pop()  # perhaps cut: it is read whole next time
        yield from sizes
        most = sizes[-1][0] - 1
