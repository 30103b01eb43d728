"""The independent check of an export: sound ones pass, every spoilt one is named with its exit code."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.traceability.conftest import NOW, ORIGIN, SECRET
from traceability.checkpoint import Checkpoint, Note, generate_signer, parse_signer
from traceability.cli import main
from traceability.log.export import export
from traceability.standalone.verifier import tlog_verify
from traceability.tiles import decode_bundle, encode_bundle


def put(log, start, count):
    for number in range(start, start + count):
        event = {"eventID": f"urn:x:{number}", "eventTime": "2026-01-31T02:00:00.000Z"}
        log.submit(None, event=event, lots=[f"LOT{number % 3}"], who="org:coop", recorded_at=NOW)
    while log.sequence(None).sealed:
        pass


@pytest.fixture
def begin():
    from contextlib import nullcontext

    return nullcontext


@pytest.fixture
def exported(memory_log, begin, tmp_path):
    """An export of 300 entries; `older` beside it is the note of 100."""
    put(memory_log, 0, 99)
    (tmp_path / "older").write_text(str(memory_log.checkpoint(begin, NOW).note), encoding="utf-8")
    put(memory_log, 99, 200)
    memory_log.checkpoint(begin, NOW)
    assert export(memory_log, None, tmp_path / "export") == 300
    return tmp_path / "export"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A fork is written into the working folder."""
    monkeypatch.chdir(tmp_path)


def run(folder, *more):
    return main(["verify", str(folder), *more])


def test_a_sound_export_passes_and_lists_a_lot(exported, capsys):
    assert run(exported, "--since", str(exported.parent / "older"), "--lot", "LOT1", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["outcome"], answer["size"], len(answer["entries"])) == (0, 300, 100)
    assert answer["entries"][:2] == [2, 5]


