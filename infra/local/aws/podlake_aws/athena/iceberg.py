"""Iceberg tables, read through their metadata: a snapshot, its files, the columns that a query needs."""

from __future__ import annotations

import datetime
import functools
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from pyiceberg import expressions as on
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.io.pyarrow import ArrowScan, PyArrowFileIO, schema_to_pyarrow
from pyiceberg.schema import Schema
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import FileScanTask, StaticTable
from pyiceberg.table.snapshots import Snapshot

from . import types
from .failures import QueryFailure, unsupported
from .pruning import Condition
from .settings import Settings
from .storage import Storage, split

_CACHED = 256
_DECODED = (types.T.UUID, types.T.VARBINARY, types.T.TIME)  # left to pyiceberg's own reader


class IcebergTables:
    """Loaded tables by the location of their metadata. Such a file never changes, so nothing here grows stale."""

    def __init__(self, settings: Settings, storage: Storage):
        self._io = PyArrowFileIO(settings.iceberg_properties)
        self._properties = settings.iceberg_properties
        self._loaded: OrderedDict[str, StaticTable] = OrderedDict()
        self._lock = threading.Lock()
        self.storage = storage

    def load(self, location: str) -> StaticTable:
        with self._lock:
            if location in self._loaded:
                self._loaded.move_to_end(location)
                return self._loaded[location]
        metadata = FromInputFile.table_metadata(self._io.new_input(location))
        table = StaticTable(
            identifier=("static-table", location),
            metadata=metadata,
            metadata_location=location,
            io=self._io,
            catalog=NoopCatalog("static-table"),
        )
        with self._lock:
            self._loaded[location] = table
            while len(self._loaded) > _CACHED:
                self._loaded.popitem(last=False)
        return table


def snapshot_at(table: StaticTable, name: str, millis: int) -> Snapshot:
    """The snapshot that was current at an instant."""
    past = [entry for entry in table.metadata.snapshot_log if entry.timestamp_ms <= millis]
    snapshot = table.snapshot_by_id(past[-1].snapshot_id) if past else None
    if snapshot is None:
        raise QueryFailure("INVALID_ARGUMENTS", f"No version history table {name} at or before {millis} ms since 1970")
    return snapshot


def snapshot_of(table: StaticTable, version: int | str) -> Snapshot:
    """The snapshot of an id, or of the name of a branch or tag."""
    if isinstance(version, int):
        snapshot = table.snapshot_by_id(version)
        if snapshot is None:
            raise QueryFailure("INVALID_ARGUMENTS", f"Iceberg snapshot ID does not exists: {version}")
        return snapshot
    snapshot = table.snapshot_by_name(version)
    if snapshot is None:
        raise QueryFailure("INVALID_ARGUMENTS", f"Cannot find snapshot with reference name: {version}")
    return snapshot


