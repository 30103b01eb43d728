"""A small living market for tests that visit every page: two alike sellers with everything a page can show.

Made through the services wherever a service exists, so that pages find sealed events, orders in every state and papers on disk.
"""

import hashlib
import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import current_app
from PIL import Image
from sqlalchemy import inspect, text
from werkzeug.datastructures import FileStorage

from marketplace import provenance
from marketplace.accounts.models import Person
from marketplace.catalogue.models import Product, ProductPhoto
from marketplace.database import db, transaction, vietnam_day
from marketplace.lots import services as lots
from marketplace.lots.models import DiaryEntry, GrowingArea, Lot
from marketplace.orders import services as orders
from marketplace.orders.services import Placed
from marketplace.sellers import services as sellers
from marketplace.sellers.models import Seller
from marketplace.web import images, uploads
from tests.factories.accounts import make_helper, make_officer, make_person
from tests.factories.catalogue import make_product
from tests.factories.orders import bring_to, orders_of, place
from tests.factories.places import any_place
from tests.factories.sellers import make_certificate, make_document, make_member, make_seller

LOT_STATES = ("draft", "released", "expired", "blocked", "recalled", "closed", "cancelled", "corrected")
ORDER_STATES = ("PENDING_SELLER", "ACCEPTED", "PACKED", "SHIPPED", "DELIVERED", "CANCELLED")


@dataclass
class Stall:
    """One seller and what it has; dictionaries are by state."""

    seller: Seller
    owner: Person
    member: Person
    area: GrowingArea
    certificate_id: int
    document_id: int
    paper_id: int
    invitation: sellers.members.Invited
    products: dict[str, Product]
    photo_key: str = ""
    lots: dict[str, Lot] = field(default_factory=dict)
    entries: dict[str, int] = field(default_factory=dict)  # the spraying in each lot's diary
    orders: dict[str, str] = field(default_factory=dict)
    purchases: dict[str, Placed] = field(default_factory=dict)


@dataclass(frozen=True)
class Market:
    """The people and sellers of the market; `first` and `second` are alike."""

    now: datetime
    first: Stall
    second: Stall
    waiting: Seller
    officer: Person
    helper: Person
    buyer: Person
    report_id: int


def make_market(now: datetime) -> Market:
    """Everything, as of `now`; committed."""
    officer, buyer = make_officer(full_name="Lê Văn Duyệt"), make_person(full_name="Phạm Thị Mua")
    first, second = make_stall(now, officer, buyer), make_stall(now, officer, buyer)
    waiting = make_seller(state="submitted", name="Tổ hợp tác Chờ Duyệt", kind="cooperative_group")
    make_document(waiting)
    report = lots.report_problem(
        code=first.lots["released"].code, kind="quality", text="Trái bị dập gần hết, không giống hình.", contact="0912345678", now=now
    )
    provenance.publish_checkpoint(now=now)
    return Market(
        now=now, first=first, second=second, waiting=waiting, officer=officer, helper=make_helper(), buyer=buyer, report_id=report.id
    )


def make_stall(now: datetime, officer: Person, buyer: Person) -> Stall:
    """A cooperative with members, papers, products, lots and orders in every state."""
    owner = make_person(full_name="Trần Văn Vườn")
    seller = make_seller(owner=owner, about="Xoài, bưởi của bốn mươi nhà vườn xã Trường Long.")
    certificate = make_certificate(seller)
    sellers.check_certificate(actor=officer, seller_id=seller.id, certificate_id=certificate.id, now=now)
    paper = sellers.add_document(actor=owner, seller_id=seller.id, kind="other", paper=uploads.receive(_scan()), now=now)
    named = {"actor": owner, "seller_id": seller.id, "now": now}
    stall = Stall(
        seller=seller, owner=owner, member=make_member(seller), certificate_id=certificate.id, document_id=make_document(seller).id,
        paper_id=paper,
        area=lots.create_growing_area(
            **named, name="Vườn xoài ấp Trường Thọ", crop="Xoài cát", code="VN-CTOR-0042", place_id=any_place().id, square_metres=12_000
        ),
        invitation=sellers.invite(**named, login="+84912000111", role="packer", link_base="https://chonongsan.test/kenh-ban/loi-moi/"),
        products={
            state: make_product(seller, state=state, certificates=(certificate,) if state == "listed" else (),
                                channels={"facebook": "https://facebook.com/htx"}, description="Trái chín cây, hái buổi sớm.")
            for state in ("listed", "draft", "submitted", "rejected", "withdrawn")
        },
    )
    for product in stall.products.values():
        stall.photo_key = _photograph(product, now)
    stall.lots = {state: make_sealed_lot(stall, state, now) for state in LOT_STATES}
    stall.entries = {state: entry_of(lot, "spraying") for state, lot in stall.lots.items()}
    for state in ORDER_STATES:
        _order(stall, state, now, buyer)
    return stall


