"""Cut connections, clocks that step back, everything started twice, everybody at once."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.traceability.conftest import NOW, ORIGIN
from traceability.checkpoint import parse_checkpoint
from traceability.log import Log
from traceability.signer import Keeper, KeyFile, StateFile


def submit(log, connection, event, lots):
    return log.submit(connection, event=event, lots=lots, who="org:coop", recorded_at=NOW)


def at_once(number, work):
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(work, range(number)))


def test_fifty_posts_of_one_event_are_one_entry(engine, log, make_event):
    event = make_event(1)

    def post(_):
        with engine.begin() as connection:
            return submit(log, connection, event, ["A", "B"]).leaf

    assert len(set(at_once(50, post))) == 1
    with engine.begin() as connection:
        assert log.sequence(connection).sealed == 1
        assert log.check(connection).sound


def test_twenty_writers_on_one_lot_while_two_sequencers_drain(engine, log, make_event):
    done = threading.Event()

    def drain(_):
        while not done.is_set():
            with engine.begin() as connection:
                log.sequence(connection, 3, wait=False)

    def write(number):
        with engine.begin() as connection:
            submit(log, connection, make_event(number), ["HOT"])

    with ThreadPoolExecutor(2) as pool:
        drains = [pool.submit(drain, number) for number in range(2)]
        at_once(20, write)
        done.set()
        for drained in drains:
            drained.result()
    with engine.begin() as connection:
        log.sequence(connection)
        assert [record.entry.links[0].n for record in log.lot(connection, "HOT")] == list(range(20))
        assert log.check(connection).sound


def test_two_processes_that_sign_on_one_state_never_sign_two_roots(engine, log, fill, tmp_path):
    signers = [Keeper(StateFile(tmp_path / "state"), KeyFile(tmp_path / "keys"), clock=lambda: NOW) for _ in range(2)]
    journal, signed = [], threading.Lock()

    def publish(number):
        own = Log(ORIGIN, log.storage, signers[number % 2])
        note = own.checkpoint(engine.begin, NOW).note
        with signed:
            journal.append(parse_checkpoint(note.text))

    for start in range(1000, 1030, 10):
        fill(3, start=start)
        at_once(4, publish)
    roots = {}
    for checkpoint in journal:
        assert roots.setdefault(checkpoint.size, checkpoint.root) == checkpoint.root
    with engine.begin() as connection:
        assert log.check(connection).sound


def test_a_clock_that_steps_back_changes_no_order_and_spoils_no_note(engine, log, fill, tmp_path):
    clock = [NOW]
    keeper = Keeper(StateFile(tmp_path / "state"), KeyFile(tmp_path / "keys"), clock=lambda: clock[0])
    log = Log(ORIGIN, log.storage, keeper)
    fill(2)
    first = log.checkpoint(engine.begin, NOW)
    clock[0] = NOW - timedelta(days=1)
    again = log.checkpoint(engine.begin, clock[0])
    assert again.checkpoint == first.checkpoint
    assert str(again.note) != str(first.note)
    assert again.at > first.at
    with engine.begin() as connection:
        assert log.latest_checkpoint(connection) == again
        assert log.check(connection).sound


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_connection_cut_at_any_moment_is_made_good_by_the_entrys_id(engine, log, make_event):
    """The server ends connections in the midst of a transaction; for the cut between commit and answer see
    test_lost_answers.py."""
    rng, done, cuts = random.Random(7), threading.Event(), []

    def cut():
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            own = connection.scalar(text("SELECT pg_backend_pid()"))
            victims = "SELECT pid FROM pg_stat_activity WHERE query LIKE '%tlog_pending%' AND pid <> :own"
            while not done.wait(rng.uniform(0.001, 0.02)):
                pids = connection.scalars(text(victims), {"own": own}).all()
                ours = [pid for pid in pids if pid in backends]
                if ours:
                    cuts.append(connection.scalar(text("SELECT pg_terminate_backend(:pid)"), {"pid": rng.choice(ours)}))

    backends = set()

    def act(number):
        for step in range(6):
            event = make_event(number * 100 + step)
            for _ in range(200):
                try:
                    with engine.begin() as connection:
                        backends.add(connection.connection.driver_connection.info.backend_pid)
                        if not log.find(connection, event["eventID"]):
                            submit(log, connection, event, [f"LOT{number}", "HOT"])
                        connection.execute(text("SELECT count(*) FROM tlog_pending, pg_sleep(0.003)"))
                    break
                except DBAPIError:
                    continue
            else:
                pytest.fail("cut two hundred times")

    cutter = threading.Thread(target=cut)
    cutter.start()
    try:
        at_once(4, act)
    finally:
        done.set()
        cutter.join()
    engine.dispose()
    with engine.begin() as connection:
        assert log.sequence(connection).sealed == 24
        assert len(log.lot(connection, "HOT")) == 24
        assert log.check(connection).sound
    assert cuts
