"""The rows that a backend's state is made of: JSON by key, in order of creation, in one SQLite file a service."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..state import open_database, transaction

FORMAT = 1
SCHEMA = "create table rows (number integer primary key autoincrement, key text not null unique, value text not null)"

Key = tuple[str, ...]


class Rows:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = open_database(path, FORMAT, SCHEMA)

    def write(self, changed: dict[Key, Any], removed: Iterable[Key]) -> None:
        """All of it or nothing; StateError if the disk does not take it. A row that is there keeps its place."""
        gone = [(json.dumps(key),) for key in removed]
        rows = [(json.dumps(key), json.dumps(value)) for key, value in changed.items()]
        if not rows and not gone:
            return
        with transaction(self.database, self.path):
            # removed first: what is made again under its old name comes last in the order, as it did in memory
            self.database.executemany("delete from rows where key = ?", gone)
            self.database.executemany(
                "insert into rows (key, value) values (?, ?) on conflict (key) do update set value = excluded.value",
                rows,
            )

    def read(self) -> Iterator[tuple[Key, Any]]:
        for row in self.database.execute("select key, value from rows order by number"):
            yield tuple(json.loads(row["key"])), json.loads(row["value"])

    def close(self) -> None:
        self.database.close()
