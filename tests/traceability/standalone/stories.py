"""What tlog_verify.py says of one lot, in the form of fold_told.mjs."""

import json
from hashlib import sha256

from traceability.standalone.verifier import tlog_verify


def told_of(report: dict) -> list:
    """[events, recalls] of a report made with `--lot`: events as {seq: [fields, void, disputed, [[seq, counts]], changes]}."""
    story = json.loads(json.dumps(report["lot"]["entries"]))
    kinds = [(item, item.get("t")) for item in story if not item.get("withheld")]
    events = {str(item["seq"]): _event(item) for item, kind in kinds if kind == tlog_verify.EVENT}
    return [events, [[item["seq"], item["counts"]] for item, kind in kinds if kind == tlog_verify.RECALL]]


def digest(told: list) -> str:
    """The same as the script's."""
    return sha256(json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()[:16]


def _event(item: dict) -> list:
    told = [[one["seq"], one["counts"]] for one in item["told"]]
    changes = [[one["seq"], *change] for one in item["told"] if one["counts"] for change in one.get("changes", [])]
    return [item["fields"], item.get("void", False), item.get("disputed", False), told, changes]
