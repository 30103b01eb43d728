"""The small store of keys: one key a subject and day, marked before it goes, gone when it is gone."""

import pytest
from sqlalchemy import create_engine, make_url, text

from traceability.storage.subject_keys import SubjectKeys


@pytest.fixture(params=["sqlite", "postgresql"])
def keys(request, tmp_path):
    if request.param == "sqlite":
        yield SubjectKeys(f"sqlite:///{tmp_path / 'keys' / 'subjects.db'}")
        return
    if request.config._postgres is None:
        pytest.skip("PostgreSQL does not answer")
    url = make_url(request.config._postgres).set(drivername="postgresql+psycopg")
    owner, schema = create_engine(url), f"keys_{tmp_path.name.replace('-', '_')}".lower()
    with owner.begin() as connection:
        connection.execute(text(f'CREATE SCHEMA "{schema}"'))
    yield SubjectKeys(url.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(False))
    with owner.begin() as connection:
        connection.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))
    owner.dispose()


def test_a_subject_has_one_key_for_a_day_and_another_for_another(keys):
    first = keys.for_new("seller:1", "2028-12-01")
    assert keys.for_new("seller:1", "2028-12-01") == first
    assert len(first.key) == 32
    others = {keys.for_new("seller:2", "2028-12-01").id, keys.for_new("seller:1", "2029-01-01").id}
    assert len(others | {first.id}) == 3
    assert keys.read([first.id, "unknown"]) == {first.id: first.key}


def test_a_marked_key_takes_nothing_new_and_is_found_until_it_is_destroyed(keys):
    first = keys.for_new("seller:1", "2028-12-01")
    keys.mark("request", subject="seller:1")
    assert not keys.usable(first.id)
    second = keys.for_new("seller:1", "2028-12-01")
    assert second.id != first.id
    assert keys.marked("seller:1") == keys.marked() == {"request": [first.id]}
    keys.destroy([first.id])
    assert (keys.marked(), keys.read()) == ({}, {second.id: second.key})


def test_keys_are_marked_by_id_and_the_first_ground_stays(keys):
    first = keys.for_new("seller:1", "2028-12-01")
    keys.mark("retention", key_ids=[first.id])
    keys.mark("request", subject="seller:1")
    assert keys.marked() == {"retention": [first.id]}


def test_a_destroyed_key_is_in_no_file_of_the_store(tmp_path):
    keys = SubjectKeys(f"sqlite:///{tmp_path / 'keys' / 'subjects.db'}")
    gone = keys.for_new("seller:1", "2028-12-01")
    kept = keys.for_new("seller:2", "2028-12-01")
    keys.destroy([gone.id])
    found = b"".join(path.read_bytes() for path in (tmp_path / "keys").iterdir())
    assert kept.key in found
    assert gone.key not in found
    assert (tmp_path / "keys" / "subjects.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("keys", ["postgresql"], indirect=True)
def test_on_postgresql_a_destroyed_key_leaves_the_tables_file_or_it_is_said_that_it_did_not(keys):
    gone, later = keys.for_new("seller:1", "2028-12-01"), keys.for_new("seller:1", "2029-01-01")
    kept = keys.for_new("seller:2", "2028-12-01")
    engine = create_engine(keys.url)
    assert found_in_file(engine, gone, later, kept) == {gone.id, later.id, kept.id}
    assert keys.destroy([gone.id]) is None
    assert found_in_file(engine, gone, later, kept) == {later.id, kept.id}
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as reader:
        reader.execute(text("SELECT 1"))
        assert "may still read" in keys.destroy([later.id])
    assert later.id in found_in_file(engine, later)
    assert keys.destroy([]) is None
    assert found_in_file(engine, later, kept) == {kept.id}
    engine.dispose()


def found_in_file(engine, *keys):
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        stored = connection.scalar(text("SELECT pg_read_binary_file(pg_relation_filepath('subject_key'))"))
    return {key.id for key in keys if key.key in bytes(stored)}


def test_a_copy_holds_the_keys_of_its_moment(tmp_path):
    keys = SubjectKeys(f"sqlite:///{tmp_path / 'keys' / 'subjects.db'}")
    first = keys.for_new("seller:1", "2028-12-01")
    keys.copy_to(tmp_path / "copy.db")
    keys.destroy([first.id])
    assert SubjectKeys(f"sqlite:///{tmp_path / 'copy.db'}").read() == {first.id: first.key}
