"""PostgreSQL stopped without a word, and PostgreSQL on a full disk: nothing acknowledged is lost, nothing is double."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import DBAPIError

from tests.traceability.faults.cluster import Cluster
from tests.traceability.faults.disk import small_disk
from tests.traceability.faults.drill import Drill

WRITERS = 4


class Load:
    """Writers who submit until `finish`, each event again and again until it is acknowledged."""

    def __init__(self, drill: Drill, make_event) -> None:
        self.acknowledged: dict[str, str] = {}
        self.broken = 0
        self._drill, self._make_event = drill, make_event
        self._done, self._lock = threading.Event(), threading.Lock()
        self._pool = ThreadPoolExecutor(WRITERS)
        self._writers = [self._pool.submit(self._write, number) for number in range(WRITERS)]

    def wait_for(self, more: int) -> None:
        """Until so many more are acknowledged."""
        due = len(self.acknowledged) + more
        while len(self.acknowledged) < due:
            for writer in self._writers:
                assert not writer.done() or writer.result()
            time.sleep(0.005)

    def finish(self) -> None:
        self._done.set()
        for writer in self._writers:
            writer.result(60)
        self._pool.shutdown()

    def _write(self, number: int) -> None:
        while not self._done.is_set():
            self._put(self._make_event(), [f"OWN{number}", "HOT"])

    def _put(self, event: dict, lots: list[str]) -> None:
        while True:
            try:
                with self._drill.engine.begin() as connection:
                    told = {"event": event, "lots": lots, "who": "org:coop", "recorded_at": datetime.now(UTC)}
                    receipt = self._drill.log.submit(connection, **told)
            except DBAPIError:
                self.broken += 1
                time.sleep(0.02)
            else:
                with self._lock:
                    self.acknowledged[receipt.id] = receipt.leaf.hex()
                return


@pytest.fixture
def cluster():
    with closing(Cluster()) as made:
        made.start()
        yield made


def test_a_server_stopped_at_once_under_load_loses_nothing_and_doubles_nothing(cluster, tmp_path, make_event):
    """Four writers and a process that seals, signs, exports and asks its witness; the server goes down under them twice."""
    with closing(Drill(tmp_path, cluster.url)) as drill:
        load = Load(drill, make_event)
        for _ in range(2):

            def stop():
                load.wait_for(40)
                cluster.stop("immediate")

            assert "OperationalError" in drill.run_until_it_ends(meanwhile=stop)
            cluster.start()
        load.wait_for(10)
        load.finish()

        assert load.broken >= WRITERS
        assert drill.acknowledged
        drill.acknowledged |= load.acknowledged
        drill.inspect()


def test_a_server_on_a_full_disk_loses_nothing_and_goes_on_when_there_is_room(tmp_path):
    with small_disk(96 << 20) as disk:
        place = disk.path / "cluster"
        place.mkdir()
        with closing(Cluster(place)) as cluster:
            cluster.start()
            with closing(Drill(tmp_path, cluster.url)) as drill:
                disk.fill(leave=200_000)
                assert re.search("OperationalError|DiskFull", drill.run_until_it_ends())
                disk.make_room()
                cluster.start()
                assert drill.acknowledged
                drill.inspect()
