"""C2SP tlog-policy: what is read, what is refused and on which line, and when a quorum is reached."""

import itertools

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from traceability.checkpoint import COSIGNATURE_V1, ED25519, VerifierKey
from traceability.errors import PolicyError
from traceability.policy import parse_policy, plain_policy


def key(name: str, kind: int = COSIGNATURE_V1) -> VerifierKey:
    seed = (name.encode() * 32)[:32]
    return VerifierKey(name, kind, Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())


LOG = key("log.example/1", ED25519)
X1, X2, X3, Y1, Y2, Y3 = WITNESSES = [key(f"{name}.example/w") for name in ("x1", "x2", "x3", "y1", "y2", "y3")]
NAMED = "".join(
    f"witness {name} {witness}\n" for name, witness in zip(("X1", "X2", "X3", "Y1", "Y2", "Y3"), WITNESSES, strict=True)
)
EXAMPLE = f"""log {LOG}

{NAMED}group X-witnesses 2 X1 X2 X3
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def test_example_of_the_specification():
    policy = parse_policy(EXAMPLE)

    for count in range(7):
        for chosen in itertools.combinations(WITNESSES, count):
            due = len({X1, X2, X3} & set(chosen)) >= 2 and bool({Y1, Y2, Y3} & set(chosen))
            assert policy.check([LOG, *chosen]) is due
            assert policy.check(chosen) is False


def test_comments_blanks_tabs_and_order_do_not_matter():
    text = f"# ghi chú có dấu\n\n \t \n\t witness\tnhân-chứng  {X1}\thttps://w.example/a/ \n#quorum X\nquorum nhân-chứng\nlog {LOG} http://l.example\n"
    policy = parse_policy(text)

    assert [(item.name, item.url) for item in policy.witnesses] == [("nhân-chứng", "https://w.example/a")]
    assert policy.logs[0].url == "http://l.example"
    assert policy.check([LOG, X1])
    assert policy.keys == (LOG, X1)


def test_no_quorum_needs_the_log_alone():
    policy = parse_policy(plain_policy([LOG, key("log.example/1")]))

    assert policy.check([LOG])
    assert not policy.check([X1])
    assert [item.key for item in policy.logs] == [LOG]


def test_without_log_lines_the_reader_knows_the_log():
    assert parse_policy(f"witness a {X1}\nquorum a\n").check([X1])
    assert parse_policy("quorum none\n").check([])


def test_either_of_two_logs_will_do():
    other = key("other.example", ED25519)

    assert parse_policy(f"log {LOG}\nlog {other}\nquorum none\n").check([other])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("\n\n", 3),
        (f"log {LOG}\n", 2),
        (f"log {LOG}\nquorum none", 2),
        ("quorum none\nquorum none\n", 2),
        ("quorum X\n", 1),
        ("quorum\n", 1),
        ("quorum none none\n", 1),
        ("quorum none\r\n", 1),
        ("quorum\x0bnone\n", 1),
        ("# \x00\nquorum none\n", 1),
        ("Quorum none\n", 1),
        ("quorum\N{NO-BREAK SPACE}none\n", 1),
        (f"quorum none\nlog {LOG}\nlog {LOG}\n", 3),
        (f"quorum none\nlog {X1}\n", 2),
        (f"quorum none\nwitness a {LOG}\n", 2),
        (f"quorum none\nwitness none {X1}\n", 2),
        (f"quorum none\nwitness a {X1}\nwitness a {X2}\n", 3),
        (f"quorum none\nwitness a {X1}\nwitness b {VerifierKey('renamed', COSIGNATURE_V1, X1.public)}\n", 3),
        (f"quorum none\nwitness a {str(X1)[:-4]}\n", 2),
        (f"quorum none\nwitness a {X1} ftp://w.example\n", 2),
        (f"quorum none\nwitness a {X1} https://user@w.example\n", 2),
        (f"quorum none\nwitness a {X1} https://w.example?x\n", 2),
        (f"quorum none\nwitness a {X1} https://w.example:99999\n", 2),
        (f"quorum none\nwitness a {X1} https://\n", 2),
        (f"quorum none\nwitness a {X1} https://w.example more\n", 2),
        (f"quorum none\nwitness {X1}\n", 2),
        (f"{NAMED}quorum none\ngroup g 2\n", 8),
        (f"{NAMED}group g 0 X1\nquorum g\n", 7),
        (f"{NAMED}group g 3 X1 X2\nquorum g\n", 7),
        (f"{NAMED}group g 02 X1 X2\nquorum g\n", 7),
        (f"{NAMED}group g some X1 X2\nquorum g\n", 7),
        (f"{NAMED}group g all X1 X1\nquorum g\n", 7),
        (f"{NAMED}group g all X1 Z\nquorum g\n", 7),
        (f"{NAMED}group g all X1 none\nquorum g\n", 7),
        (f"{NAMED}group g all g\nquorum g\n", 7),
        (f"{NAMED}group X1 all X2\nquorum X1\n", 7),
        (f"{NAMED}group g any X1\ngroup h any X1\nquorum h\n", 8),
        (f"{NAMED}quorum g\ngroup g any X1\n", 7),
        ("#" * 300_000 + "\n", 1),
    ],
)
def test_refused_with_the_number_of_the_line(text, line):
    with pytest.raises(PolicyError) as refused:
        parse_policy(text)

    assert refused.value.line == line
    assert refused.value.message.startswith(f"line {line}: ")


def test_names_are_octets():
    raw = b"witness \xff\xfe " + str(X1).encode() + b"\nquorum \xff\xfe\n"

    assert parse_policy(raw).check([X1])


def test_policy_of_32_logs_witnesses_and_groups():
    logs = [key(f"log{number}.example", ED25519) for number in range(32)]
    witnesses = [key(f"w{number}.example") for number in range(32)]
    lines = [f"log {item}" for item in logs] + [f"witness w{at} {item}" for at, item in enumerate(witnesses)]
    lines += ["group g0 any w0"] + [f"group g{at} all g{at - 1} w{at}" for at in range(1, 32)] + ["quorum g31"]
    policy = parse_policy("\n".join(lines) + "\n")

    assert policy.check([logs[31], *witnesses])
    assert not policy.check([logs[31], *witnesses[1:]])
