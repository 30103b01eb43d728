"""The public addresses of the log, served from both engines to a reader who checks everything."""

import base64

import pytest
from flask import Flask

from tests.traceability.conftest import NOW
from traceability.canonical.entry import read_entry
from traceability.checkpoint import parse_checkpoint, parse_note, parse_verifier_key, verify_note
from traceability.merkle import Edge, leaf_hash, verify_consistency, verify_inclusion
from traceability.tiles import bundle_path, decode_bundle, split_hashes, tile_path, tiles_of_tree
from traceability.web import create_blueprint


@pytest.fixture
def client(engine, log):
    app = Flask(__name__)
    app.register_blueprint(create_blueprint(lambda: log, engine.connect))
    app.config["TESTING"] = True
    return app.test_client()


@pytest.fixture
def published(engine, log, fill):
    """300 entries in the checkpoint, 2 after it."""
    fill(299)
    signed = log.checkpoint(engine.begin, NOW)
    fill(2, start=9000)
    return signed.checkpoint


def test_a_reader_rebuilds_the_root_from_bundles_and_tiles(client, published):
    keys = [parse_verifier_key(line) for line in client.get("/log/1/keys").text.splitlines()]
    note = parse_note(client.get("/log/1/checkpoint").data)
    assert {item.key for item in verify_note(note, keys)} == set(keys)
    checkpoint = parse_checkpoint(note.text)
    edge, entries = Edge(), []
    for tile in tiles_of_tree(checkpoint.size):
        hashes = split_hashes(client.get(f"/log/1/{tile_path(tile)}").data)
        assert len(hashes) == tile.width
        if tile.level == 0:
            bundle = decode_bundle(client.get(f"/log/1/{bundle_path(tile.index, tile.width)}").data)
            assert [leaf_hash(data) for data in bundle] == hashes
            entries += bundle
    for data in entries:
        read_entry(data)
        edge, _ = edge.push(leaf_hash(data))
    assert (edge.size, edge.root()) == (checkpoint.size, checkpoint.root) == (300, published.root)


def test_proofs_are_given_for_published_sizes(client, published):
    found = client.get("/log/1/proof/inclusion?index=7").json
    hashes = [base64.b64decode(item) for item in found["hashes"]]
    assert found["size"] == 300
    verify_inclusion(base64.b64decode(found["leaf"]), 7, 300, hashes, published.root)
    found = client.get("/log/1/proof/consistency?first=255&second=300").json
    roots = [base64.b64decode(found[name]) for name in ("first_root", "second_root")]
    verify_consistency(255, 300, *roots, [base64.b64decode(item) for item in found["hashes"]])
    assert roots[1] == published.root


def test_tiles_are_cached_for_ever_and_the_checkpoint_for_seconds(client, published):
    tile = client.get("/log/1/tile/0/000")
    assert tile.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert tile.content_type == "application/octet-stream"
    entries = client.get("/log/1/tile/entries/000")
    assert entries.headers["Cache-Control"] == "public, max-age=86400", "one may have to be withheld"
    assert client.get("/log/1/tile/0/000", headers={"If-None-Match": tile.headers["ETag"]}).status_code == 304
    checkpoint = client.get("/log/1/checkpoint")
    assert checkpoint.headers["Cache-Control"] == "public, max-age=5"
    assert checkpoint.content_type == "text/plain; charset=utf-8"


MALFORMED = [
    "tile/0/0", "tile/64/000", "tile/00/000", "tile/-1/000", "tile/x/000", "tile/0/000.p/256", "tile/0/000.p/0",
    "tile/0/x000/001", "tile/entries/1", "tile/0/%00", "proof/inclusion", "proof/inclusion?index=-1",
    "proof/inclusion?index=1e3", "proof/inclusion?index=٣", "proof/inclusion?index=01",
    "proof/inclusion?index=1&size=", "proof/inclusion?index=" + "9" * 400, "proof/consistency",
    "proof/consistency?first=9&second=8",
]  # fmt: skip
UNPUBLISHED = [
    "tile/0/002", "tile/0/001", "tile/0/001.p/45", "tile/entries/001.p/45", "tile/1/000.p/2", "tile/2/000.p/1",
    "tile/63/000", "proof/inclusion?index=300", "proof/inclusion?index=1&size=301",
    "proof/inclusion?index=1&size=999999999999999999", "proof/inclusion?index=5&size=5",
    "proof/consistency?first=1&second=301",
]  # fmt: skip


def test_a_malformed_question_is_answered_400_with_a_reason(client, published):
    for path in MALFORMED:
        answer = client.get(f"/log/1/{path}")
        assert (path, answer.status_code, answer.content_type) == (path, 400, "application/problem+json")
        assert answer.json["detail"]


def test_what_no_published_checkpoint_covers_is_404_although_it_is_sealed(client, published):
    for path in UNPUBLISHED:
        answer = client.get(f"/log/1/{path}")
        assert (path, answer.status_code, answer.content_type) == (path, 404, "application/problem+json")
        assert answer.headers["Cache-Control"] == "no-store"


def test_before_the_first_checkpoint_there_are_only_keys(client):
    assert client.get("/log/1/keys").status_code == 200
    for path in ("checkpoint", "tile/0/000.p/1", "proof/inclusion?index=0", "proof/consistency?first=0"):
        assert client.get(f"/log/1/{path}").status_code == 404


def test_every_view_is_marked_public_for_the_sites_guard(client):
    views = [view for name, view in client.application.view_functions.items() if name.startswith("tlog.")]
    assert len(views) == 6
    assert {view.access for view in views} == {"public"}
