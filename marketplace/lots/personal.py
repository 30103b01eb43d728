"""Values of a diary entry that belong to a person: the log keeps commitments to them, and they can be erased."""

import hashlib
import unicodedata
from collections.abc import Mapping
from typing import Any

from marketplace.folding import fold
from marketplace.lots.vocabulary import BadDetail

LONGEST = {"worker": 80, "note": 300}
PATHS = {"worker": "/cns:worker", "note": "/cns:note"}
"""Where each would stand in the record, were it public."""
NAMES = {path: name for name, path in PATHS.items()}


def read_personal(values: Mapping[str, str]) -> dict[str, str]:
    """The values in their one spelling, empty ones left out. Raises BadDetail."""
    read = {}
    for name, value in values.items():
        text = " ".join(unicodedata.normalize("NFC", value or "").split())
        if name not in LONGEST or len(text) > LONGEST[name] or not text.replace(" ", "a").isprintable():
            raise BadDetail(field=name)
        if text:
            read[name] = text
    return read


def record_arguments(seller_id: int, personal: Mapping[str, str], publish: bool) -> dict[str, Any]:
    """What `provenance.record` takes for them: who worked is that person's own, a note is the seller's."""
    if not personal:
        return {}
    subjects = {"note": subject_of(seller_id), "worker": subject_of(seller_id, worker=personal.get("worker", ""))}
    return {
        "personal": {PATHS[name]: value for name, value in personal.items()},
        "subject": {PATHS[name]: subjects[name] for name in personal},
        "publish": publish,
    }


def subject_of(seller_id: int, *, worker: str | None = None) -> str:
    """Under which name the keys of a seller's values lie, or of one who worked there (by name, marks and case aside)."""
    if worker is None:
        return f"seller:{seller_id}"
    return "worker:" + hashlib.sha256(f"{seller_id}\0{fold(worker)}".encode()).hexdigest()[:32]
