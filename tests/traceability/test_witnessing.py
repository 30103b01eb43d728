"""The client of add-checkpoint against a real witness process, and against answers no good witness gives."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from tests.traceability.standalone.witness_process import SimpleLog, over_http, prepare, running
from traceability.checkpoint import COSIGNATURE_V1, VerifierKey, generate_signer, parse_note, verify_note
from traceability.policy import Witness
from traceability.witnessing import Answer, State, cosign, evidence, held_note, request

ORIGIN = "trace.test.example/log/1"


@pytest.fixture
def log() -> SimpleLog:
    return SimpleLog(generate_signer(ORIGIN)).grow(7)


@pytest.fixture
def witness(tmp_path, log):
    prepare(tmp_path / "witness", log.signer.verifier)
    with running(tmp_path / "witness") as found:
        yield Witness("university", found.key, f"http://127.0.0.1:{found.port}")


@pytest.fixture
def now() -> datetime:
    """The true time: a witness signs it."""
    return datetime.now(UTC)


def ask(log: SimpleLog, witness: Witness, *, known: int = 0, send=over_http):
    size = len(log.leaves)
    return cosign(
        send, witness, parse_note(log.note().encode()), known=known, prove=lambda old: log.proof(old, size), now=datetime.now(UTC)
    )


def test_signed_and_signed_again_after_growth(log, witness, now):
    first = ask(log, witness)
    log.grow(20)
    second = ask(log, witness, known=first.size)

    assert (first.state, first.size) == (State.SIGNED, 7)
    assert (second.state, second.size) == (State.SIGNED, 27)
    assert now.replace(microsecond=0) <= first.at <= second.at <= datetime.now(UTC)
    assert witness.key.verify(log.checkpoint().text(), second.line.value) == second.at


@pytest.mark.parametrize("known", [0, 3, 9, 1000])
def test_finds_out_what_the_witness_holds(log, witness, known):
    ask(log, witness)
    log.grow(5)

    assert ask(log, witness, known=known).state is State.SIGNED


def test_restored_log_learns_that_the_witness_is_ahead(log, witness):
    ask(log, witness)
    older = SimpleLog(log.signer, log.leaves[:4])

    found = ask(older, witness, known=7)

    assert (found.state, found.size) == (State.AHEAD, 7)


@pytest.mark.parametrize("more", [0, 5])
def test_fork_is_called_a_fork(log, witness, more):
    fork = log.forked()
    ask(log, witness)
    fork.leaves[0] = bytes(32)
    fork.grow(more)

    found = ask(fork, witness, known=7)
    held = held_note(over_http, witness, ORIGIN, [log.signer.verifier])

    assert found.state is State.FORK
    assert held.text == log.checkpoint().text()
    saved = json.loads(evidence([parse_note(fork.note().encode()), held], [], "why"))
    assert [verify_note(parse_note(text.encode()), [log.signer.verifier]) != [] for text in saved["notes"]] == [True, True]


def test_witness_that_does_not_know_the_log_refuses(witness):
    found = ask(SimpleLog(generate_signer("another.example/log")).grow(1), witness)

    assert (found.state, found.detail) == (State.REFUSED, "the witness answers 404")


def test_no_answer_is_unreachable(log):
    def nobody(url, body):
        raise TimeoutError("no answer in 20 s")

    found = ask(log, Witness("w", generate_signer("w").verifier, "https://w.example"), send=nobody)

    assert found.state is State.UNREACHABLE
    assert held_note(nobody, Witness("w", generate_signer("w").verifier, "https://w.example"), ORIGIN, []) is None


class Told:
    """A witness that says what it is told, and counts."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[bytes] = []

    def __call__(self, url: str, body: bytes | None) -> Answer:
        self.asked.append(body)
        return self.answers.pop(0)


def cosigned(log: SimpleLog, at: datetime) -> tuple[Witness, bytes]:
    """A cosigner made of a plain signer, and its line under the log's checkpoint."""
    signer = generate_signer("w.example/1")
    key = VerifierKey("w.example/1", COSIGNATURE_V1, signer.verifier.public)
    seconds = int(at.timestamp())
    signed = signer.sign(f"cosignature/v1\ntime {seconds}\n{log.checkpoint().text()}")
    line = type(signed)(key.name, key.id, seconds.to_bytes(8, "big") + signed.value)
    return Witness("w", key, "https://w.example"), str(line).encode()


def test_lines_of_other_keys_are_passed_over(log, now):
    witness, line = cosigned(log, now)
    found = ask(log, witness, send=Told(Answer(200, cosigned(log, now)[1] + line)))

    assert found.state is State.SIGNED


@pytest.mark.parametrize(
    "body", [b"", b"\n", b"\xff", b"nonsense\n", "— w.example/1 AAAAAAAA\n".encode()], ids=["empty", "blank", "bytes", "words", "short"]
)
def test_answer_without_a_good_signature_is_refused(log, body, now):
    witness, _line = cosigned(log, now)

    assert ask(log, witness, send=Told(Answer(200, body))).state is State.REFUSED


def test_signature_of_the_future_or_of_another_checkpoint_is_refused(log, now):
    witness, line = cosigned(log, now + timedelta(minutes=11))
    other_witness, other_line = cosigned(log.forked().grow(1), now)

    assert ask(log, witness, send=Told(Answer(200, line))).state is State.REFUSED
    assert ask(log, other_witness, send=Told(Answer(200, other_line))).state is State.REFUSED


def test_witness_that_keeps_changing_its_size_is_asked_three_times(log, now):
    witness, _line = cosigned(log, now)
    send = Told(Answer(409, b"1\n"), Answer(409, b"2\n"), Answer(409, b"3\n"))

    assert ask(log, witness, send=send).state is State.REFUSED
    assert [body.split(b"\n")[0] for body in send.asked] == [b"old 0", b"old 1", b"old 2"]


def test_409_for_the_very_size_sent_is_a_fork(log, now):
    witness, _line = cosigned(log, now)

    assert ask(log, witness, known=7, send=Told(Answer(409, b"7\n"))).state is State.FORK


@pytest.mark.parametrize("body", [b"", b"-1\n", b"07\n", b"9" * 30, b"7\n7\n"])
def test_409_without_a_size_is_refused(log, body, now):
    witness, _line = cosigned(log, now)

    assert ask(log, witness, send=Told(Answer(409, body))).state is State.REFUSED


def test_only_the_logs_own_lines_are_sent(log, now):
    witness, line = cosigned(log, now)
    text = log.checkpoint().text()
    note = parse_note(f"{text}\n{log.signer.sign(text)}{line.decode()}".encode())
    send = Told(Answer(404, b""))
    cosign(send, witness, note, known=0, prove=lambda old: [], now=now)

    assert send.asked == [request(0, [], parse_note(log.note().encode()))]


def test_random_growth_is_always_followed(log, witness):
    drawn, known = random.Random(11), 0
    for _ in range(12):
        log.grow(drawn.randrange(1, 40))
        found = ask(log, witness, known=drawn.choice([known, 0, len(log.leaves)]))
        known = found.size

        assert (found.state, found.size) == (State.SIGNED, len(log.leaves))
