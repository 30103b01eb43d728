"""Static files under the hash of the whole folder, and sheets sent together."""

import re
from pathlib import Path

import pytest

from marketplace.web.assets import sheet_file
from tests.engines import ROOT

CSS = ROOT / "static" / "css"
LINK = re.compile(r'<link rel="stylesheet" href="([^"]+)">')


def links(client, path: str = "/") -> list[str]:
    return LINK.findall(client.get(path).text)


def test_a_page_asks_for_two_sheets_and_they_may_be_kept_for_a_year(client):
    found = links(client, "/san-pham")

    assert len(found) == 2
    for address in found:
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.mimetype == "text/css"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_joined_sheets_hold_every_file_in_order_and_none_twice(client):
    parts = [name for address in links(client) for name in re.search(r"/css/(.*)\.css", address)[1].rstrip("+").split("+")]
    texts = "".join(client.get(address).text for address in links(client))

    assert parts[:3] == ["tokens", "base", "layout"]
    assert len(parts) == len(set(parts))
    assert texts == "".join((CSS / sheet_file(name)).read_text("utf-8") for name in parts)


def test_what_a_sheet_refers_to_lies_under_the_same_hash(client):
    address = links(client)[0]
    for reference in re.findall(r'url\("([^"]+)"\)', client.get(address).text):
        assert client.get(str(Path(address).parent / reference)).status_code == 200


def test_an_address_of_an_older_release_gets_todays_file_but_is_not_kept(client):
    answer = client.get("/static/v0123456789ab/js/main.js")

    assert answer.status_code == 200
    assert "immutable" not in answer.headers["Cache-Control"]


def test_every_module_a_script_imports_is_there_under_its_hash(client):
    main = re.search(r'<script type="module" src="([^"]+)"', client.get("/").text)[1]
    modules = re.findall(r'from "\./([^"]+)"', client.get(main).text)

    assert modules
    for name in modules:
        assert "immutable" in client.get(str(Path(main).parent / name)).headers["Cache-Control"]


@pytest.mark.parametrize(
    "name",
    [
        "css/no_such+.css", "css/tokens+no_such.css", "css/../../setup+.cfg", "css/..+.css", "css/+.css", "css/a/b+c.css",
        "css/pages.+.css", "css/pages./x+.css", "css/" + "button+" * 61 + ".css", "../marketplace/config.py", "css/%00+.css", "css/",
    ],
)
def test_an_address_of_no_sheet_is_not_found(client, name):
    assert client.get(f"/static/v0123456789ab/{name}").status_code == 404