def make_sealed_lot(stall: Stall, state: str, now: datetime, quantity: int = 200_000) -> Lot:
    """A lot with a diary of four entries in the log, led to `state` ("expired" is released with its use-by date past,
    "corrected" is released, then its spraying corrected and doubted and its fertilising taken back)."""
    named = {"actor": stall.owner, "seller_id": stall.seller.id}
    begun = now - timedelta(days=60)
    lot = lots.create_lot(
        **named, product_id=stall.products["listed"].id, growing_area_id=stall.area.id, started_on=vietnam_day(begun), quantity=quantity,
        best_before=vietnam_day(now - timedelta(days=15)) if state == "expired" else vietnam_day(now + timedelta(days=30)),
        now=now - timedelta(days=59),
    )
    for number, (kind, days, details) in enumerate(_diary(quantity)):
        moment = begun + timedelta(days=days)
        lots.record_diary(**named, lot_id=lot.id, kind=kind, happened_at=moment, details=details, client_key=f"diary-{number}", now=moment)
    released = now - timedelta(days=20)
    why = {"reason_code": "residue", "reason": "Mẫu kiểm có dư lượng thuốc.", "now": now - timedelta(days=1)}
    if state == "cancelled":
        lots.cancel_lot(**named, lot_id=lot.id, reason="Lũ ngập vườn", now=released)
    elif state != "draft":
        lots.release_lot(**named, lot_id=lot.id, now=released)
    if state == "blocked":
        lots.block_lot(actor=stall.owner, lot_id=lot.id, **why)
    elif state == "recalled":
        lots.recall_lot(actor=stall.owner, lot_id=lot.id, **why)
    elif state == "closed":
        lots.close_lot(**named, lot_id=lot.id)
    elif state == "corrected":
        _correct(stall, lot, now - timedelta(days=1))
    return lot


def _correct(stall: Stall, lot: Lot, now: datetime) -> None:
    spraying, fertilising = entry_of(lot, "spraying"), entry_of(lot, "fertilising")
    _kind, days, details = _diary(1)[2]
    named = {"actor": stall.owner, "seller_id": stall.seller.id, "lot_id": lot.id, "client_key": None, "now": now}
    lots.correct_entry(
        **named, entry_id=spraying, happened_at=now - timedelta(days=60 - days), details=details | {"dose": "3"}, reason="wrong_day",
        seen=0)
    lots.void_entry(**named, entry_id=fertilising, reason="wrong_lot", seen=0)
    lots.dispute_entry(actor=make_officer(), lot_id=lot.id, entry_id=spraying, reason="wrong_quantity", now=now)


def entry_of(lot: Lot, kind: str) -> int:
    """The lot's first diary entry of that kind."""
    return db.session.query(DiaryEntry.id).filter_by(lot_id=lot.id, kind=kind).order_by(DiaryEntry.id).limit(1).scalar()


def _diary(quantity: int) -> tuple:
    return (
        ("sowing", 1, {"material": "Xoài cát Hòa Lộc", "amount": "40", "unit": "piece", "method": "grafted"}),
        ("fertilising", 10, {"material": "Phân hữu cơ vi sinh", "amount": "120", "unit": "kg", "method": "root"}),
        ("spraying", 20, {
            "material": "Chế phẩm Bt", "ingredient": "Bacillus thuringiensis", "dose": "2", "dose_unit": "ml_per_l", "target": "sâu ăn lá",
            "interval_days": 7, "interval_source": "label",
        }),
        ("harvesting", 35, {"quantity": quantity, "grade": "first"}),
    )


def _photograph(product: Product, now: datetime) -> str:
    """A real picture on disk, of a colour of its own; returns its key."""
    picture = images.store(
        jpeg(f"#{product.id % 4096:03x}", (1400, 1050)), name="a.jpg", uploads=current_app.extensions["settings"].uploads_dir
    )
    with transaction() as session:
        session.add(ProductPhoto(
            product_id=product.id, position=0, key=picture.key, widths=list(picture.widths), width=picture.width, height=picture.height,
            sha256=picture.sha256, alt=product.name, added_at=now,
        ))
    return picture.key


def _order(stall: Stall, state: str, now: datetime, buyer: Person) -> None:
    """A cash purchase of two kilograms, led to `state`."""
    phone = f"+8491{stall.seller.id:03d}{len(stall.orders):04d}"  # the market takes few open cash orders from one number
    placed = place({stall.products["listed"].id: 2000}, now=now, phone=phone, buyer=buyer if state == "SHIPPED" else None)
    [order] = orders_of(placed)
    if state == "CANCELLED":
        orders.cancel_by_buyer(buyer=None, token=placed.guest_token, purchase_code=placed.purchase_code, order_code=order.code, now=now)
    elif state != "PENDING_SELLER":
        bring_to(state, order, now=now)
    stall.orders[state], stall.purchases[state] = order.code, placed


def _scan() -> FileStorage:
    return FileStorage(io.BytesIO(jpeg("#cfe3c3")), filename="giay.jpg", content_type="image/jpeg")


def jpeg(colour: str, size: tuple[int, int] = (640, 480)) -> bytes:
    """A plain picture."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def fingerprint(*, without: frozenset[str] = frozenset()) -> dict[str, tuple[int, str]]:
    """Every table's number of rows and a hash of them all: equal before and after means nothing changed."""
    found = {}
    with db.engine.connect() as connection:
        for name in sorted(set(inspect(connection).get_table_names()) - without):
            rows = sorted(repr(tuple(row)) for row in connection.execute(text(f'SELECT * FROM "{name}"')))
            found[name] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
    return found
