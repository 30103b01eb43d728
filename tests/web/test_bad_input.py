"""Every form of the site is sent what nobody should send: a sentence comes back, never a 500, and CSRF holds everywhere."""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup

from tests.addresses import pages
from tests.factories.market import fingerprint
from tests.web.forms_seen import PAYLOADS, Seen, body, forms_of

ROLES = ("visitor", "buyer", "seller", "officer")
URLENCODED = "application/x-www-form-urlencoded"
COUNTED_ELSEWHERE = frozenset({"sign_in_session", "sign_in_attempt"})
SHORT = ("empty", "NUL", "lone surrogate", "gigantic number", "large as BIGINT and one", "nobody's id", "100 kB", "a far day")
ARGUMENT = re.compile(r"request\.args\.get(?:list)?\(\s*\"([^\"]+)\"")


def seen_forms(living) -> Iterator[tuple[str, Seen]]:
    """Each kind of form once, with the role that sees it first."""
    known = set()
    for role in ROLES:
        client = living.client(role)
        for address in pages(living.app, living.market):
            if address.role != role:
                continue
            answer = client.get(address.path)
            if answer.mimetype != "text/html" or answer.status_code >= 300:
                continue
            for form in forms_of(answer.text, address.path):
                if form.shape not in known:
                    known.add(form.shape)
                    yield role, form


class Sender:
    """Sends one form again and again; starts from a restored database whenever something went through."""

    def __init__(self, living, role: str, form: Seen) -> None:
        self.living, self.role, self.form = living, role, form
        self.faults: list[str] = []
        self.fresh()

    def fresh(self) -> None:
        """The database as built, a new browser, the page opened again."""
        if self.living.database.name == "sqlite":
            self.living.restore()
        self.client = self.living.client(self.role)
        answer = self.client.get(self.form.page)
        again = forms_of(answer.text, self.form.page)
        self.form = again[self.form.index] if self.form.index < len(again) else self.form

    def send(self, what: str, wrong: dict[str, str], **options):
        """One try; whatever is not an answer to a person is a fault."""
        data = body(self.form.fields, wrong)
        try:
            if self.form.method == "post":
                answer = self.client.post(self.form.action, data=data, content_type=URLENCODED)
            else:
                path = self.form.action.partition("?")[0]
                answer = self.client.get(f"{path}?{data.decode()}") if len(data) < 60_000 else None
        except Exception as error:  # noqa: BLE001 - any exception at all is the fault looked for
            self.faults.append(f"{self.role} {self.form.action} {what}: {type(error).__name__}: {str(error)[:200]}")
            return
        if answer is None:
            return
        if answer.status_code >= 500:
            self.faults.append(f"{self.role} {self.form.action} {what}: {answer.status_code}")
        elif answer.status_code == 422 and answer.mimetype == "text/html" and not _says_why(answer.text):
            self.faults.append(f"{self.role} {self.form.action} {what}: 422 without a sentence")
        if self.form.method == "post" and (300 <= answer.status_code < 400 or what.endswith("together")):
            self.fresh() if self.living.database.name == "sqlite" else None


def _says_why(html: str) -> bool:
    page = BeautifulSoup(html, "html.parser")
    return any(tag.get_text(strip=True) for tag in page.select(".field__error, .error-summary, [role=alert], .flash, .notice, .verdict"))


def _sweep(living, payloads) -> list[str]:
    """Faults of every form under every payload: in each field alone, then in all together."""
    faults, number = [], 0
    for role, form in list(seen_forms(living)):
        sender, number = Sender(living, role, form), number + 1
        names = [name for name in form.fields if name != "csrf_token"]
        for label in payloads:
            for name in names:
                sender.send(f"{label} in {name}", {name: PAYLOADS[label]})
            sender.send(f"{label} in all together", dict.fromkeys(names, PAYLOADS[label]))
        faults += sender.faults
    assert number > 30, "the sweep found suspiciously few forms"
    return faults


def test_no_form_answers_bad_input_with_an_error_of_ours(living):
    if living.database.name == "sqlite":
        assert _sweep(living, PAYLOADS) == []
    else:
        assert _sweep(living, SHORT) == []
