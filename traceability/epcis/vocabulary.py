"""The words events use: CBV 2.0 bare words, and our own `cns:` words for what happens before packing.

`cns:` stands for the site's `/voc/`, `cnt:` for its `/t/` (trace codes of lots); a published document maps both to the
address of the day, so that entries name no host.
"""

from dataclasses import dataclass

OWN = "cns:"
LOT = "cnt:"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ACTIONS = frozenset({"ADD", "OBSERVE", "DELETE"})

# CBV 2.0 §7.1
BIZ_STEPS = _words(
    "accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting"
    " decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting"
    " installing killing loading other packing picking receiving removing repackaging repairing replacing reserving"
    " retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting"
    " unloading unpacking void_shipping"
)

# CBV 2.0 §7.2
DISPOSITIONS = _words(
    "active available completeness_inferred completeness_verified conformant container_closed container_open damaged"
    " destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class mismatch_instance"
    " mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other partially_dispensed"
    " recalled reserved retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable"
    " unknown"
)

# CBV 2.0 §7.3
BIZ_TRANSACTION_TYPES = _words(
    "bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt"
)

# CBV 2.0 §7.5
ERROR_REASONS = _words("did_not_occur incorrect_data")

OWN_STEPS = frozenset(
    f"{OWN}bs-{word}"
    for word in _words("land_preparation sowing stocking fertilising feeding spraying treatment irrigating cooling")
)


@dataclass(frozen=True, slots=True)
class Activity:
    """How an activity of a farm or shop is told in EPCIS.

    `shape`: `inputs` uses materials up in a cycle, `outputs` brings goods out of it, `transform` turns lots into
    others, `object` tells something of the lots themselves.
    """

    shape: str
    biz_step: str
    disposition: str
    action: str = "OBSERVE"


ACTIVITIES = {
    "land_preparation": Activity("object", f"{OWN}bs-land_preparation", "in_progress"),
    "sowing": Activity("inputs", f"{OWN}bs-sowing", "in_progress"),
    "stocking": Activity("inputs", f"{OWN}bs-stocking", "in_progress"),
    "fertilising": Activity("inputs", f"{OWN}bs-fertilising", "in_progress"),
    "feeding": Activity("inputs", f"{OWN}bs-feeding", "in_progress"),
    "spraying": Activity("inputs", f"{OWN}bs-spraying", "in_progress"),
    "treatment": Activity("inputs", f"{OWN}bs-treatment", "in_progress"),
    "irrigating": Activity("object", f"{OWN}bs-irrigating", "in_progress"),
    "scouting": Activity("object", "inspecting", "in_progress"),
    "lab_test": Activity("object", "sampling", "in_progress"),
    "inspecting": Activity("object", "inspecting", "conformant"),
    "harvesting": Activity("outputs", "commissioning", "active"),
    "cooling": Activity("object", f"{OWN}bs-cooling", "in_progress"),
    "washing": Activity("transform", "commissioning", "active"),
    "drying": Activity("transform", "commissioning", "active"),
    "packing": Activity("transform", "packing", "in_progress"),
    "storing": Activity("object", "storing", "in_progress"),
    "released": Activity("object", "stocking", "sellable_accessible"),
    "shipping": Activity("object", "shipping", "in_transit"),
    "receiving": Activity("object", "receiving", "in_progress"),
    "selling": Activity("object", "retail_selling", "retail_sold"),
    "returning": Activity("object", "receiving", "returned"),
    "blocked": Activity("object", "holding", "non_sellable_other"),
    "unblocked": Activity("object", "stocking", "sellable_accessible"),
    "recall": Activity("object", "holding", "recalled"),
    "destroying": Activity("object", "destroying", "destroyed", "DELETE"),
}
"""By our own code of the activity; the table is reference traceability.md §2."""
