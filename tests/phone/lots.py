"""A small log with everything a bundle can hold, and bundles of it."""

import json
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.traceability.conftest import NOW, ORIGIN
from traceability.canonical.commitment import commit
from traceability.canonical.entry import Reference
from traceability.canonical.types import CORRECT, DISPUTE, GRANT, RECALL, VOID
from traceability.log import Log
from traceability.log.bundle import build
from traceability.log.completeness import append_map, map_proof
from traceability.log.erasure import Opening, announce_redaction

LOT, OTHER, OPERATOR, SELLER = "K7MQ2XW9TB4RDC", "A7MQ2XW9TB4RDA", "org:market", "org:coop"
SALT, PATH = bytes(range(32)), "/cns:tester"


@dataclass
class Story:
    """A log in memory that is told step by step."""

    log: Log
    make_event: Any
    number: int = 1000

    def event(self, *lots: str, who: str = SELLER, committed: str | None = None) -> int:
        """An event on the lots (the main one when none is named); returns its seq."""
        self.number += 1
        event = self.make_event(self.number)
        commitments = None
        if committed:
            told = {"origin": ORIGIN, "entry_id": event["eventID"], "path": PATH, "value": committed}
            commitments = {PATH: commit(SALT, **told)}
        receipt = self.log.submit(None, event=event, lots=lots or (LOT,), who=who, recorded_at=NOW, commitments=commitments)
        return self._sealed(receipt.id)

    def later(self, kind: str, event: dict, *, who: str = SELLER, about: int | None = None, lots: tuple = (LOT,), name: str | None = None) -> int:
        """An entry of another type, about the entry `about`."""
        relation = {CORRECT: "corrects", VOID: "voids", DISPUTE: "disputes"}.get(kind)
        [row] = self.log.storage.sealed(None, about, about + 1) if about is not None else [None]
        references = [Reference(row.leaf, relation, about)] if row and relation else ()
        receipt = self.log.submit_entry(
            None, type=kind, event=event, who=who, recorded_at=NOW, lots=lots, references=references, entry_id=name
        )
        return self._sealed(receipt.id)

    def map(self) -> int:
        return append_map(self.log.storage, None, origin=ORIGIN, who=OPERATOR, now=NOW)

    def withhold(self, seq: int) -> None:
        told = {"origin": ORIGIN, "who": OPERATOR, "seq": seq, "reason": "phone_number", "now": NOW}
        announce_redaction(self.log.storage, None, **told)
        self.log.storage.withhold(None, seq)

    def sign(self):
        return self.log.checkpoint(lambda: nullcontext(None), NOW)

    def bundle(self, lot: str = LOT, **more) -> dict:
        storage, proof = self.log.storage, map_proof(self.log.storage, None, lot)
        made = build(
            storage, None, lot=lot, signed=self.log.latest_checkpoint(None), proof=proof, **more
        )
        return json.loads(json.dumps(made))

    def pins(self, **more) -> dict:
        keys = [str(key) for key in self.log.verifiers(None)]
        return {"origin": ORIGIN, "operator": OPERATOR, "keys": keys, "policy": ""} | more

    def _sealed(self, entry_id: str) -> int:
        while self.log.sequence(None).sealed:
            pass
        return self.log.find(None, entry_id).seq


def full(story: Story) -> dict:
    """Events, a correction by a certifier, a void, a dispute, an opening, a withheld entry, a map, entries after it."""
    for number in range(5):
        story.event(f"LOT{number}")
    first = story.event(LOT, OTHER)
    second = story.event(committed="Lê Thị Út")
    bad = story.event()
    story.later(GRANT, {"to": "alias:inspector", "right": "certifier"}, who=OPERATOR, lots=(), name="grant/certifier/alias:inspector")
    fields = {"fields": {"/bizStep": "cns:bs-weeding"}, "reason": "wrong_word"}
    story.later(CORRECT, fields, who="alias:inspector", about=first, lots=(LOT, OTHER))
    story.later(VOID, {"reason": "mistake"}, about=second)
    story.later(DISPUTE, {"reason": "not_so"}, who="alias:buyer", about=bad)
    story.withhold(bad)
    story.map()
    story.event()
    story.later(RECALL, {"reason": "residue"})
    story.sign()
    story.event()
    [row] = story.log.storage.sealed(None, second, second + 1)
    opening = Opening(row.id, PATH, SALT, "Lê Thị Út")
    return story.bundle(context=["grant/certifier/alias:inspector"], openings=[opening])


def changed(bundle: dict, change) -> dict:
    """A copy that `change` was let loose on."""
    copy = deepcopy(bundle)
    change(copy)
    return copy
