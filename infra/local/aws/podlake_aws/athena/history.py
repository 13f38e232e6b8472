"""What was asked and how it ended, in SQLite: it survives the process, as Athena's history does."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..state import open_database, transaction

_KEPT_SECONDS = 45 * 24 * 3600  # Athena keeps a query for 45 days

_FORMAT = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS executions (
  id TEXT PRIMARY KEY, workgroup TEXT NOT NULL, token TEXT UNIQUE, request TEXT NOT NULL,
  submitted REAL NOT NULL, state TEXT NOT NULL, execution TEXT NOT NULL, columns TEXT);
CREATE INDEX IF NOT EXISTS executions_by_workgroup ON executions (workgroup, submitted);
CREATE TABLE IF NOT EXISTS workgroups (name TEXT PRIMARY KEY, workgroup TEXT NOT NULL);
"""


class History:
    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._db = open_database(path, _FORMAT, _TABLES)
        self._lock = threading.RLock()
        with self._writing():
            self._db.execute("DELETE FROM executions WHERE submitted < ?", (time.time() - _KEPT_SECONDS,))

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def add(self, execution: dict, token: str | None, request: str) -> None:
        with self._writing():
            self._db.execute(
                "INSERT INTO executions VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
                (
                    execution["QueryExecutionId"],
                    execution["WorkGroup"],
                    token,
                    request,
                    execution["Status"]["SubmissionDateTime"],
                    execution["Status"]["State"],
                    json.dumps(execution),
                ),
            )

    def save(self, execution: dict, columns: list[dict] | None = None) -> None:
        with self._writing():
            self._db.execute(
                "UPDATE executions SET state = ?, execution = ?, columns = coalesce(?, columns) WHERE id = ?",
                (
                    execution["Status"]["State"],
                    json.dumps(execution),
                    None if columns is None else json.dumps(columns),
                    execution["QueryExecutionId"],
                ),
            )

    def get(self, execution_id: str) -> dict | None:
        row = self._row("SELECT execution FROM executions WHERE id = ?", execution_id)
        return json.loads(row[0]) if row else None

    def columns(self, execution_id: str) -> list[dict]:
        row = self._row("SELECT columns FROM executions WHERE id = ?", execution_id)
        return json.loads(row[0]) if row and row[0] else []

    def by_token(self, token: str) -> tuple[str, str] | None:
        """(execution id, request) of an earlier start with the same ClientRequestToken."""
        return self._row("SELECT id, request FROM executions WHERE token = ?", token)

    def list(self, workgroup: str, limit: int, offset: int) -> list[str]:
        with self._lock:
            found = self._db.execute(
                "SELECT id FROM executions WHERE workgroup = ? ORDER BY submitted DESC, rowid DESC LIMIT ? OFFSET ?",
                (workgroup, limit, offset),
            )
            return [row[0] for row in found]

    def unfinished(self) -> list[dict]:
        with self._lock:
            found = self._db.execute("SELECT execution FROM executions WHERE state IN ('QUEUED', 'RUNNING')")
            return [json.loads(row[0]) for row in found]

    def workgroups(self) -> dict[str, dict]:
        with self._lock:
            found = self._db.execute("SELECT name, workgroup FROM workgroups ORDER BY name").fetchall()
        return {name: json.loads(text) for name, text in found}

    def save_workgroup(self, name: str, workgroup: dict) -> None:
        with self._writing():
            self._db.execute("INSERT OR REPLACE INTO workgroups VALUES (?, ?)", (name, json.dumps(workgroup)))

    def delete_workgroup(self, name: str) -> None:
        with self._writing():
            self._db.execute("DELETE FROM workgroups WHERE name = ?", (name,))
            self._db.execute("DELETE FROM executions WHERE workgroup = ?", (name,))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock, transaction(self._db, self._path):
            yield

    def _row(self, sql: str, key: str) -> tuple | None:
        with self._lock:
            return self._db.execute(sql, (key,)).fetchone()
