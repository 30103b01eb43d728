"""What the phone's result puts into the page's sentences: who signed and when, how old that is, what is missing, which fault."""

import pytest

from tests.phone.lots import LOT, OPERATOR, Story
from tests.traceability.conftest import NOW
from traceability.canonical.entry import Entry
from traceability.checkpoint import COSIGNATURE_V1, Signer, generate_signer
from traceability.log.checkpoints import keep_signature
from traceability.log.submission import submit

HOUR, DAY = 3600, 24 * 3600
WORDS = {"now": "vừa xong", "minutes": "{n} phút trước", "hours": "{n} giờ trước", "days": "{n} ngày trước"}
AT = 1_790_000_000
MAP = {"at": "2026-09-21T10:00:00.000Z", "later": 2}


@pytest.fixture
def story(memory_log, make_event):
    return Story(memory_log, make_event)


@pytest.fixture
def say(calls):
    """The values of the sentences for what was found, `after` seconds past AT; what is left out is not there."""

    def run(after: int = 0, **found) -> dict:
        [told] = calls([["say", {"found": {"state": "good", "count": 3, **found}, "words": WORDS, "now": AT + after}]])
        return {name: value for name, value in told["value"].items() if value is not None}

    return run


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-900, ("now", 0, "fresh")),
        (119, ("now", 0, "fresh")),
        (120, ("minutes", 2, "fresh")),
        (119 * 60, ("minutes", 119, "fresh")),
        (24 * HOUR, ("hours", 24, "fresh")),
        (24 * HOUR + 1, ("hours", 24, "late")),
        (49 * HOUR, ("days", 2, "late")),
        (7 * DAY, ("days", 7, "late")),
        (7 * DAY + 1, ("days", 7, "stale")),
    ],
)
def test_ages_are_those_of_the_page_of_the_log(calls, seconds, told):
    [found] = calls([["age", {"at": AT, "now": AT + seconds}]])

    assert tuple(found["value"][name] for name in ("unit", "count", "tone")) == told


def test_complete_is_said_only_under_an_outside_signature(say):
    alone, cosigned = say(at=AT, complete=MAP), say(at=AT, complete=MAP, witnesses=[{"name": "Đại học", "at": AT}])

    assert ("until" in alone, alone["reach"], alone["alone"]) == (False, "17:00 21/09/2026", True)
    assert (cosigned["until"], "reach" in cosigned, "alone" in cosigned) == ("17:00 21/09/2026", False, False)
    assert alone["later"] == cosigned["later"] == 2


def test_names_and_ages_of_all_who_signed(say):
    found = say(3 * HOUR, at=AT - HOUR, witnesses=[{"name": "Đại học", "at": AT}, {"name": "Hội", "at": AT - DAY}])

    assert found["witness"] == "Đại học, 21:13 21/09/2026 (3 giờ trước); Hội, 21:13 20/09/2026 (27 giờ trước)"
    assert (found["signed"], found["old"], found["fresh"]) == ("20:13 21/09/2026", "3 giờ trước", True)


@pytest.mark.parametrize(("after", "tone"), [(23 * HOUR, "fresh"), (25 * HOUR, "late"), (8 * DAY, "stale")])
@pytest.mark.parametrize("witnesses", [[], [{"name": "w", "at": AT}]])
def test_too_old_is_judged_by_the_newest_outside_signature_or_by_the_logs_own(say, after, tone, witnesses):
    own = AT if not witnesses else AT + 8 * DAY
    found = say(after, at=own, witnesses=witnesses)

    assert {"fresh", "late", "stale"} & set(found) == {tone}


def test_checkpoint_without_any_time_says_none(say):
    assert {"signed", "old", "late", "stale"} & set(say(9 * DAY)) == set()


def test_what_waits_waits_for_the_market_or_for_an_outsider(say):
    assert (say(waiting=2)["waiting"], "awaited" in say(waiting=2)) == (2, False)
    assert (say(waiting=2, asks=True)["awaited"], "waiting" in say(waiting=2, asks=True)) == (2, False)
    assert "soon" in say(count=0, waiting=2) and "soon" not in say(count=0, waiting=2, asks=True)


@pytest.mark.parametrize(
    ("state", "code", "told"),
    [
        ("bad", "fork", "fork"),
        ("bad", "set-back", "back"),
        ("bad", "not-in-the-log", "unknown"),
        ("bad", "bad-proof", "differs"),
        ("warn", "too-few-witnesses", "few"),
        ("warn", "key-changed", "changed"),
    ],
)
def test_every_fault_and_doubt_has_one_sentence_of_its_own(say, state, code, told):
    found = say(state=state, code=code)

    assert {"fork", "back", "few", "changed", "unknown", "differs"} & set(found) == {told}


def cosigned(story, *signers: Signer) -> None:
    signed = story.log.latest_checkpoint(None).checkpoint
    for signer in signers:
        keep_signature(story.log.storage, None, signed.size, signer.sign(signed.text(), NOW), NOW)


def judged(calls, story, policy: str) -> dict:
    [found] = calls([["bundle", {"bundle": story.bundle(), "lot": LOT, "pins": story.pins(policy=policy)}]])
    return found["value"]


def test_phone_tells_when_the_log_signed_and_who_outside_by_the_policys_name(calls, story):
    story.event()
    story.sign()
    witness = generate_signer("witness.example/1", COSIGNATURE_V1)
    cosigned(story, witness)

    found = judged(calls, story, f"witness Đại_học_Cần_Thơ {witness.verifier}\nquorum Đại_học_Cần_Thơ\n")

    assert (found["at"], found["asks"], found["named"]) == (int(NOW.timestamp()), True, True)
    assert found["witnesses"] == [{"name": "Đại học Cần Thơ", "at": int(NOW.timestamp())}]


def test_key_under_the_logs_own_name_is_nobody_outside(calls, story):
    story.event()
    story.sign()
    own = generate_signer(story.log.origin, COSIGNATURE_V1)
    cosigned(story, own)

    assert judged(calls, story, f"witness friend {own.verifier}\nquorum friend\n")["witnesses"] == []


def test_signature_the_policy_does_not_name_is_not_told(calls, story):
    story.event()
    story.sign()
    cosigned(story, generate_signer("stranger.example", COSIGNATURE_V1))

    found = judged(calls, story, f"log {plain_key(story)}\nquorum none\n")

    assert (found["ok"], found["witnesses"], found["asks"], found["named"]) == (True, [], False, False)


def plain_key(story) -> str:
    return str(story.log.verifiers(None)[0])


def test_entry_of_a_type_not_understood_is_counted_and_said(calls, story, say):
    story.event()
    draft = Entry("later/kind/9", story.log.origin, "urn:uuid:later", NOW, OPERATOR, {})
    submit(story.log.storage, None, draft, (LOT,))
    story.log.sequence(None)
    story.sign()

    found = judged(calls, story, "")

    assert (found["ok"], found["count"], found["unknown"]) == (True, 2, 1)
    assert say(unknown=found["unknown"])["strange"] == 1
