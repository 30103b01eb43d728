"""Writers and sequencers at the same time, with real threads."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.traceability.conftest import NOW
from traceability.errors import ConflictError

THREADS = 8


def together(work):
    """Runs `work(number)` in eight threads that start at the same moment; returns what each returned."""
    barrier = Barrier(THREADS)

    def run(number):
        barrier.wait(timeout=30)
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def submit(log, connection, event, lots):
    return log.submit(connection, event=event, lots=lots, who="org:coop", recorded_at=NOW)


@pytest.mark.parametrize("inline", [True, False], ids=["sealed inline", "queued"])
def test_many_writers_on_one_lot_make_one_unbroken_chain(engine, log, make_event, inline):
    def work(number):
        for step in range(5):
            with engine.begin() as connection:
                submit(log, connection, make_event(number * 100 + step), ["HOT"])
                if inline:
                    log.sequence(connection)

    together(work)
    with engine.begin() as connection:
        log.sequence(connection)
        records = log.lot(connection, "HOT")
        assert [record.entry.links[0].n for record in records] == list(range(5 * THREADS))
        assert log.size(connection) == 1 + 5 * THREADS
        assert log.check(connection).sound


def test_writers_that_name_the_same_lots_in_another_order_do_not_lock_each_other_out(engine, log, make_event):
    def work(number):
        lots = ["A", "B", "C"] if number % 2 else ["C", "B", "A"]
        for step in range(5):
            with engine.begin() as connection:
                submit(log, connection, make_event(number * 100 + step), lots)
                log.sequence(connection)

    together(work)
    with engine.begin() as connection:
        assert [len(log.lot(connection, lot)) for lot in "ABC"] == [5 * THREADS] * 3
        assert log.check(connection).sound


def test_the_same_event_posted_by_all_at_once_is_one_entry_with_one_receipt(engine, log, make_event):
    event = make_event(77)

    def work(number):
        with engine.begin() as connection:
            receipt = submit(log, connection, event, ["A"])
            log.sequence(connection)
        return receipt.leaf

    assert len(set(together(work))) == 1
    with engine.begin() as connection:
        assert log.size(connection) == 2


def test_the_same_id_with_eight_contents_is_taken_once_and_refused_seven_times(engine, log, make_event):
    def work(number):
        try:
            with engine.begin() as connection:
                submit(log, connection, make_event(77, **{"cns:content": number}), ["A"])
                log.sequence(connection)
        except ConflictError as refusal:
            return refusal.code
        return "taken"

    assert Counter(together(work)) == {"taken": 1, "id-reused": 7}


def test_several_sequencers_seal_each_entry_once_and_without_gap(engine, log, make_event):
    with engine.begin() as connection:
        for number in range(200):
            submit(log, connection, make_event(number), [f"L{number % 9}"])

    def work(number):
        sealed = 0
        for _ in range(12):
            with engine.begin() as connection:
                sealed += log.sequence(connection, 5, wait=number % 2 == 0).sealed
        return sealed

    first = sum(together(work))
    with engine.begin() as connection:
        rest = log.sequence(connection).sealed
        assert first + rest == 200
        assert log.check(connection).sound


def test_checkpoints_made_at_once_have_one_root_for_a_size(engine, log, fill):
    fill(5)
    notes = together(lambda _: str(log.checkpoint(engine.begin, NOW).note))
    assert len(set(notes)) == 1
    with engine.begin() as connection:
        assert len(log.storage.checkpoints(connection)) == 1
        assert log.check(connection).sound
