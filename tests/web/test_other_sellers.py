"""Another seller's ids in every seller address and form: refused, and nothing in the database changes."""

from tests.addresses import SELLER_SIDE, addresses
from tests.factories import market
from tests.web.forms_seen import body, forms_of

URLENCODED = "application/x-www-form-urlencoded"
REFUSALS = frozenset({302, 303, 403, 404, 405})
OWN_TOKEN = "sellers.take_up_invitation"
"""An invitation's link is meant for people of other sellers."""


def fingerprint(living) -> dict:
    with living.app.app_context():
        return market.fingerprint(without=frozenset({"sign_in_session"}))


def foreign(living):
    """Addresses of the seller's side that name something of the second seller."""
    mine = {address.path for address in addresses(living.app, living.market, living.market.first)}
    for address in addresses(living.app, living.market, living.market.second):
        if address.path.startswith(SELLER_SIDE) and address.path not in mine and address.endpoint != OWN_TOKEN:
            yield address


def csrf(client) -> str:
    """A token of one's own."""
    return forms_of(client.get("/kenh-ban/ho-so").text, "/kenh-ban/ho-so")[-1].fields["csrf_token"]


def test_every_address_with_another_sellers_id_is_refused(living_on_sqlite):
    living, opened = living_on_sqlite, []
    client = living.client("seller")
    token, before = csrf(client), fingerprint(living)
    found = list(foreign(living))

    for address in found:
        for method in address.methods & {"GET", "POST"}:
            answer = client.open(address.path, method=method, data={"csrf_token": token} if method == "POST" else None)
            leads_back = answer.status_code in {302, 303} and address.path in answer.location
            if answer.status_code not in REFUSALS or leads_back:
                opened.append(f"{method} {address.path}: {answer.status_code}")

    assert len(found) > 40
    assert opened == []
    assert fingerprint(living) == before


def test_every_form_of_another_seller_sent_as_filled_in_by_its_owner_is_refused(living_on_sqlite):
    living, taken, sent = living_on_sqlite, [], 0
    owner, stranger = living.client("other"), living.client("seller")
    token, before = csrf(stranger), fingerprint(living)
    theirs = {address.path for address in foreign(living)}

    for path in sorted(theirs):
        page = owner.get(path)
        for form in forms_of(page.text, path) if page.mimetype == "text/html" else ():
            if form.method == "post" and form.path in theirs:
                sent += 1
                data = body(form.fields | {"csrf_token": token}, {})
                answer = stranger.post(form.action, data=data, content_type=URLENCODED)
                if answer.status_code not in REFUSALS:
                    taken.append(f"{form.action}: {answer.status_code}")

    assert sent > 15
    assert taken == []
    assert fingerprint(living) == before


def test_another_sellers_ids_inside_ones_own_forms_change_nothing_of_theirs(living_on_sqlite):
    living = living_on_sqlite
    mine, theirs = living.market.first, living.market.second
    client = living.client("seller")
    before = of_seller(living, theirs.seller.id)

    for path, values in (
        (f"/kenh-ban/lo-hang/{mine.lots['draft'].id}/sua", {"growing_area": theirs.area.id}),
        (f"/kenh-ban/san-pham/{mine.products['listed'].id}", {"certificates": theirs.certificate_id, "first_photo": 10**6}),
        (f"/kenh-ban/lo-hang/tao?san-pham={theirs.products['listed'].id}", {"quantity": "5"}),
        ("/kenh-ban", {"seller_id": theirs.seller.id}),
    ):
        page = client.get(path)
        form = next((one for one in forms_of(page.text, path) if values.keys() & one.fields.keys()), None)
        fields = (form.fields if form else {"csrf_token": csrf(client)}) | {name: str(value) for name, value in values.items()}
        action = "/kenh-ban/doi" if "seller_id" in values else form.action if form else path
        assert client.post(action, data=body(fields, {}), content_type=URLENCODED).status_code in {403, 404, 422}, path

    assert of_seller(living, theirs.seller.id) == before
    assert linked_across(living) == []


def of_seller(living, seller_id: int) -> list:
    """The rows of a seller's lots, products, areas and certificates."""
    from sqlalchemy import text

    from marketplace.database import db

    with living.app.app_context(), db.engine.connect() as connection:
        return [
            tuple(row) for table in ("lot", "product", "growing_area", "certificate", "seller_member")
            for row in connection.execute(text(f"SELECT * FROM {table} WHERE seller_id = :id ORDER BY 1"), {"id": seller_id})
        ]


def linked_across(living) -> list:
    """Lots on another seller's area, products with another seller's certificate."""
    from sqlalchemy import text

    from marketplace.database import db

    with living.app.app_context(), db.engine.connect() as connection:
        return [
            *connection.execute(text(
                "SELECT lot.id FROM lot JOIN growing_area a ON a.id = lot.growing_area_id WHERE a.seller_id <> lot.seller_id")),
            *connection.execute(text(
                "SELECT p.id FROM product_certificate l JOIN product p ON p.id = l.product_id JOIN certificate c ON c.id = l.certificate_id"
                " WHERE c.seller_id <> p.seller_id")),
        ]
