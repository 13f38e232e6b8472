"""Clusters and steps on disk. A row is a JSON document; the columns beside it are what lists filter and order by.

Not locked by itself: the caller holds the engine's lock.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..state import open_database, transaction

Document = dict[str, Any]

FORMAT = 1
SCHEMA = """
create table clusters (
  number integer primary key autoincrement,
  id text not null unique,
  state text not null,
  created real not null,
  document text not null
);
create index clusters_by_state on clusters (state);
create table steps (
  number integer primary key autoincrement,
  id text not null unique,
  cluster_id text not null references clusters (id),
  state text not null,
  document text not null
);
create index steps_by_cluster on steps (cluster_id, number)
"""

LIVE_CLUSTER = ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING")
ACTIVE_STEP = ("PENDING", "RUNNING")


class Store:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.database: sqlite3.Connection = open_database(path, FORMAT, SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes of the block are kept, or none (StateError); blocks nest into the outermost."""
        if self.database.in_transaction:
            yield
            return
        with transaction(self.database, self.path):
            yield

    def add_cluster(self, cluster: Document) -> None:
        self.database.execute(
            "insert into clusters (id, state, created, document) values (?, ?, ?, ?)",
            (cluster["Id"], cluster["State"], cluster["Created"], json.dumps(cluster)),
        )

    def save_cluster(self, cluster: Document) -> None:
        self.database.execute(
            "update clusters set state = ?, document = ? where id = ?",
            (cluster["State"], json.dumps(cluster), cluster["Id"]),
        )

    def cluster(self, cluster_id: str) -> Document | None:
        return self._one("select document from clusters where id = ?", cluster_id)

    def live_clusters(self) -> list[Document]:
        marks = ", ".join("?" * len(LIVE_CLUSTER))
        return self._all(f"select document from clusters where state in ({marks}) order by number", *LIVE_CLUSTER)

    def page_of_clusters(
        self, states: list[str], after: float | None, before: float | None, marker: int | None, size: int
    ) -> tuple[list[Document], int | None]:
        """Newest first. The marker is the number of the last row of the page before."""
        conditions, values = ["1"], []
        for condition, value in (("created > ?", after), ("created < ?", before), ("number < ?", marker)):
            if value is not None:
                conditions.append(condition)
                values.append(value)
        if states:
            conditions.append(f"state in ({', '.join('?' * len(states))})")
            values += states
        return self._page("clusters", conditions, values, size)

    def add_step(self, step: Document) -> None:
        self.database.execute(
            "insert into steps (id, cluster_id, state, document) values (?, ?, ?, ?)",
            (step["Id"], step["ClusterId"], step["State"], json.dumps(step)),
        )

    def save_step(self, step: Document) -> None:
        self.database.execute(
            "update steps set state = ?, document = ? where id = ?", (step["State"], json.dumps(step), step["Id"])
        )

    def step(self, step_id: str) -> Document | None:
        return self._one("select document from steps where id = ?", step_id)

    def active_steps(self, cluster_id: str) -> list[Document]:
        """In the order in which they were added."""
        marks = ", ".join("?" * len(ACTIVE_STEP))
        return self._all(
            f"select document from steps where cluster_id = ? and state in ({marks}) order by number",
            cluster_id,
            *ACTIVE_STEP,
        )

    def last_ended_step(self, cluster_id: str) -> Document | None:
        return self._one(
            "select document from steps where cluster_id = ? and state not in ('PENDING', 'RUNNING') "
            "order by json_extract(document, '$.Ended') desc, number desc limit 1",
            cluster_id,
        )

    def has_failed_step(self, cluster_id: str) -> bool:
        found = self.database.execute(
            "select 1 from steps where cluster_id = ? and state = 'FAILED' limit 1", (cluster_id,)
        )
        return found.fetchone() is not None

    def page_of_steps(
        self, cluster_id: str, states: list[str], marker: int | None, size: int
    ) -> tuple[list[Document], int | None]:
        """Newest first, as on EMR."""
        conditions, values = ["cluster_id = ?"], [cluster_id]
        if marker is not None:
            conditions.append("number < ?")
            values.append(marker)
        if states:
            conditions.append(f"state in ({', '.join('?' * len(states))})")
            values += states
        return self._page("steps", conditions, values, size)

    def close(self) -> None:
        self.database.close()

    def _page(
        self, table: str, conditions: list[str], values: list[Any], size: int
    ) -> tuple[list[Document], int | None]:
        rows = self.database.execute(
            f"select number, document from {table} where {' and '.join(conditions)} order by number desc limit ?",
            (*values, size + 1),
        ).fetchall()
        shown = rows[:size]
        marker = shown[-1]["number"] if len(rows) > size else None
        return [json.loads(row["document"]) for row in shown], marker

    def _one(self, query: str, *values: Any) -> Document | None:
        row = self.database.execute(query, values).fetchone()
        return json.loads(row["document"]) if row else None

    def _all(self, query: str, *values: Any) -> list[Document]:
        return [json.loads(row["document"]) for row in self.database.execute(query, values)]
