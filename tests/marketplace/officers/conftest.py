"""A signed-in officer with a plain browser."""

import pytest

from tests.factories.accounts import make_officer, sign_in


@pytest.fixture
def officer(browser):
    """An officer for the whole city, past the second factor, whose browser is signed in."""
    person = make_officer(full_name="Trần Thị Duyệt")
    sign_in(browser.client, person)
    return person
