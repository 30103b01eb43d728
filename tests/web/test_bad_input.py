"""Every form of the site is sent what nobody should send: a sentence comes back, never a 500, and CSRF holds everywhere."""

import io
import re
from collections.abc import Iterator

import pytest

from tests.addresses import pages
from tests.engines import ROOT as REPOSITORY
from tests.factories import market
from tests.web.forms_seen import PAYLOADS, Seen, body, forms_of

ROOT = REPOSITORY / "marketplace"
ROLES = ("visitor", "buyer", "seller", "officer")
URLENCODED = "application/x-www-form-urlencoded"
SAMPLES = frozenset({"pages.gallery"})
"""Pages whose forms go nowhere."""
OPEN_TO_MORE = frozenset({("officer", "sellers.register"), ("buyer", "sellers.take_up_invitation"), ("officer", "sellers.take_up_invitation")})
"""Pages of the seller's side that a person without a seller may open: an invitation is for whoever holds its link."""
LONGEST_QUERY = 20_000
CHOSEN = ("lone surrogate", "gigantic number")
"""For fields that are chosen, ticked or hidden, one at a time."""
TYPED = (*CHOSEN, "NUL", "100 kB", "large as BIGINT and one", "a far day")
"""For fields people type into, one at a time. All fields together get every payload."""
SENTENCE = re.compile(r'<\w+[^>]*(?:field__error|error-summary|role="alert"|"flash|"notice|"verdict|class="lead")[^>]*>\s*(?:<[^>]+>\s*)*[^<\s]')
ARGUMENT = re.compile(r"request\.args\.get(?:list)?\(\s*\"([^\"]+)\"")


def fingerprint(living) -> dict:
    """What is in the database, but for the sessions of the people who look."""
    with living.app.app_context():
        return market.fingerprint(without=frozenset({"sign_in_session"}))


def seen_forms(living) -> Iterator[tuple[str, Seen]]:
    """Each kind of form once, with the role whose page it is on."""
    known, adapter = set(), living.app.url_map.bind("localhost")
    for role in ROLES:
        client = living.client(role)
        for address in pages(living.app, living.market):
            if address.role != role or address.endpoint in SAMPLES:
                continue
            answer = client.get(address.path)
            if answer.mimetype != "text/html" or answer.status_code >= 300:
                continue
            for form in forms_of(answer.text, address.path):
                shape = (adapter.match(form.path, method=form.method.upper())[0], *form.shape)
                if shape not in known:
                    known.add(shape)
                    yield role, form


class Sender:
    """Sends one form again and again, each time to the database as it was built."""

    def __init__(self, living, role: str, form: Seen) -> None:
        self.living, self.role = living, role
        self.faults: list[str] = []
        self._restore()
        client = living.client(role)
        again = forms_of(client.get(form.page).text, form.page)
        self.form = next((one for one in again[form.index :] if one.shape == form.shape), form)
        self.cookie = client.get_cookie("session").value

    def send(self, what: str, wrong: dict[str, str]) -> None:
        """One try; whatever is not an answer to a person is a fault."""
        form, client = self.form, self.living.browser_with(self.cookie)
        data = body(form.fields, wrong)
        try:
            if form.method == "post":
                answer = client.post(form.action, data=data, content_type=URLENCODED)
            else:
                answer = client.get(f"{form.path}?{data.decode()[:LONGEST_QUERY]}")
        except Exception as error:
            self.faults.append(f"{self.role} {form.action} {what}: {type(error).__name__}: {str(error)[:200]}")
            self._restore()
            return
        if answer.status_code >= 500:
            self.faults.append(f"{self.role} {form.action} {what}: {answer.status_code}")
        elif answer.status_code == 422 and answer.mimetype == "text/html" and not _says_why(answer.text):
            self.faults.append(f"{self.role} {form.action} {what}: 422 without a sentence")
        if form.method == "post" and answer.status_code < 400:
            self._restore()

    def _restore(self) -> None:
        """On PostgreSQL a copy takes too long for every try: there, what went through stays."""
        if self.living.database.name == "sqlite":
            self.living.restore()


def _says_why(html: str) -> bool:
    """A refusal has words at the field, above the form or as the whole page."""
    return SENTENCE.search(html) is not None


def _sweep(living, *, alone: tuple[str, ...], together) -> list[str]:
    """Faults of every form: each field alone (the rest filled in well), then all fields together."""
    faults, forms = [], list(seen_forms(living))
    for role, form in forms:
        sender = Sender(living, role, form)
        names = [name for name in form.fields if name != "csrf_token"]
        for name in names:
            for label in alone if name in form.typed else (label for label in CHOSEN if label in alone):
                sender.send(f"{label} in {name}", {name: PAYLOADS[label]})
        for label in together:
            sender.send(f"{label} in all together", dict.fromkeys(names, PAYLOADS[label]))
        faults += sender.faults
    assert len(forms) > 40, "the sweep found suspiciously few forms"
    return faults


