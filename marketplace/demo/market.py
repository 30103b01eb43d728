"""Sellers and their goods: registered, reviewed, certified and listed through the same services people use."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from marketplace.accounts.models import Person
from marketplace.catalogue import services as catalogue
from marketplace.catalogue.models import Category, Product
from marketplace.database import db
from marketplace.demo import goods, people, photos
from marketplace.demo.goods import ProductSeed, SellerSeed
from marketplace.demo.random_market import generator
from marketplace.lots import services as lots
from marketplace.lots.models import GrowingArea
from marketplace.places.models import PlaceUnit
from marketplace.sellers import services as sellers
from marketplace.sellers.models import Seller
from marketplace.sellers.policies import REQUIRED_DOCUMENTS

OPENED = datetime(2021, 10, 4, 2, tzinfo=UTC)
CHANNELS = ("postmart", "voso", "shopee", "lazada", "tiki")
WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


@dataclass(frozen=True)
class Stall:
    """A seller as the demo plays it: the row, its owner, its growing area."""

    seller: Seller
    owner: Person
    area: GrowingArea
    joined: datetime


@dataclass(frozen=True)
class Good:
    """A product with the seed it came from and its stall."""

    product: Product
    seed: ProductSeed
    stall: Stall
    trade: str  # slug of the top category
    listed_on: date | None
    details: catalogue.Details | None  # as listed


def tax_code(number: int) -> str:
    """A well-formed code under a province number that was never given out, so that it is nobody's."""
    for serial in range(number * 11, number * 11 + 11):
        digits = f"99{serial:07d}"
        check = 10 - sum(int(d) * w for d, w in zip(digits, WEIGHTS, strict=True)) % 11
        if 0 <= check < 10:
            return f"{digits}{check}"
    raise AssertionError("eleven serials in a row without a check digit")


def open_stalls(*, owners: dict[str, Person], officer: Person, tick: Callable[[], None]) -> dict[str, Stall]:
    """The 43 sellers, one or two a week from the opening, each approved two days after it handed in its papers."""
    places = {
        name: id_
        for id_, name in db.session.execute(select(PlaceUnit.id, PlaceUnit.name).where(PlaceUnit.valid_to.is_(None)))
    }
    stalls = {}
    for number, seed in enumerate(goods.sellers(), start=1):
        at = OPENED + timedelta(days=number * 5, hours=number % 7)
        owner = owners.get(seed.name) or people.owner(number, now=at)
        stalls[seed.name] = _open(seed, number, places[seed.ward], owner, officer, at)
        tick()
    return stalls


def _open(seed: SellerSeed, number: int, place_id: int, owner: Person, officer: Person, at: datetime) -> Stall:
    chance = generator(f"seller-{number}")
    details = sellers.Details(
        kind=seed.kind,
        name=seed.name,
        tax_code=tax_code(number),
        phone=f"+842921{100_000 + number * 137}",
        address_line=f"{chance.randint(2, 480)} đường số {chance.randint(1, 24)}",
        place_id=place_id,
        about=_about(seed),
        show_phone=True,
    )
    seller = sellers.register(actor=owner, details=details, consent=True, now=at)
    papers = [
        sellers.add_document(actor=owner, seller_id=seller.id, kind=kind, paper=photos.sample_paper(), now=at)
        for kind in REQUIRED_DOCUMENTS[seed.kind]
    ]
    sellers.submit(actor=owner, seller_id=seller.id, now=at + timedelta(hours=1))
    for paper in papers:
        sellers.review_document(
            actor=officer, seller_id=seller.id, document_id=paper, accepted=True, reason="", now=at + timedelta(days=1)
        )
    sellers.approve(actor=officer, seller_id=seller.id, now=at + timedelta(days=2))
    area = lots.create_growing_area(
        actor=owner,
        seller_id=seller.id,
        name=f"Khu {chance.choice('ABCDE')}{chance.randint(1, 9)}",
        crop=seed.trade,
        code=f"VN-CTOR-{number:04d}" if seed.trade == "trai-cay" else None,
        place_id=place_id,
        square_metres=chance.randint(8, 320) * 1000,
        now=at + timedelta(days=2),
    )
    return Stall(seller, owner, area, at + timedelta(days=2))


def _about(seed: SellerSeed) -> str:
    place = seed.ward.removeprefix("Phường ").removeprefix("Xã ")
    return {
        "company": f"Thu mua, sơ chế và đóng gói nông sản tại {place}, nhận đơn sỉ và lẻ quanh năm.",
        "cooperative": f"Bà con xã viên ở {place} cùng trồng một quy trình, ghi sổ chung và bán chung một giá.",
        "service_centre": "Cung cấp cây giống, con giống và hướng dẫn kỹ thuật cho nhà vườn trong thành phố.",
    }.get(seed.kind, f"Cơ sở gia đình ở {place}, làm theo nghề nhà, mỗi ngày một mẻ.")


def top_categories() -> dict[str, str]:
    """Category slug -> slug of its top category."""
    rows = db.session.execute(select(Category.id, Category.slug, Category.parent_id)).all()
    slugs = {row.id: row.slug for row in rows}
    return {row.slug: slugs[row.parent_id] if row.parent_id else row.slug for row in rows}


