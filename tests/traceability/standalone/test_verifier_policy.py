"""Policies in the form of C2SP tlog-policy, plain lines of keys, and who signed."""

import pytest

from tests.traceability.standalone.book import LATER, LOG, TIMED, WITNESS, Key
from traceability.standalone.verifier import tlog_verify

W = [Key(f"w{number}.example", 20 + number, 4) for number in range(5)]
SIX = "".join(f"witness {name} {key.vkey}\n" for name, key in zip(["X1", "X2", "X3", "Y1", "Y2"], W, strict=True))
GROUPS = f"log {LOG.vkey}\n{SIX}group X 2 X1 X2 X3\ngroup Y any Y1 Y2\ngroup both all X Y\nquorum both\n"


def met(text, *signers):
    return tlog_verify.Policy(text.encode()).met({key.vkey: 1 for key in signers})


@pytest.mark.parametrize(
    ("signers", "expected"),
    [((), False), ((0, 1), False), ((0, 3), False), ((0, 1, 3), True), ((0, 2, 4), True), ((3, 4), False), ((0, 1, 2, 3, 4), True)],
)
def test_a_quorum_of_groups(signers, expected):
    assert met(GROUPS, *(W[number] for number in signers)) is expected


@pytest.mark.parametrize(
    "text",
    [
        f"log {LOG.vkey}\nquorum none\n",
        f"  log\t{LOG.vkey}   https://x.example/log \n\n# a word\n \t# more\nquorum none",
        f"log {LOG.vkey}\nwitness W\u00e9 {WITNESS.vkey} https://w.example\nquorum none\n",
        f"witness w {WITNESS.vkey}\nquorum none\n",
        f"{LOG.vkey}\n# plain\n{TIMED.vkey}\n",
    ],
)
def test_policies_that_ask_for_no_witness(text):
    assert met(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello\n",
        f"log {LOG.vkey}\n",
        f"log {LOG.vkey}\nquorum none\nquorum none\n",
        f"log {LOG.vkey}\nquorum w\nwitness w {WITNESS.vkey}\n",
        f"log {LOG.vkey}\nlog {LOG.vkey}\nquorum none\n",
        f"witness a {WITNESS.vkey}\nwitness b {WITNESS.vkey}\nquorum none\n",
        f"witness a {W[0].vkey}\nwitness a {W[1].vkey}\nquorum none\n",
        f"witness none {W[0].vkey}\nquorum none\n",
        f"witness a {LOG.vkey}\nquorum none\n",
        f"{SIX}group g 0 X1\nquorum g\n",
        f"{SIX}group g 2 X1\nquorum g\n",
        f"{SIX}group g 01 X1\nquorum g\n",
        f"{SIX}group g some X1\nquorum g\n",
        f"{SIX}group g any\nquorum g\n",
        f"{SIX}group g any X1 X1\nquorum g\n",
        f"{SIX}group g any none\nquorum g\n",
        f"{SIX}group g any g\nquorum g\n",
        f"{SIX}group g any X1\ngroup h any X1\nquorum h\n",
        f"{SIX}group h any later\ngroup later any X1\nquorum h\n",
        f"log {LOG.vkey}\r\nquorum none\r\n",
        f"log {LOG.vkey[:-1]}\nquorum none\n",
        f"log {LOG.vkey} a b\nquorum none\n",
        f"{LOG.vkey}\nquorum none\n",
        f"Log {LOG.vkey}\nquorum none\n",
    ],
)
def test_policies_to_refuse(text):
    with pytest.raises(ValueError):
        tlog_verify.Policy(text.encode())


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (f"log {LOG.vkey}\nwitness w {WITNESS.vkey}\nquorum w\n", (0, None)),
        (f"log {LOG.vkey}\nwitness w {W[0].vkey}\nquorum w\n", (3, None)),
        (f"log {LOG.vkey}\nwitness w {W[0].vkey}\nquorum none\n", (0, None)),
        (f"log {W[0].vkey}\nquorum none\n", (1, None)),
        (f"log {TIMED.vkey}\nquorum none\n", (1, None)),
        (f"witness w {WITNESS.vkey}\nquorum w\n", (0, None)),
        (f"{LATER.vkey}\n", (0, None)),
        (f"{W[0].vkey}\n{LOG.vkey}\n", (0, None)),
    ],
)
def test_who_must_have_signed(judge, whole, policy, expected):
    assert judge(whole, policy) == expected


def test_a_policy_without_a_log_is_said_to_take_the_keys_of_the_export(verdict, tmp_path, whole):
    report = verdict(whole.write(tmp_path / "export"), f"witness w {WITNESS.vkey}\nquorum w\n")[2]

    assert report["warnings"] == ["the policy names no key of a log: those of the export were taken"]


def test_a_wrong_line_of_a_witness_spoils_the_note(judge, whole):
    class Forged(Key):
        def line(self, text, at=1):
            return super().line(text + " ", at)

    signers = (LOG, Forged("witness.example/w", 4, 4))

    assert judge(whole, f"{LOG.vkey}\n{WITNESS.vkey}\n", signers=signers) == (1, None)
    assert judge(whole, f"{LOG.vkey}\n", signers=signers) == (0, None), "to whom it is unknown it does no harm"
