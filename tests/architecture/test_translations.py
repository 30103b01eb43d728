"""Every Vietnamese text on the site has an English translation with the same placeholders and tags."""

import re
from pathlib import Path

import polib
from babel.messages.extract import extract_from_dir

ROOT = Path(__file__).resolve().parents[2]
KEYWORDS = {"_": None, "gettext": None, "_l": None, "lazy_gettext": None, "N_": None, "ngettext": (1, 2)}
PARTS = re.compile(r"%\(\w+\)[sd]|%%|</?\w+[^>]*>")


def in_source() -> set[str]:
    found = set()
    for folder, method in (("marketplace", "python"), ("templates", "jinja2")):
        pattern = "**.py" if method == "python" else "**.html"
        options = {pattern: {"trimmed": "true"}}
        for _file, _line, message, _comments, _context in extract_from_dir(
            str(ROOT / folder), method_map=[(pattern, method)], options_map=options, keywords=KEYWORDS
        ):
            found.add(message[0] if isinstance(message, tuple) else message)
    return {message for message in found if message}


def catalogue() -> dict[str, polib.POEntry]:
    return {entry.msgid: entry for entry in polib.pofile(str(ROOT / "marketplace/translations/en/LC_MESSAGES/messages.po"))}


def test_every_text_is_translated():
    entries = catalogue()

    assert sorted(text for text in in_source() if text not in entries or not entries[text].translated()) == []


def test_no_translation_is_left_of_a_text_that_is_gone():
    assert sorted(set(catalogue()) - in_source()) == []


def test_translations_keep_placeholders_and_tags():
    wrong = []
    for entry in catalogue().values():
        for translated in [entry.msgstr] if entry.msgstr else entry.msgstr_plural.values():
            if sorted(PARTS.findall(entry.msgid)) != sorted(PARTS.findall(translated)):
                wrong.append((entry.msgid, translated))

    assert wrong == []
