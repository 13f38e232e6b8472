"""Glue's state as rows: one for each database, table, version of a table and partition, and one for all tags.

A commit to a table writes that table's few changed rows, however many tables and versions there are: versions and
partitions are never changed in place by moto, only replaced, so that the same object means the same row.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from moto.glue.models import FakeDatabase, FakePartition, FakeTable, GlueBackend

from ..durable.rows import Key, Rows

# (the row's value, what it was made of: the row is unchanged as long as that is the same object, or an equal one)
Unit = tuple[Any, Any]
Scope = tuple[str, ...]

ROOT: Scope = ()


class GlueState:
    def __init__(self, backend: GlueBackend, rows: Rows) -> None:
        self.backend = backend
        self.rows = rows
        self.saved: dict[Scope, dict[Key, Any]] = {}

    def save_table(self, database: str, table: str) -> None:
        self._save({(database, table)})

    def save_all(self) -> None:
        scopes = {(name, table) for name, database in self.backend.databases.items() for table in database.tables}
        self._save({ROOT} | scopes | set(self.saved))

    def restore(self) -> None:
        kinds = {
            "tags": self._restore_tags,
            "database": self._restore_database,
            "table": self._restore_table,
            "version": self._restore_version,
            "partition": self._restore_partition,
        }
        ranks = list(kinds)
        # parents first; within a kind the order of creation, which lists show
        rows = sorted(self.rows.read(), key=lambda row: ranks.index(row[0][0]))
        # only now: what cannot be read must not look as if all had been deleted, and be so at the next save
        self.backend.databases.clear()
        self.backend.tagger.tags.clear()
        self.saved = {}
        for key, value in rows:
            kinds[key[0]](key, value)
        for scope in [ROOT, *((name, t) for name, d in self.backend.databases.items() for t in d.tables)]:
            self.saved[scope] = {key: mark for key, (_, mark) in self._units(scope)}

    def _save(self, scopes: set[Scope]) -> None:
        changed: dict[Key, Any] = {}
        removed: list[Key] = []
        marks: dict[Scope, dict[Key, Any]] = {}
        for scope in scopes:
            before = self.saved.get(scope, {})
            now = marks[scope] = {}
            for key, (value, mark) in self._units(scope):
                now[key] = mark
                # the same object first: else all versions of the table would be compared at every commit
                if key not in before or (before[key] is not mark and before[key] != mark):
                    changed[key] = value
            removed += [key for key in before if key not in now]
        self.rows.write(changed, removed)
        for scope, now in marks.items():
            if now:
                self.saved[scope] = now
            else:
                self.saved.pop(scope, None)

    def _units(self, scope: Scope) -> Iterator[tuple[Key, Unit]]:
        if scope == ROOT:
            tags = {arn: dict(tags) for arn, tags in self.backend.tagger.tags.items() if tags}
            yield ("tags",), (tags, tags)
            for name, database in self.backend.databases.items():
                value = {"input": database.input, "created": database.created_time.isoformat()}
                yield ("database", name), (value, value)
            return
        database_name, table_name = scope
        database = self.backend.databases.get(database_name)
        table = database.tables.get(table_name) if database else None
        if table is None:
            return
        shell = {
            "created": table.created_time.isoformat(),
            "updated": table.updated_time.isoformat() if table.updated_time else None,
            "version": table._current_version,
        }
        yield ("table", *scope), (shell, shell)
        for number, content in table.versions.items():
            yield ("version", *scope, number), (content, content)
        for values, partition in table.partitions.items():
            value = {"input": partition.partition_input, "created": partition.creation_time.isoformat()}
            yield ("partition", *scope, values), (value, partition)

    def _restore_tags(self, _key: Key, value: Any) -> None:
        self.backend.tagger.tags.update(value)

    def _restore_database(self, key: Key, value: Any) -> None:
        database = FakeDatabase(key[1], value["input"], self.backend.account_id)
        database.created_time = datetime.fromisoformat(value["created"])
        self.backend.databases[key[1]] = database

    def _restore_table(self, key: Key, value: Any) -> None:
        _, database, name = key
        table = FakeTable(database, name, {}, self.backend.account_id)
        table.created_time = datetime.fromisoformat(value["created"])
        table.updated_time = datetime.fromisoformat(value["updated"]) if value["updated"] else None
        table._current_version = value["version"]
        table.versions = {}
        self.backend.databases[database].tables[name] = table

    def _restore_version(self, key: Key, value: Any) -> None:
        self._table(key).versions[key[3]] = value

    def _restore_partition(self, key: Key, value: Any) -> None:
        partition = FakePartition(key[1], key[2], value["input"])
        partition.creation_time = datetime.fromisoformat(value["created"])
        self._table(key).partitions[key[3]] = partition

    def _table(self, key: Key) -> FakeTable:
        return self.backend.databases[key[1]].tables[key[2]]
