"""Every form of the site is sent what nobody should send: a sentence comes back, never a 500, and CSRF holds everywhere."""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup

from tests.addresses import pages
from tests.factories.market import fingerprint
from tests.web.forms_seen import PAYLOADS, Seen, body, forms_of

ROLES = ("visitor", "buyer", "seller", "officer")
URLENCODED = "application/x-www-form-urlencoded"
SAMPLES = frozenset({"pages.gallery"})
"""Pages whose forms go nowhere."""
LONGEST_QUERY = 20_000
SHORT = ("empty", "NUL", "lone surrogate", "gigantic number", "large as BIGINT and one", "nobody's id", "100 kB", "a far day")
ARGUMENT = re.compile(r"request\.args\.get(?:list)?\(\s*\"([^\"]+)\"")


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
        self.form = forms_of(client.get(form.page).text, form.page)[form.index]
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
        except Exception as error:  # noqa: BLE001 - any exception at all is the fault looked for
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
    page = BeautifulSoup(html, "html.parser")
    return any(tag.get_text(strip=True) for tag in page.select(".field__error, .error-summary, [role=alert], .flash, .notice, .verdict, p.lead"))


def _sweep(living, payloads) -> list[str]:
    """Faults of every form under every payload: in each field alone, then in all together."""
    faults, forms = [], list(seen_forms(living))
    for role, form in forms:
        sender = Sender(living, role, form)
        names = [name for name in form.fields if name != "csrf_token"]
        for label in payloads:
            for name in names:
                if name in form.typed or label in SHORT:
                    sender.send(f"{label} in {name}", {name: PAYLOADS[label]})
            sender.send(f"{label} in all together", dict.fromkeys(names, PAYLOADS[label]))
        faults += sender.faults
    assert len(forms) > 40, "the sweep found suspiciously few forms"
    return faults


def test_no_form_answers_bad_input_with_an_error_of_ours(living):
    payloads = PAYLOADS if living.database.name == "sqlite" else SHORT
    assert _sweep(living, payloads) == []
