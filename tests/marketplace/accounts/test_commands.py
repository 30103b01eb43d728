"""The operator's commands for people: roles, lost devices, closed accounts."""

import pytest

from marketplace.accounts import queries
from tests.factories.accounts import make_officer, make_person


@pytest.fixture
def run(app):
    def invoke(*arguments: str, answer: str = ""):
        return app.test_cli_runner().invoke(args=["user", *arguments], input=answer)

    return invoke


def roles(person) -> set[str]:
    return {name for name in ("officer", "inspector", "helper", "operator") if queries.get(person.id).has_role(name)}


def test_a_role_is_given_and_taken(run):
    person = make_person(phone="+84912345678")

    assert run("grant", "0912345678", "inspector", "--area", "can-tho").exit_code == 0
    assert roles(person) == {"inspector"}
    assert run("revoke", "0912 345 678", "inspector").exit_code == 0
    assert roles(person) == set()


def test_a_lost_device_is_forgotten(run):
    officer = make_officer()

    assert run("reset-second-factor", officer.phone or officer.email).exit_code == 0
    assert queries.get(officer.id).totp_secret is None


def test_an_account_is_closed_only_after_a_yes(run):
    person = make_person(phone="+84912345678")

    assert run("deactivate", "0912345678", answer="n\n").exit_code == 1
    assert queries.get(person.id).is_active
    assert run("deactivate", "0912345678", answer="y\n").exit_code == 0
    assert not queries.get(person.id).is_active


@pytest.mark.parametrize("command", [("grant", "0900000000", "officer"), ("revoke", "nobody", "officer"), ("reset-second-factor", "x@y.vn")])
def test_a_login_nobody_has_is_named(run, command):
    answer = run(*command)

    assert answer.exit_code == 1
    assert "nobody signs in with" in answer.output
