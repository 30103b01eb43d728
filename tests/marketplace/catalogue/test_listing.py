"""The life of a listing: draft, review, price changes, withdrawal, and who may do what."""

from datetime import date

import pytest

from marketplace.catalogue import queries, services
from marketplace.catalogue.models import Product, ProductDecision
from marketplace.catalogue.services import Details
from marketplace.catalogue.services.listing import Incomplete, SellerCannotList, WrongState
from marketplace.catalogue.services.writing import (
    BadLink,
    BadMonths,
    BadPrice,
    BadQuantity,
    BadUnit,
    ForeignCertificate,
    MeasureFixed,
    Stale,
    TextTooLong,
    TooManyPhotos,
    UnknownCategory,
)
from marketplace.database import db, transaction
from marketplace.errors import Forbidden, NotFound
from marketplace.sellers.services.access import OtherArea, OwnSeller, ReasonMissing
from marketplace.web.images import StoredPicture
from tests.factories.accounts import make_officer, make_person
from tests.factories.catalogue import make_category, make_product
from tests.factories.sellers import make_certificate, make_member, make_seller


def picture(number: int) -> StoredPicture:
    return StoredPicture(f"{number:032x}", (320, 640), 640, 480, f"{number:064x}")


def details(**given) -> Details:
    values = {"name": "Cam sành", "category_id": make_category("cam-quyt-buoi").id, "price": 28_000} | given
    return Details(**values)


@pytest.fixture
def owner(app):
    return make_person()


@pytest.fixture
def seller(owner):
    return make_seller(owner=owner)


@pytest.fixture
def draft(owner, seller, now):
    return services.create_product(actor=owner, seller_id=seller.id, details=details(), photos=[picture(1)], now=now)


@pytest.fixture
def listed(owner, seller, draft, now):
    services.submit_product(actor=owner, seller_id=seller.id, product_id=draft.id, now=now)
    return services.list_product(actor=make_officer(), product_id=draft.id, now=now)


def stored(product) -> Product:
    db.session.rollback()
    return db.session.get(Product, product.id, populate_existing=True)


def save(owner, product, now, *, version=None, photos=(), removed=(), first=None, **given):
    return services.update_product(
        actor=owner,
        seller_id=product.seller_id,
        product_id=product.id,
        version=version or product.version,
        details=details(**given),
        photos=photos,
        removed_photos=removed,
        first_photo=first,
        now=now,
    )


def test_an_empty_form_is_kept_as_a_draft_and_names_what_is_missing(owner, seller, now):
    product = services.create_product(actor=owner, seller_id=seller.id, details=Details(), now=now)

    assert stored(product).state == "draft"
    assert queries.desk_product(seller_id=seller.id, product_id=product.id).missing == ("photos", "name", "category_id", "price")


def test_an_incomplete_draft_cannot_be_handed_in(owner, seller, now):
    product = services.create_product(actor=owner, seller_id=seller.id, details=details(price=None), now=now)

    with pytest.raises(Incomplete) as refusal:
        services.submit_product(actor=owner, seller_id=seller.id, product_id=product.id, now=now)

    assert refusal.value.field == "photos"
    assert stored(product).state == "draft"


def test_a_listing_goes_through_review_and_every_step_is_written_down(owner, seller, listed):
    assert stored(listed).state == "listed"
    history = db.session.query(ProductDecision.before, ProductDecision.after).order_by(ProductDecision.id).all()
    assert [tuple(row) for row in history] == [("draft", "submitted"), ("submitted", "listed")]


def test_a_new_price_of_a_listed_product_counts_at_once(owner, listed, now):
    before = listed.version

    save(owner, listed, now, price=31_000)

    product = stored(listed)
    assert (product.state, product.price, product.version) == ("listed", 31_000, before + 1)


@pytest.mark.parametrize(
    "change", [{"name": "Cam xoàn"}, {"category": "xoai"}, {"photos": [picture(2)]}], ids=["name", "shelf", "photo"]
)
def test_what_the_officer_looked_at_goes_back_to_review_when_changed(owner, listed, now, change):
    given = {"photos": change.get("photos", ())}
    if "name" in change:
        given["name"] = change["name"]
    if "category" in change:
        given["category_id"] = make_category("xoai").id

    save(owner, listed, now, **given)

    assert stored(listed).state == "submitted"


