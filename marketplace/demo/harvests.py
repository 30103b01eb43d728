"""Lots with their field diaries: one of 2022 for every traced product, one of these weeks for what is in season."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from marketplace.database import VIETNAM, db
from marketplace.demo.market import Good
from marketplace.demo.random_market import generator
from marketplace.lots import services as lots
from marketplace.lots.models import Lot

GROWN = ("trai-cay", "rau-cu", "gao-ngu-coc", "hoa-cay-giong")
FISH = ("thuy-san",)
MID_2022 = date(2022, 6, 20)
SPRAYS = (
    ("Chế phẩm Bt 32000", "Bacillus thuringiensis", "sâu ăn lá", 3),
    ("Dầu khoáng SK", "Petroleum spray oil", "rệp sáp", 7),
    ("Abamectin 1.8EC", "Abamectin", "nhện đỏ", 7),
    ("Trichoderma bột", "Trichoderma spp.", "nấm rễ", 1),
)
FERTILISERS = ("Phân hữu cơ vi sinh", "Phân trùn quế", "NPK 16-16-8", "Phân kali hữu cơ")


def at(day: date, hour: int) -> datetime:
    """A moment of a Vietnamese day, as UTC."""
    return datetime.combine(day, time(hour), VIETNAM).astimezone(UTC)


def in_season(good: Good, month: int) -> bool:
    """Whether the product is harvested in that month."""
    first, last = good.seed.season
    return first <= month <= last if first <= last else month >= first or month <= last


def first_half_2022(goods: Sequence[Good], tick: Callable[[], None]) -> dict[int, Lot]:
    """A released lot for every product, in the order in which they were released."""
    planned = []
    for number, good in enumerate(goods):
        chance = generator(f"lot-2022-{number}")
        begin = max((good.listed_on or good.stall.joined.date()) + timedelta(days=2), date(2022, 1, 4))
        day = begin + timedelta(days=chance.randint(0, max(0, (MID_2022 - begin).days)))
        planned.append((min(day, MID_2022), number, good))
    made = {}
    for day, number, good in sorted(planned, key=lambda plan: plan[:2]):
        made[good.product.id] = _lot(good, day, f"2022-{number}", stocked=400_000, diary=number % 4 == 0)
        tick()
    return made


def these_weeks(goods: Sequence[Good], today: date, tick: Callable[[], None]) -> dict[int, Lot]:
    """A lot on sale now for every listed product that is in season."""
    made = {}
    for number, good in enumerate(goods):
        if good.seed.listed and in_season(good, today.month):
            chance = generator(f"lot-now-{number}")
            made[good.product.id] = _lot(
                good, today - timedelta(days=chance.randint(2, 5)), f"now-{number}", stocked=900_000, diary=True
            )
        tick()
    return made


def close(goods: Sequence[Good], old: dict[int, Lot]) -> None:
    """The lots of 2022 are over: what was left was sold or used long ago."""
    for good in goods:
        lots.close_lot(actor=good.stall.owner, seller_id=good.stall.seller.id, lot_id=old[good.product.id].id)


def _lot(good: Good, harvested: date, part: str, *, stocked: int, diary: bool) -> Lot:
    chance = generator(f"lot-{part}")
    stall = good.stall
    mass = good.seed.measure == "mass"
    quantity = stocked if mass else 400 + chance.randint(0, 20) * 10
    fresh = good.product.perishable
    best_before = harvested + timedelta(days=chance.randint(12, 25) if fresh else chance.randint(200, 500))
    age = _age(good) if diary else 0
    lot = lots.create_lot(
        actor=stall.owner,
        seller_id=stall.seller.id,
        product_id=good.product.id,
        growing_area_id=stall.area.id,
        started_on=harvested - timedelta(days=age) if age else None,
        quantity=quantity,
        best_before=best_before,
        now=at(harvested, 6),
    )
    if diary:
        _grow(good, lot, harvested, age, chance)
    _write(good, lot, "harvesting", harvested, 7, {"quantity": quantity, "grade": chance.choice(("first", "mixed"))})
    packed = {
        "quantity": quantity,
        "packaging": chance.choice(("box", "bag", "net") if mass else ("box", "bag")),
        "best_before": best_before,
    }
    _write(good, lot, "packing", harvested, 14, packed)
    return lots.release_lot(actor=stall.owner, seller_id=stall.seller.id, lot_id=lot.id, now=at(harvested, 15))


def _age(good: Good) -> int:
    return {"rau-cu": 38, "gao-ngu-coc": 98, "thuy-san": 180}.get(good.trade, 110)


def _grow(good: Good, lot: Lot, harvested: date, age: int, chance) -> None:
    """The field work between planting and harvest, as a careful grower writes it down."""

    def write(days_before: int, hour: int, kind: str, **details) -> None:
        _write(good, lot, kind, harvested - timedelta(days=days_before), hour, details)

    if good.trade in FISH:
        write(age, 7, "stocking", material="Con giống khỏe", amount="120", unit="kg")
        write(20, 7, "feeding", material="Thức ăn viên 28% đạm", amount="260", unit="kg")
    if good.trade not in GROWN:
        return
    write(age, 7, "land_preparation", method=chance.choice(("ploughing", "raised_beds")))
    write(age // 2, 8, "fertilising", material=chance.choice(FERTILISERS), amount=str(chance.randint(20, 180)), unit="kg", method="root")
    material, ingredient, target, interval = chance.choice(SPRAYS)
    write(
        interval + chance.randint(3, 12), 16, "spraying", material=material, ingredient=ingredient, dose="2", dose_unit="ml_per_l",
        water_litres=str(chance.randint(8, 40) * 16), target=target, interval_days=interval, interval_source="label",
    )  # fmt: skip
    write(3, 6, "irrigating", source="canal", method="sprinkler")


def _write(good: Good, lot: Lot, kind: str, day: date, hour: int, details: dict) -> None:
    moment = at(day, hour)
    lots.record_diary(
        actor=good.stall.owner,
        seller_id=good.stall.seller.id,
        lot_id=lot.id,
        kind=kind,
        happened_at=moment,
        details=details,
        client_key=None,
        now=max(moment, lot.created_at),
    )
    db.session.flush()
