"""The signer as a process: the same verbs over its socket, and strangers' nonsense does not stop it."""

import socket
import subprocess
import sys
import threading
from contextlib import suppress

import pytest

from tests.traceability.conftest import ORIGIN
from traceability.errors import SignerError
from traceability.signer import Client
from traceability.signer.protocol import address
from traceability.signer.server import Server, main


@pytest.fixture
def client(signer, tmp_path):
    server = Server(signer, tmp_path / "socket")
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield Client(tmp_path / "socket")
    server.stop()
    thread.join()


def command(folder, *more) -> list[str]:
    files = ("--socket", str(folder / "socket"), "--state", str(folder / "state"), "--keys", str(folder / "keys"))
    return [sys.executable, "-m", "traceability", "signer", *files, *more]


def ask(path, data: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(address(path))
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").read()


def test_the_client_gets_what_the_keeper_gives(client, signer, tree):
    assert client.answers()
    assert client.verifiers() == signer.verifiers()
    lines = client.sign(tree.text(7), old_size=0, proof=[])
    assert lines == signer.sign(tree.text(7), old_size=0, proof=[])
    assert client.state() == (7, tree.root(0, 7))
    assert client.sign(tree.text(9), old_size=7, proof=tree.proof(7, 9)) == signer.sign(tree.text(9), old_size=9, proof=[])


def test_a_refusal_crosses_the_socket_with_its_code(client, tree, tmp_path):
    client.sign(tree.text(7), old_size=0, proof=[])
    with pytest.raises(SignerError) as refusal:
        client.sign(tree.text(3), old_size=0, proof=[])
    assert refusal.value.code == "smaller"
    (tmp_path / "state").unlink()
    assert client.state() is None


@pytest.mark.parametrize(
    "nonsense",
    [
        b"", b"\n", b"[]\n", b"{}\n", b'{"do": "sign"}\n', b'{"do": "sign", "note": 1, "old_size": 0, "proof": []}\n', b"\xff\n",
        b'{"do": "sign", "note": "x", "old_size": 0, "proof": ["?"]}\n', b"x" * 100_000 + b"\n", b'{"do": "forget"}\n',
    ],
)  # fmt: skip
def test_nonsense_is_refused_and_the_next_question_answered(client, tmp_path, nonsense):
    with suppress(ConnectionResetError, BrokenPipeError):  # more than a question may hold: the rest was not read
        assert b'"error"' in ask(tmp_path / "socket", nonsense)
    assert client.state() == (0, client.state()[1])


def test_a_signer_that_is_not_there_is_unreachable(tmp_path):
    with pytest.raises(SignerError) as refusal:
        Client(tmp_path / "nobody").state()
    assert refusal.value.code == "unreachable"
    assert not Client(tmp_path / "nobody").answers()


def test_the_process_begins_serves_and_lets_no_second_one_on_its_state(tmp_path, tree, capfd):
    made = subprocess.run(command(tmp_path, "--incept", ORIGIN), capture_output=True, text=True, check=True)
    with subprocess.Popen(command(tmp_path), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == f"signer at {tmp_path / 'socket'}\n"
        client = Client(tmp_path / "socket")
        assert [str(key) for key in client.verifiers()] == made.stdout.splitlines()
        assert len(client.sign(tree.text(4), old_size=0, proof=[])) == 2
        second = subprocess.run(command(tmp_path), capture_output=True, text=True)
        assert (second.returncode, "another signer" in second.stderr) == (1, True)
        assert client.state()[0] == 4
        process.terminate()
    assert process.returncode == 0
    assert not client.answers()
    assert main(command(tmp_path, "--incept", ORIGIN)[4:]) == 1
    assert "state-taken" in capfd.readouterr().err


def test_a_lost_state_is_made_again_from_a_note_that_witnesses_hold(tmp_path, signer, tree):
    lines = signer.sign(tree.text(9), old_size=0, proof=[])
    (tmp_path / "state").unlink()
    (tmp_path / "note").write_text(f"{tree.text(9)}\n{''.join(map(str, lines))}")
    assert main(command(tmp_path, "--incept", ORIGIN, "--at", str(tmp_path / "note"))[4:]) == 0
    assert signer.state() == (9, tree.root(0, 9))


def test_a_note_of_other_keys_makes_no_state(tmp_path, signer, tree):
    lines = signer.sign(tree.text(9), old_size=0, proof=[])
    (tmp_path / "state").unlink()
    (tmp_path / "note").write_text(f"{tree.text(8)}\n{''.join(map(str, lines))}")
    assert main(command(tmp_path, "--incept", ORIGIN, "--at", str(tmp_path / "note"))[4:]) == 1
    assert signer.state() is None


def test_an_inception_cut_short_is_finished_and_a_used_state_gets_no_new_keys(tmp_path, tree, signer, capfd):
    (tmp_path / "keys").unlink()
    assert main(command(tmp_path, "--incept", ORIGIN)[4:]) == 0
    signer.sign(tree.text(3), old_size=0, proof=[])
    (tmp_path / "keys").unlink()
    assert main(command(tmp_path, "--incept", ORIGIN)[4:]) == 1
    assert "state-taken" in capfd.readouterr().err
    assert not (tmp_path / "keys").exists()


def test_a_lost_state_is_no_reason_to_begin_anew(tmp_path, signer, tree, capfd):
    signer.sign(tree.text(9), old_size=0, proof=[])
    (tmp_path / "state").unlink()
    assert main(command(tmp_path, "--incept", ORIGIN)[4:]) == 1
    assert "keys-without-state" in capfd.readouterr().err
    assert signer.state() is None


def test_a_note_of_another_log_makes_no_state(tmp_path, signer, tree):
    lines = signer.sign(tree.text(9), old_size=0, proof=[])
    (tmp_path / "state").unlink()
    (tmp_path / "note").write_text(f"{tree.text(9)}\n{''.join(map(str, lines))}")
    assert main(command(tmp_path, "--incept", "other.test/log/1", "--at", str(tmp_path / "note"))[4:]) == 1
    assert signer.state() is None
