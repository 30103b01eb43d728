"""Finds the forms of pages and fills them as a person would, or as nobody should."""

import re
from dataclasses import dataclass
from urllib.parse import quote_plus, urlsplit

from bs4 import BeautifulSoup

from marketplace.database import utcnow, vietnam_day

SELDOM_BY_NAME = {
    "login": "0912345678", "phone": "0912345678", "quantity": "2", "email": "sen@gmail.com", "code": "123456", "dozen": "12",
    "tax_code": "", "full_name": "Nguyễn Thị Sen", "password": "vườn chôm chôm 7", "current": "sai mật khẩu",
}
NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Seen:
    """A form on a page: where it goes and the values of a person who filled everything in plausibly.

    `typed` names the fields people type into; the others are chosen, ticked or hidden.
    """

    page: str
    index: int
    action: str
    method: str
    fields: dict[str, str]
    typed: frozenset[str]
    files: frozenset[str]

    @property
    def path(self) -> str:
        """The action without its query."""
        return urlsplit(self.action).path

    @property
    def shape(self) -> tuple:
        """The fields: forms alike but for ids have the same shape."""
        return self.method, frozenset(NUMBER.sub("#", name) for name in self.fields)


def forms_of(html: str, page: str) -> list[Seen]:
    """The forms of a page, in order."""
    soup = BeautifulSoup(html, "html.parser")
    return [_seen(form, page, index) for index, form in enumerate(soup.select("form"))]


def _seen(form, page: str, index: int) -> Seen:
    fields, typed, files = {}, set(), set()
    for control in form.select("input[name], select[name], textarea[name], button[name]"):
        name, kind = control["name"], control.get("type", "")
        if kind == "file":
            files.add(name)
        elif kind in {"checkbox", "radio"}:
            if kind == "checkbox" or control.has_attr("checked") or name not in fields:
                fields[name] = control.get("value", "on")
        elif control.name == "button":
            continue
        elif control.name == "select":
            fields[name] = _option(control)
        else:
            typed |= {name} if kind != "hidden" else set()
            given = control.get("value", "") if control.name == "input" else control.get_text()
            fields[name] = given or _plausible(name, kind, control.get("inputmode", ""))
    return Seen(page, index, form.get("action") or page, (form.get("method") or "get").lower(), fields, frozenset(typed), frozenset(files))


def _option(control) -> str:
    chosen = control.select_one("option[selected]")
    options = [chosen] if chosen and chosen.get("value") else control.select('option:not([value=""])')
    return options[0].get("value", options[0].get_text()) if options else ""


def _plausible(name: str, kind: str, mode: str) -> str:
    if name.endswith("-q"):
        return ""
    if name in SELDOM_BY_NAME:
        return SELDOM_BY_NAME[name]
    if kind == "date":
        return vietnam_day(utcnow()).isoformat()
    if kind in {"number", "tel"} or mode in {"decimal", "numeric"}:
        return "2"
    return "Xoài cát Hòa Lộc"


PAYLOADS = {
    "empty": "",
    "100 kB": "x" * 100_000,
    "NUL": "a%00b",
    "lone surrogate": "%ED%A0%80",
    "not UTF-8": "%FF%FE%FA",
    "emoji": quote_plus("🥭👩🏽‍🌾"),
    "negative": "-1",
    "gigantic number": "9" * 40,
    "large as BIGINT and one": "9223372036854775808",
    "nobody's id": "999999999",
    "exponent": "1e400",
    "not a number": "NaN",
    "a fraction": "0.0001",
    "digits of another script": quote_plus("٣٤"),
    "superscript digits": quote_plus("²"),
    "no such day": "2026-02-30",
    "a far day": "9999-12-31",
    "markup": quote_plus("<script>alert(1)</script>{{7*7}}"),
    "SQL": quote_plus("1' OR '1'='1"),
    "line breaks": "a%0D%0Ab%0D%0A",
    "format": quote_plus("%(x)s %s {0}"),
}
"""What nobody should send, already percent-encoded."""


def body(fields: dict[str, str], wrong: dict[str, str]) -> bytes:
    """A form body: `fields` encoded, `wrong` (name to encoded text) as it stands."""
    pairs = [(name, wrong.get(name, quote_plus(value))) for name, value in fields.items()]
    return "&".join(f"{quote_plus(name)}={value}" for name, value in pairs).encode("ascii")