def test_the_same_form_saved_again_changes_no_state(owner, listed, now):
    save(owner, listed, now)
    assert stored(listed).state == "listed"


def test_a_form_filled_from_an_older_version_is_refused_and_changes_nothing(owner, listed, now):
    version = listed.version
    save(owner, listed, now, price=31_000)

    with pytest.raises(Stale) as refusal:
        save(owner, listed, now, version=version, price=1_000)

    assert refusal.value.status == 409
    assert stored(listed).price == 31_000


def test_a_listed_product_cannot_be_emptied(owner, listed, now):
    with pytest.raises(Incomplete):
        save(owner, listed, now, price=None)
    assert stored(listed).price == 28_000


def test_withdrawn_goods_return_at_once_unless_what_was_reviewed_changed(owner, seller, listed, now):
    which = {"actor": owner, "seller_id": seller.id, "product_id": listed.id, "now": now}
    services.withdraw_product(**which)
    services.relist_product(**which)
    assert stored(listed).state == "listed"

    withdrawn = services.withdraw_product(**which)
    save(owner, withdrawn, now, name="Cam khác")
    assert stored(listed).state == "draft"
    with pytest.raises(WrongState):
        services.relist_product(**which)


def test_weight_and_pieces_cannot_be_swapped_after_handing_in(owner, listed, now):
    with pytest.raises(MeasureFixed):
        save(owner, listed, now, measure="piece", unit_label="trái", minimum=1)


def test_rejection_needs_a_reason_and_tells_it(owner, seller, draft, now):
    services.submit_product(actor=owner, seller_id=seller.id, product_id=draft.id, now=now)
    officer = make_officer()
    with pytest.raises(ReasonMissing):
        services.reject_product(actor=officer, product_id=draft.id, reason="  ", now=now)

    services.reject_product(actor=officer, product_id=draft.id, reason="Ảnh mờ.", now=now)

    assert (stored(draft).state, draft.decision_reason) == ("rejected", "Ảnh mờ.")
    services.submit_product(actor=owner, seller_id=seller.id, product_id=draft.id, now=now)
    assert stored(draft).state == "submitted"


def test_an_officer_decides_about_the_version_that_was_read(owner, seller, draft, now):
    submitted = services.submit_product(actor=owner, seller_id=seller.id, product_id=draft.id, now=now)
    read = submitted.version
    save(owner, submitted, now, name="Thuốc chữa bệnh")

    with pytest.raises(Stale):
        services.list_product(actor=make_officer(), product_id=draft.id, version=read, now=now)


def test_a_listed_product_is_taken_down_with_a_reason(listed, now):
    services.take_down_product(actor=make_officer(), product_id=listed.id, reason="Theo văn bản số 12.", now=now)
    assert stored(listed).state == "rejected"


def test_officers_decide_in_their_area_and_never_about_their_own_shop(owner, seller, draft, now):
    services.submit_product(actor=owner, seller_id=seller.id, product_id=draft.id, now=now)
    insider = make_officer()
    make_member(seller, role="packer", person=insider)
    for officer, refusal in ((make_officer(area="hau-giang"), OtherArea), (insider, OwnSeller), (make_person(), OtherArea)):
        with pytest.raises(refusal):
            services.list_product(actor=officer, product_id=draft.id, now=now)
    assert stored(draft).state == "submitted"


@pytest.mark.parametrize("verb", ["submit_product", "withdraw_product", "relist_product"])
def test_other_people_s_products_do_not_exist(draft, now, verb):
    stranger = make_person()
    own = make_seller(owner=stranger)
    for seller_id in (own.id, draft.seller_id):
        with pytest.raises(NotFound):
            getattr(services, verb)(actor=stranger, seller_id=seller_id, product_id=draft.id, now=now)
    assert stored(draft).state == "draft"


def test_packers_may_not_touch_listings(seller, draft, now):
    with pytest.raises(Forbidden):
        save(make_member(seller, role="packer"), draft, now, price=1)


@pytest.mark.parametrize("state", ["suspended", "closed"])
def test_a_silent_shop_lists_nothing(owner, seller, draft, now, state):
    with transaction():
        seller.state = state
    with pytest.raises(SellerCannotList):
        services.submit_product(actor=owner, seller_id=seller.id, product_id=draft.id, now=now)


