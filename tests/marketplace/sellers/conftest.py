"""A signed-in owner with a plain browser, and small real files."""

import io

import pytest
from PIL import Image

from tests.factories.accounts import make_person, sign_in
from tests.factories.sellers import make_seller

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
def owner(browser):
    """A person whose browser is signed in."""
    person = make_person()
    sign_in(browser.client, person)
    return person


@pytest.fixture
def seller(owner):
    """An approved cooperative of the signed-in owner."""
    return make_seller(owner=owner)


@pytest.fixture
def draft(owner):
    """A household's draft of the signed-in owner."""
    return make_seller(owner=owner, state="draft", kind="household")


@pytest.fixture
def pdf():
    """A file input's value."""
    return lambda: (io.BytesIO(PDF), "giay.pdf", "application/pdf")


def picture(size=(60, 40), kind="JPEG", **options) -> bytes:
    """A small real picture."""
    written = io.BytesIO()
    Image.new("RGB", size, "green").save(written, kind, **options)
    return written.getvalue()