def test_no_form_answers_bad_input_with_an_error_of_ours(living_on_sqlite):
    assert _sweep(living_on_sqlite, alone=TYPED, together=PAYLOADS) == []


def test_no_form_breaks_on_what_postgresql_refuses(living_postgres):
    living_postgres.restore()

    assert _sweep(living_postgres, alone=(), together=TYPED) == []


def test_no_form_is_taken_without_its_token(living_on_sqlite):
    living, taken = living_on_sqlite, []
    for role, form in list(seen_forms(living)):
        if form.method == "post":
            client = living.client(role)
            client.get(form.page)
            before = fingerprint(living)
            answer = client.post(form.action, data=body(form.fields | {"csrf_token": "forged"}, {}), content_type=URLENCODED)
            if answer.status_code < 400 or fingerprint(living) != before:
                taken.append(f"{role} {form.action} {answer.status_code}")

    assert taken == []


def test_repeated_bracketed_and_missing_fields_break_no_form(living_on_sqlite):
    living, faults = living_on_sqlite, []
    for role, form in list(seen_forms(living)):
        living.restore()
        client = living.client(role)
        fresh = forms_of(client.get(form.page).text, form.page)[form.index]
        plain, token = body(fresh.fields, {}).decode(), fresh.fields.get("csrf_token", "")
        bracketed = "&".join(f"{name}[]=1" for name in fresh.fields)
        for shape in (f"{plain}&{plain}", f"csrf_token={token}&{bracketed}", f"csrf_token={token}", "%", "a=b&%=%&=&&;"):
            answer = client.open(form.path, method=form.method.upper(), data=shape, content_type=URLENCODED)
            if answer.status_code >= 500:
                faults.append(f"{role} {form.action} {shape[:60]}: {answer.status_code}")
        pictures = {name: (io.BytesIO(b"\xff\xd8\xff broken"), "a.jpg") for name in fresh.fields if name != "csrf_token"}
        texts = dict.fromkeys(fresh.files, "no file")
        if form.method == "post":
            tries = (
                {"data": pictures | texts | {"csrf_token": token}, "content_type": "multipart/form-data"},
                {"json": dict.fromkeys(fresh.fields, 5), "headers": {"X-CSRFToken": token}},
                {"json": [["a"]], "headers": {"X-CSRFToken": token}},
            )
            faults += [f"{role} {form.action} {list(t)}" for t in tries if client.post(form.action, **t).status_code >= 500]

    assert faults == []


@pytest.mark.parametrize(
    ("size", "content_type"), [(2_000_000, "multipart/form-data; boundary=b"), (65 * 1024 * 1024, URLENCODED)], ids=["text", "whole"]
)
def test_a_body_larger_than_any_form_is_refused_in_words(living_on_sqlite, size, content_type):
    start, end = (b"--b\r\nContent-Disposition: form-data; name=full_name\r\n\r\n", b"\r\n--b--\r\n") if size < 10_000_000 else (b"a=", b"")
    answer = living_on_sqlite.client("visitor").post("/dang-ky", data=start + b"x" * size + end, content_type=content_type)

    assert answer.status_code == 413
    assert _says_why(answer.text)


def test_no_address_breaks_on_strange_arguments_and_paths(living_on_sqlite):
    living, faults = living_on_sqlite, []
    names = {name for file in ROOT.rglob("*.py") for name in ARGUMENT.findall(file.read_text("utf-8"))}
    assert {"trang", "k", "tab", "kho"} <= names
    for role in ROLES:
        client = living.client(role)
        for address in pages(living.app, living.market):
            if address.role != role:
                continue
            for label in TYPED:
                value = PAYLOADS[label]
                query = "&".join(f"{name}={value[:500]}" for name in sorted(names))
                answer = client.get(f"{address.path.partition('?')[0]}?{query}")
                if answer.status_code >= 500:
                    faults.append(f"{role} {address.path} with {label}: {answer.status_code}")
            strange = re.sub(r"/[^/]*\d[^/]*", "/%00%ED%A0%80'", address.path.partition("?")[0])
            if client.get(strange).status_code >= 500:
                faults.append(f"{role} {strange}")

    assert faults == []


def test_every_page_opened_by_everybody_is_an_answer_and_private_ones_stay_private(living_on_sqlite):
    living, faults = living_on_sqlite, []
    for role in ROLES:
        client = living.client(role)
        for address in pages(living.app, living.market):
            if address.role != role:
                status = client.get(address.path).status_code
                opened = status == 200 and (role == "visitor" or address.role in {"seller", "officer"})
                if status >= 500 or (opened and address.role != "visitor" and (role, address.endpoint) not in OPEN_TO_MORE):
                    faults.append(f"{role} {address.path}: {status}")

    assert faults == []