@pytest.mark.parametrize(
    ("given", "refusal", "field"),
    [
        ({"price": 0}, BadPrice, "price"),
        ({"price": -5}, BadPrice, "price"),
        ({"price": 10**13}, BadPrice, "price"),
        ({"minimum": 0}, BadQuantity, "minimum"),
        ({"minimum": 10**12}, BadQuantity, "minimum"),
        ({"measure": "piece", "unit_label": "trái", "grams_per_piece": 0}, BadQuantity, "grams_per_piece"),
        ({"unit_label": ""}, BadUnit, "unit"),
        ({"measure": "litre"}, BadUnit, "unit"),
        ({"name": "x" * 121}, TextTooLong, "name"),
        ({"description": "x" * 4001}, TextTooLong, "description"),
        ({"season_from": 3}, BadMonths, "season_from"),
        ({"season_from": 0, "season_to": 13}, BadMonths, "season_from"),
        ({"category_id": 10**9}, UnknownCategory, "category_id"),
        ({"channels": {"shopee": "javascript:alert(1)"}}, BadLink, "link_shopee"),
        ({"channels": {"zalo": "https://user@zalo.me/1"}}, BadLink, "link_zalo"),
        ({"channels": {"facebook": "https://[::1"}}, BadLink, "link_facebook"),
        ({"certificate_ids": (10**9,)}, ForeignCertificate, "certificates"),
    ],
)
def test_impossible_values_are_refused_at_their_field_and_nothing_is_stored(owner, seller, now, given, refusal, field):
    with pytest.raises(refusal) as raised:
        services.create_product(actor=owner, seller_id=seller.id, details=details(**given), now=now)

    assert raised.value.field == field
    assert db.session.query(Product).count() == 0


def test_a_top_shelf_is_no_shelf_for_goods(owner, seller, now):
    with pytest.raises(UnknownCategory):
        services.create_product(
            actor=owner, seller_id=seller.id, details=details(category_id=make_category("trai-cay").id), now=now
        )


def test_only_own_certificates_in_force_can_be_attached(owner, seller, now):
    good = make_certificate(seller)
    expired = make_certificate(seller, valid_from=date(2020, 1, 1), valid_to=date(2021, 1, 1))
    foreign = make_certificate(make_seller())
    for unusable in (expired, foreign):
        with pytest.raises(ForeignCertificate):
            services.create_product(
                actor=owner, seller_id=seller.id, details=details(certificate_ids=(good.id, unusable.id)), now=now
            )

    product = services.create_product(actor=owner, seller_id=seller.id, details=details(certificate_ids=(good.id,)), now=now)

    assert [link.certificate_id for link in stored(product).certificate_links] == [good.id]


def test_photos_are_numbered_from_nought_after_adding_removing_and_leading(owner, draft, now):
    product = save(owner, draft, now, photos=[picture(2), picture(3), picture(2)])
    first, second, third = product.photos
    product = save(owner, product, now, removed=[first.id], first=third.id)

    assert [(photo.position, photo.key) for photo in stored(product).photos] == [(0, third.key), (1, second.key)]


def test_more_photos_than_a_page_shows_are_refused(owner, draft, now):
    with pytest.raises(TooManyPhotos):
        save(owner, draft, now, photos=[picture(n) for n in range(2, 12)])
    assert len(stored(draft).photos) == 1


def test_suspicious_words_are_shown_to_the_officer_and_refuse_nothing(owner, seller, now):
    product = services.create_product(
        actor=owner, seller_id=seller.id, details=details(description="Trị bệnh xương khớp"), photos=[picture(1)], now=now
    )
    services.submit_product(actor=owner, seller_id=seller.id, product_id=product.id, now=now)

    assert [(row.id, row.flags) for row in queries.to_review()] == [(product.id, ("trị bệnh",))]
    assert queries.to_review(areas=frozenset({"soc-trang"})) == []


def test_what_orders_need_is_told_for_products_in_any_state(app):
    one, two = make_product(photos=2), make_product(state="withdrawn")

    found = queries.orderable([one.id, two.id, 10**9])

    assert {product_id: row.on_sale for product_id, row in found.items()} == {one.id: True, two.id: False}
    assert found[one.id].photo.key.startswith(f"{one.id:016x}") and found[two.id].photo is None
