"""Sellers, members, papers and certificates for tests; every function flushes and commits."""

from datetime import UTC, date, datetime
from itertools import count

from marketplace.accounts.models import Person
from marketplace.database import transaction
from marketplace.folding import fold
from marketplace.places.models import PlaceUnit
from marketplace.sellers.models import Certificate, Seller, SellerDocument, SellerMember
from tests.factories.accounts import make_person
from tests.factories.places import any_place

EARLIER = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)
_numbers = count(1)


def make_seller(
    *,
    state: str = "approved",
    kind: str = "cooperative",
    owner: Person | None = None,
    place: PlaceUnit | None = None,
    **columns,
) -> Seller:
    """A seller with one owner (made unless given); columns of the model may be overridden by keyword."""
    number = next(_numbers)
    owner = owner or make_person()
    place_id = columns.pop("place_id", None) or (place or any_place()).id
    name = columns.pop("name", f"Hợp tác xã Thử nghiệm {number}")
    values = {
        "slug": f"thu-nghiem-{number}",
        "tax_code": tax_code(number),
        "phone": "+842923811811",
        "email": None,
        "address_line": "Ấp Thới Bình",
        "created_at": EARLIER,
        "search_key": fold(name),
        "submitted_at": None if state == "draft" else EARLIER,
        "approved_at": EARLIER if state in {"approved", "suspended"} else None,
    } | columns
    with transaction() as session:
        seller = Seller(kind=kind, state=state, name=name, place_id=place_id, **values)
        session.add(seller)
        session.flush()
        session.add(SellerMember(seller_id=seller.id, person_id=owner.id, role="owner", added_at=EARLIER))
    return seller


def make_member(seller: Seller, *, role: str = "packer", person: Person | None = None) -> Person:
    """One more person of the seller, in the given role."""
    person = person or make_person()
    with transaction() as session:
        session.add(SellerMember(seller_id=seller.id, person_id=person.id, role=role, added_at=EARLIER))
    return person


def make_document(
    seller: Seller, *, kind: str = "business_registration", state: str = "pending", **columns
) -> SellerDocument:
    """A paper row (no file on disk) handed in by the seller's first member."""
    with transaction() as session:
        uploader = (
            columns.pop("uploaded_by_id", None)
            or session.query(SellerMember.person_id)
            .filter_by(seller_id=seller.id)
            .order_by(SellerMember.added_at)
            .limit(1)
            .scalar()
        )
        values = {
            "file_key": f"test/{next(_numbers)}.pdf",
            "media_type": "application/pdf",
            "sha256": "0" * 64,
            "size_bytes": 1000,
            "uploaded_at": EARLIER,
        } | columns
        document = SellerDocument(seller_id=seller.id, kind=kind, state=state, uploaded_by_id=uploader, **values)
        session.add(document)
    return document


def make_certificate(seller: Seller, *, kind: str = "vietgap", **columns) -> Certificate:
    """A declared certificate valid through 2026 and 2027; OCOP gets 4 stars unless told otherwise."""
    number = next(_numbers)
    values = {
        "number": f"{kind.upper()}-{number:04d}",
        "issuer": "Trung tâm Chất lượng nông lâm thủy sản vùng 6",
        "scope": "Rau ăn lá, 2 ha",
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2027, 12, 31),
        "stars": 4 if kind == "ocop" else None,
        "declared_at": EARLIER,
    } | columns
    with transaction() as session:
        certificate = Certificate(seller_id=seller.id, kind=kind, **values)
        session.add(certificate)
    return certificate


def tax_code(number: int) -> str:
    """The `number`-th ten-digit tax code with a right check digit (weights 31 29 23 19 17 13 7 5 3, mod 11)."""
    skipped = 0
    base = 180000000
    while True:
        base += 1
        rest = (
            sum(int(digit) * weight for digit, weight in zip(str(base), (31, 29, 23, 19, 17, 13, 7, 5, 3), strict=True))
            % 11
        )
        if rest == 0:  # its check digit would be 10: never issued
            continue
        skipped += 1
        if skipped == number:
            return f"{base}{10 - rest}"
