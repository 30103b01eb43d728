"""What a seller says about a product, as the form hands it to the services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Details:
    """What a seller says about a product; what is not known yet is empty or None (then it can only be a draft).

    `price` in đồng per kilogram (mass) or per piece; `minimum` and the weight of a piece in grams or pieces.
    `channels` maps a channel of CHANNELS to a link or "".
    """

    name: str = ""
    variety: str = ""
    description: str = ""
    category_id: int | None = None
    measure: str = "mass"
    unit_label: str = "kg"
    grams_per_piece: int | None = None
    price: int | None = None
    minimum: int = 1000
    season_from: int | None = None
    season_to: int | None = None
    produced_by_seller: bool = True
    channels: Mapping[str, str] = field(default_factory=dict)
    certificate_ids: Sequence[int] = ()
