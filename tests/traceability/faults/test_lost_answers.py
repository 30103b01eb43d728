"""A commit whose answer was lost: durable at the server, unknown to who submitted it. Asking again by the id settles it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from tests.traceability.conftest import NOW
from tests.traceability.faults.proxy import lossy

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


@pytest.fixture
def through(engine):
    """The test's database through a proxy: `with through(loses) as (engine, proxy)`; see `LossyProxy`."""

    @contextmanager
    def run(loses):
        with engine.begin() as connection:
            schema = connection.scalar(text("SELECT current_schema()"))
        options = {"options": f"-csearch_path={schema}", "sslmode": "disable", "gssencmode": "disable"}
        with lossy((engine.url.host or "127.0.0.1", engine.url.port or 5432), loses) as proxy:
            made = create_engine(engine.url.set(host="127.0.0.1", port=proxy.port), connect_args=options)
            yield made, proxy
            made.dispose()

    return run


def submit(log, connection, event, lots):
    return log.submit(connection, event=event, lots=lots, who="org:coop", recorded_at=NOW)


def test_submitter_asks_by_the_id_and_gets_the_first_receipt(through, log, make_event):
    event = make_event(1)
    with through(lambda number: number == 0) as (engine, proxy):
        with pytest.raises(OperationalError), engine.begin() as connection:
            first = submit(log, connection, event, ["A", "B"])

        assert proxy.lost == 1
        with engine.begin() as connection:
            assert log.find(connection, event["eventID"]).leaf == first.leaf
            assert submit(log, connection, event, ["A", "B"]) == first
            assert log.sequence(connection).sealed == 1
        with engine.begin() as connection:
            assert submit(log, connection, event, ["A", "B"]).leaf == first.leaf
            assert [len(log.lot(connection, lot)) for lot in "AB"] == [1, 1]
            assert log.check(connection).sound


@pytest.mark.parametrize("number", range(4))
def test_every_commit_from_the_business_row_to_the_signed_note_may_lose_its_answer(through, log, make_event, number):
    """Each step is simply done again, with the same outcome: the row, its sealing, the checkpoint's row, the note."""
    event = make_event(1)

    def put(engine):
        with engine.begin() as connection:
            submit(log, connection, event, ["A"])

    def seal(engine):
        with engine.begin() as connection:
            log.sequence(connection)

    with through(lambda count: count == number) as (engine, proxy):
        for step in (put, seal, lambda engine: log.checkpoint(engine.begin, NOW)):
            try:
                step(engine)
            except OperationalError:
                step(engine)

        assert proxy.lost == 1
        with engine.begin() as connection:
            assert len(log.lot(connection, "A")) == 1
            assert log.latest_checkpoint(connection).checkpoint.size == 2
            assert len(log.storage.notes(connection, 2)) == 2
            assert log.check(connection).sound


def test_four_submitters_who_lose_every_third_answer_lose_no_entry_and_double_none(through, engine, log, make_event):
    def act(number):
        leaves = {}
        for step in range(6):
            event = make_event(number * 100 + step)
            for _ in range(50):
                try:
                    with unsure.begin() as connection:
                        receipt = submit(log, connection, event, [f"LOT{number}", "HOT"])
                        assert leaves.setdefault(receipt.id, receipt.leaf) == receipt.leaf
                    break
                except OperationalError:
                    continue
            else:
                pytest.fail("fifty answers lost")
        return leaves

    with through(lambda number: number % 3 == 0) as (unsure, proxy):
        with ThreadPoolExecutor(4) as pool:
            leaves = {entry_id: leaf for found in pool.map(act, range(4)) for entry_id, leaf in found.items()}

        assert proxy.lost >= 8
    with engine.begin() as connection:
        assert log.sequence(connection).sealed == 24
        assert {record.entry.id: record.leaf for record in log.lot(connection, "HOT")} == leaves
        assert log.check(connection).sound