def test_the_command_runs_as_a_module(exported):
    command = [sys.executable, "-m", "traceability", "verify", str(exported)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert (done.returncode, done.stdout.split(":")[0]) == (0, "sound")


def test_an_export_made_again_after_growth_is_sound(exported, memory_log, begin):
    put(memory_log, 500, 300)
    memory_log.checkpoint(begin, NOW)
    assert export(memory_log, None, exported) == 600
    assert run(exported, "--since", str(exported.parent / "older")) == 0


@pytest.mark.parametrize("index", [0, 7, 255, 256, 299])
def test_a_changed_entry_is_named(exported, capsys, index):
    path = exported / ("tile/entries/000" if index < 256 else "tile/entries/001.p/44")
    entries = decode_bundle(path.read_bytes())
    data = entries[index % 256]
    entries[index % 256] = data.replace(b"2026", b"2027", 1)
    path.write_bytes(encode_bundle(entries))
    assert run(exported) == 1
    assert f"first bad index {index}" in capsys.readouterr().out


def test_swapped_entries_a_changed_tile_and_a_changed_upper_tile_are_tampering(exported, capsys):
    bundle = exported / "tile/entries/000"
    kept = bundle.read_bytes()
    entries = decode_bundle(kept)
    entries[4], entries[5] = entries[5], entries[4]
    bundle.write_bytes(encode_bundle(entries))
    assert run(exported) == 1
    bundle.write_bytes(kept)
    for name, index in (("tile/0/000", 100), ("tile/0/001.p/44", 256), ("tile/1/000.p/1", 0)):
        path = exported / name
        good = bytearray(path.read_bytes())
        bad = bytearray(good)
        bad[(index % 256) * 32] ^= 1
        path.write_bytes(bad)
        capsys.readouterr()
        assert run(exported) == 1
        assert f"first bad index {index}" in capsys.readouterr().out
        path.write_bytes(good)
    assert run(exported) == 0


@pytest.mark.parametrize(
    "name", ["checkpoint", "tile/entries/000", "tile/entries/001.p/44", "tile/0/000", "tile/1/000.p/1"]
)
def test_a_missing_file_is_incomplete(exported, name):
    (exported / name).unlink()
    assert run(exported) == 3


@pytest.mark.parametrize("name", ["tile/entries/000", "tile/0/001.p/44", "checkpoint"])
def test_a_file_cut_short_is_tampering(exported, name):
    path = exported / name
    path.write_bytes(path.read_bytes()[:-1])
    assert run(exported) == 1


def test_a_checkpoint_of_an_unknown_key_or_with_a_changed_size_is_tampering(exported, memory_log):
    path, kept = exported / "checkpoint", (exported / "checkpoint").read_text(encoding="utf-8")
    path.write_text(kept.replace("\n300\n", "\n299\n"), encoding="utf-8")
    assert run(exported) == 1
    stranger = generate_signer(memory_log.origin)
    policy = exported.parent / "policy"
    policy.write_text(f"# trusted elsewhere\n{stranger.verifier}\n", encoding="utf-8")
    path.write_text(kept, encoding="utf-8")
    assert run(exported, "--policy", str(policy)) == 1


def test_an_older_note_with_another_root_is_a_fork(exported, capsys):
    signer = parse_signer(SECRET)
    text = Checkpoint(ORIGIN, 100, bytes(32)).text()
    forked = exported.parent / "forked"
    forked.write_text(str(Note(text, (signer.sign(text),))), encoding="utf-8")
    assert run(exported, "--since", str(forked)) == 2
    assert "another root" in capsys.readouterr().out
    assert (exported.parent / "tlog-evidence.json").exists()


@pytest.mark.parametrize("size", [1, 64, 100, 299, 300])
def test_a_fork_is_written_out_and_believed_by_both_programs(exported, tmp_path, size):
    signer = parse_signer(SECRET)
    text = Checkpoint(ORIGIN, size, bytes(32)).text()
    (tmp_path / "forked").write_text(str(Note(text, (signer.sign(text),))), encoding="utf-8")
    (tmp_path / "policy").write_text(f"{signer.verifier}\n", encoding="utf-8")

    assert run(exported, "--since", str(tmp_path / "forked"), "--evidence-out", str(tmp_path / "out.json")) == 2

    written = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert written["notes"] == [(tmp_path / "forked").read_text("utf-8"), (exported / "checkpoint").read_text("utf-8")]
    asked = ["evidence", str(tmp_path / "out.json"), "--policy", str(tmp_path / "policy")]
    assert main(asked) == 2
    assert tlog_verify.main(asked) == 2


def test_only_a_fork_is_written_out(exported, tmp_path):
    assert run(exported, "--since", str(exported.parent / "older")) == 0
    (exported / "tile/0/000").unlink()
    assert run(exported, "--since", str(exported.parent / "older")) == 3
    assert not (tmp_path / "tlog-evidence.json").exists()


def test_an_older_note_that_is_longer_than_the_export_is_incomplete(exported, memory_log, begin):
    put(memory_log, 700, 5)
    longer = exported.parent / "longer"
    longer.write_text(str(memory_log.checkpoint(begin, NOW).note), encoding="utf-8")
    assert run(exported, "--since", str(longer)) == 3


def test_wrong_use_is_exit_4_and_a_missing_export_is_incomplete(exported, capsys):
    assert run(exported.parent / "nowhere") == 3
    assert run(exported, "--policy", str(exported.parent / "nowhere")) == 4
    (exported.parent / "bad").write_text("not a key\n", encoding="utf-8")
    assert run(exported, "--policy", str(exported.parent / "bad")) == 4
    for arguments in ([], ["verify"], ["dance"], ["verify", str(exported), "--loud"]):
        with pytest.raises(SystemExit) as exit_:
            main(arguments)
        assert exit_.value.code == 4


def test_files_of_full_tiles_are_not_written_again(exported, memory_log):
    full = exported / "tile/0/000"
    before = full.stat().st_mtime_ns
    export(memory_log, None, exported)
    assert full.stat().st_mtime_ns == before
    assert not list(exported.rglob("*.new"))


def test_an_export_copied_anywhere_is_still_sound(exported, tmp_path):
    shutil.copytree(exported, tmp_path / "copy")
    assert run(tmp_path / "copy") == 0