@dataclass
class IcebergSource:
    """One table of a query at one snapshot. What is needed of it is filled in when the whole query is known."""

    tables: IcebergTables
    table: StaticTable
    snapshot: Snapshot | None
    needed: set[str] = field(default_factory=set)
    conditions: list[Condition] = field(default_factory=list)

    @property
    def schema(self) -> Schema:
        schemas = self.table.schemas()
        if self.snapshot and self.snapshot.schema_id in schemas:
            current = self.table.current_snapshot()
            # The newest snapshot may be older than the newest schema; without time travel the schema is the table's.
            if current is None or current.snapshot_id != self.snapshot.snapshot_id:
                return schemas[self.snapshot.schema_id]
        return self.table.schema()

    @property
    def columns(self) -> dict[str, types.exp.DataType]:
        return {item.name.lower(): types.from_iceberg(item.field_type) for item in self.schema.fields}

    def register(self, connection: duckdb.DuckDBPyConnection, name: str) -> int:
        """Makes the table readable under a name; gives the bytes that reading it takes."""
        schema = self.schema
        real = {item.name.lower(): item.name for item in schema.fields}
        chosen = [real[column] for column in real if column in self.needed] or [schema.fields[0].name]
        projected = schema.select(*chosen)
        arrow = schema_to_pyarrow(projected, include_field_ids=False)
        tasks = self._tasks()
        if not tasks:
            content = arrow.empty_table()
        elif self._by_name(projected, tasks):
            content = self._dataset(arrow, tasks)
        else:
            # pyiceberg's own reader finds columns by field and leaves deleted rows out, but holds all rows in memory.
            reader = ArrowScan(self.table.metadata, self.table.io, projected, self._row_filter, case_sensitive=False)
            content = reader.to_table(tasks)
        lower = [column.lower() for column in chosen]
        if lower != chosen and isinstance(content, pa.Table):
            content = content.rename_columns(lower)
        connection.register(name, content)
        deletes = {file.file_path: file.file_size_in_bytes for task in tasks for file in task.delete_files}
        data = sum(_bytes(task, projected) for task in tasks) if self.needed else 0
        return data + sum(deletes.values())

    @property
    def _row_filter(self) -> BooleanExpression:
        # pyiceberg reads conditions by the table's present schema, which a snapshot of the past may not have.
        if self.schema != self.table.schema():
            return AlwaysTrue()
        return functools.reduce(on.And, (_expression(condition) for condition in self.conditions), AlwaysTrue())

    def _tasks(self) -> list[FileScanTask]:
        if self.snapshot is None:
            return []
        scan = self.table.scan(self._row_filter, case_sensitive=False, snapshot_id=self.snapshot.snapshot_id)
        tasks = list(scan.plan_files())
        foreign = {str(task.file.file_format) for task in tasks} - {"PARQUET", "FileFormat.PARQUET"}
        if foreign:
            raise unsupported(f"Data files of format {', '.join(foreign)} are not read by the local Athena")
        return tasks

    def _by_name(self, projected: Schema, tasks: list[FileScanTask]) -> bool:
        """Whether columns may be found by name: no deletes, and in all schemas one name and type for one field."""
        if any(task.delete_files for task in tasks):
            return False
        for wanted in projected.fields:
            plain = wanted.field_type.is_primitive and types.from_iceberg(wanted.field_type).this not in _DECODED
            if not plain or wanted.name != wanted.name.lower() or wanted.initial_default is not None:
                return False
            for schema in self.table.schemas().values():
                for other in schema.fields:
                    same_id, same_name = other.field_id == wanted.field_id, other.name == wanted.name
                    if same_id != same_name or same_id and other.field_type != wanted.field_type:
                        return False
        return True

    def _dataset(self, arrow: pa.Schema, tasks: list[FileScanTask]) -> ds.Dataset:
        # DuckDB reads a dataset as a stream and hands its filters down to the row groups.
        files, parquet = self.tables.storage.columns, ds.ParquetFileFormat()
        fragments = [parquet.make_fragment("/".join(split(task.file.file_path)), files) for task in tasks]
        return ds.FileSystemDataset(fragments, arrow, parquet, files)


_COMPARISONS = {
    "=": on.EqualTo,
    "<": on.LessThan,
    "<=": on.LessThanOrEqual,
    ">": on.GreaterThan,
    ">=": on.GreaterThanOrEqual,
}


def _expression(condition: Condition) -> BooleanExpression:
    def plain(value):
        return value.isoformat() if isinstance(value, datetime.date) else value

    if condition.comparison == "in":
        return on.In(condition.column, {plain(value) for value in condition.value})
    return _COMPARISONS[condition.comparison](condition.column, plain(condition.value))


def _bytes(task: FileScanTask, projected: Schema) -> int:
    """Bytes of the needed columns by the manifest; of the file if it does not say."""
    sizes = task.file.column_sizes or {}
    known = [sizes[field_id] for field_id in projected.field_ids if field_id in sizes]
    return sum(known) if known else task.file.file_size_in_bytes
