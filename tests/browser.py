"""A client that behaves like a person with a plain browser and checks the house rules on every page."""

import re

from bs4 import BeautifulSoup

FORBIDDEN = re.compile(r"\s(on[a-z]+|style)=\"")


class Browser:
    """`open(path)` returns parsed HTML after checking it; `submit` fills and sends a form of the last page."""

    def __init__(self, client) -> None:
        self.client = client
        self.page: BeautifulSoup | None = None
        self.response = None

    def open(self, path: str, *, expect: int = 200, **options) -> BeautifulSoup:
        """GET a page, following no redirect. Fails when the status or a house rule is broken."""
        return self._take(self.client.get(path, **options), path, expect)

    def submit(
        self, values: dict | None = None, *, form: int | str = 0, expect: int = 302, follow: bool = False
    ) -> BeautifulSoup:
        """Send a form of the last page (by number or by CSS selector) with its own fields and `values` on top."""
        found = self.page.select_one(form) if isinstance(form, str) else self.page.select("main form, body form")[form]
        assert found is not None, f"no form {form!r} on the page"
        data = {**_fields(found), **(values or {})}
        path = found.get("action") or self.response.request.path
        method = (found.get("method") or "get").lower()
        if method == "post":
            response = self.client.post(
                path, data=data, content_type="multipart/form-data" if found.get("enctype") else None
            )
        else:
            response = self.client.get(path, query_string=data)
        page = self._take(response, path, expect)
        return self.open(response.location) if follow and 300 <= response.status_code < 400 else page

    def text(self) -> str:
        """What the page says, blanks squeezed."""
        return " ".join(self.page.get_text(" ").split())

    def _take(self, response, path: str, expect: int) -> BeautifulSoup:
        assert response.status_code == expect, (
            f"{path}: {response.status_code}, expected {expect}\n{response.text[:1500]}"
        )
        self.response = response
        self.page = BeautifulSoup(response.text, "html.parser")
        if response.mimetype == "text/html" and not 300 <= response.status_code < 400:
            check_page(response, self.page, path)
        return self.page


def _fields(form) -> dict:
    """The values a browser would send for an untouched form."""
    data = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        kind, name = field.get("type", ""), field["name"]
        if kind in {"submit", "file", "button"} or field.has_attr("disabled"):
            continue
        if kind in {"checkbox", "radio"}:
            if field.has_attr("checked"):
                data.setdefault(name, field.get("value", "on"))
        elif field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            data[name] = chosen.get("value", chosen.get_text()) if chosen else ""
        elif field.name == "textarea":
            data[name] = field.get_text().removeprefix("\n")
        else:
            data[name] = field.get("value", "")
    return data


def check_page(response, page: BeautifulSoup, path: str) -> None:
    """The house rules: title, one h1, language, unique ids, labelled fields, CSRF, no inline code, a nonce on scripts."""
    assert page.title and page.title.get_text(strip=True), f"{path}: no title"
    assert page.html.get("lang") in {"vi", "en"}, f"{path}: no language"
    assert len(page.select("h1")) == 1, f"{path}: {len(page.select('h1'))} h1 headings"
    ids = [tag["id"] for tag in page.select("[id]")]
    assert len(ids) == len(set(ids)), f"{path}: repeated ids {[i for i in ids if ids.count(i) > 1]}"
    assert not FORBIDDEN.search(response.text), f"{path}: inline style or handler {FORBIDDEN.search(response.text)}"
    assert "Content-Security-Policy" in response.headers, f"{path}: no CSP"
    for script in page.select("script:not([src])"):
        assert script.get("nonce") or script.get("type") == "application/ld+json", f"{path}: script without nonce"
    for image in page.select("img"):
        assert image.has_attr("alt"), f"{path}: image without alt {image}"
    for form in page.select("form"):
        if (form.get("method") or "get").lower() == "post":
            assert form.select_one("input[name=csrf_token]"), f"{path}: POST form without CSRF token"
    for field in page.select("input[name]:not([type=hidden]):not([type=submit]), select[name], textarea[name]"):
        labelled = field.get("aria-label") or field.get("aria-labelledby") or field.find_parent("label")
        assert labelled or (field.get("id") and page.select_one(f'label[for="{field["id"]}"]')), (
            f"{path}: no label for {field}"
        )
