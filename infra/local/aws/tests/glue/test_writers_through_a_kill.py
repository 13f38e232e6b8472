"""Writers side by side while the server is killed under them: what was acknowledged is there, and there once."""

import signal
import threading
import time
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError
from endpoint_process import Endpoint, until

WRITERS = 4
MARKS = 30
TABLES = ("a", "b")


def test_four_writers_lose_nothing_acknowledged_when_the_server_is_killed_under_them(
    glue: Any, endpoint: Endpoint
) -> None:
    glue.create_database(DatabaseInput={"Name": "d"})
    acknowledged: list[str] = []
    under_way = threading.Event()

    def writer(number: int) -> None:
        mine = endpoint.client("glue")
        for count in range(1000):
            name = f"t_{number}_{count}"
            try:
                mine.create_table(DatabaseName="d", TableInput={"Name": name, "Parameters": {"made": name}})
            except (ClientError, EndpointConnectionError, HTTPClientError):
                return
            acknowledged.append(name)
            if len(acknowledged) > 60:
                under_way.set()

    threads = [threading.Thread(target=writer, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    assert under_way.wait(60)
    endpoint.end(signal.SIGKILL)
    for thread in threads:
        thread.join()
    endpoint.start()
    glue = endpoint.client("glue")
    for name in acknowledged:
        assert glue.get_table(DatabaseName="d", Name=name)["Table"]["Parameters"] == {"made": name}


class Writer(threading.Thread):
    """Adds its marks one by one to what the tables hold: reads, adds, writes for the version that it read, or repeats."""

    def __init__(self, glue: Any, number: int) -> None:
        super().__init__()
        self.glue = glue
        self.marks = [f"{number}.{count}" for count in range(MARKS)]
        self.acknowledged = 0
        self.conflicts = 0
        self.cut = 0

    def run(self) -> None:
        for count, mark in enumerate(self.marks):
            while not self.is_there(TABLES[count % len(TABLES)], mark):
                pass

    def is_there(self, table: str, mark: str) -> bool:
        try:
            # botocore takes an answer that was cut after its head for an empty one
            found = self.glue.get_table(DatabaseName="d", Name=table).get("Table")
            if not found:
                return False
            marks = found["Parameters"]["marks"].split()
            if mark in marks:  # saved before the kill, which took the answer alone
                return True
            self.glue.update_table(
                DatabaseName="d", TableInput={"Name": table, "Parameters": {"marks": " ".join([*marks, mark])}},
                VersionId=found["VersionId"],
            )  # fmt: skip
        except self.glue.exceptions.ConcurrentModificationException:
            self.conflicts += 1
            return False
        except (EndpointConnectionError, HTTPClientError):
            self.cut += 1
            time.sleep(0.05)
            return False
        self.acknowledged += 1
        return True


def test_updates_for_a_version_are_neither_lost_nor_doubled_when_the_server_is_killed_twice(
    glue: Any, endpoint: Endpoint
) -> None:
    glue.create_database(DatabaseInput={"Name": "d"})
    for table in TABLES:
        glue.create_table(DatabaseName="d", TableInput={"Name": table, "Parameters": {"marks": ""}})
    writers = [Writer(endpoint.client("glue"), number) for number in range(WRITERS)]

    def acknowledged() -> int:
        return sum(writer.acknowledged for writer in writers)

    for writer in writers:
        writer.start()
    for _ in range(2):
        enough = acknowledged() + WRITERS * MARKS // 4
        until(lambda enough=enough: acknowledged() >= enough, what="a quarter of the updates")
        endpoint.end(signal.SIGKILL)
        endpoint.start()
    for writer in writers:
        writer.join(60)

    kept: list[str] = []
    for table in TABLES:
        found = glue.get_table_versions(DatabaseName="d", TableName=table)["TableVersions"]
        versions = {int(version["VersionId"]): version["Table"]["Parameters"]["marks"].split() for version in found}
        assert sorted(versions) == list(range(1, len(versions) + 1))
        for number in range(1, len(versions)):
            assert versions[number + 1][:-1] == versions[number]
        kept += versions[len(versions)]
    assert sorted(kept) == sorted(mark for writer in writers for mark in writer.marks)
    # else the writers never met, or the kills met nobody, and nothing was proved
    assert sum(writer.conflicts for writer in writers) > 0
    assert sum(writer.cut for writer in writers) > 0