def stock_shelves(*, stalls: dict[str, Stall], officer: Person, pictures: photos.Darkroom, tick: Callable[[], None]) -> list[Good]:
    """All products: those on sale listed by the officer in the weeks after their seller joined."""
    tops = top_categories()
    ids = {slug: id_ for id_, slug in db.session.execute(select(Category.id, Category.slug))}
    made = []
    for number, (seller_seed, seed) in enumerate(goods.assign(tops)):
        made.append(
            _list(number, stalls[seller_seed.name], seed, tops[seed.category], ids[seed.category], officer, pictures)
        )
        tick()
    return made


def _list(
    number: int, stall: Stall, seed: ProductSeed, trade: str, category_id: int, officer: Person, pictures: photos.Darkroom
) -> Good:
    chance = generator(f"product-{number}")
    at = stall.joined + timedelta(days=1 + chance.randint(0, 12), hours=chance.randint(0, 8))
    certificates = _certify(stall, seed, officer, at) if seed.listed else []
    channels = dict.fromkeys(chance.sample(CHANNELS, chance.choice((0, 0, 1, 2))), "") if seed.listed else {}
    details = catalogue.Details(
        name=seed.name,
        description=_words(seed, stall),
        category_id=category_id,
        measure=seed.measure,
        unit_label=seed.unit,
        grams_per_piece=seed.grams,
        price=seed.price,
        minimum=500 if seed.measure == "mass" else 1,
        season_from=seed.season[0],
        season_to=seed.season[1],
        channels=channels,
        certificate_ids=certificates,
    )
    product = catalogue.create_product(
        actor=stall.owner,
        seller_id=stall.seller.id,
        details=details,
        photos=pictures.of(seed.subject, number),
        now=at,
    )
    if not seed.listed:
        return Good(product, seed, stall, trade, None, None)
    catalogue.submit_product(
        actor=stall.owner, seller_id=stall.seller.id, product_id=product.id, now=at + timedelta(hours=1)
    )
    listed = at + timedelta(hours=5)
    catalogue.list_product(actor=officer, product_id=product.id, now=listed)
    return Good(product, seed, stall, trade, listed.date(), details)


def _words(seed: ProductSeed, stall: Stall) -> str:
    packed = f"Đóng {seed.unit}." if seed.measure == "piece" else "Cân theo ký, nhận từ nửa ký."
    return f"{seed.name} của {stall.seller.name}. {packed} Mỗi lô có mã để bà con quét xem ngày thu hoạch và sổ ghi."


def _certify(stall: Stall, seed: ProductSeed, officer: Person, at: datetime, *, year: int = 2021) -> list[int]:
    """OCOP for the four, VietGAP for cooperatives' produce: declared by the seller, checked by the officer."""
    kinds = []
    if seed.name in goods.OCOP:
        kinds.append(
            (
                "ocop",
                f"{400 + goods.OCOP.index(seed.name)}/QĐ-UBND",
                "UBND thành phố Cần Thơ",
                4 if "Nhãn" in seed.name else 3,
            )
        )
    if stall.seller.kind == "cooperative":
        kinds.append(
            ("vietgap", f"VietGAP-TT-{stall.seller.id:02d}-{stall.seller.id * 7:04d}", "Trung tâm chứng nhận mẫu", None)
        )
    return [
        _certificate(stall, officer, kind, f"{number}/{year}", issuer, stars, year, seed, at)
        for kind, number, issuer, stars in kinds
    ]


def _certificate(stall, officer, kind, number, issuer, stars, year, seed, at) -> int:
    known = {c.number: c.id for c in stall.seller.certificates if c.kind == kind}
    if number in known:
        return known[number]
    details = sellers.CertificateDetails(
        kind=kind,
        number=number,
        issuer=issuer,
        scope=seed.name if kind == "ocop" else stall.area.name,
        valid_from=date(year, 9, 1),
        valid_to=date(year + 3, 8, 31),
        stars=stars,
    )
    declared = max(at, datetime(year, 9, 2, 2, tzinfo=UTC))
    certificate = sellers.add_certificate(
        actor=stall.owner, seller_id=stall.seller.id, details=details, paper=None, now=declared
    )
    sellers.check_certificate(
        actor=officer, seller_id=stall.seller.id, certificate_id=certificate, now=declared + timedelta(hours=3)
    )
    db.session.refresh(stall.seller, ["certificates"])
    return certificate


def renew(shelf: list[Good], officer: Person) -> None:
    """Three years on: recognitions and certificates were given again, and the sellers put the new ones on their goods."""
    at = datetime(2024, 12, 9, 2, tzinfo=UTC)
    for good in shelf:
        if good.details is None or not good.details.certificate_ids:
            continue
        renewed = _certify(good.stall, good.seed, officer, at, year=2024)
        catalogue.update_product(
            actor=good.stall.owner,
            seller_id=good.stall.seller.id,
            product_id=good.product.id,
            version=good.product.version,
            details=replace(good.details, certificate_ids=[*good.details.certificate_ids, *renewed]),
            now=at + timedelta(hours=5),
        )
