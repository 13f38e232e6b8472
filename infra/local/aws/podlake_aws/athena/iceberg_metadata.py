"""The tables beside an Iceberg table that tell of it: t$snapshots, t$history, t$refs, t$files, t$partitions."""

from __future__ import annotations

import datetime

from pyiceberg.conversions import from_bytes
from pyiceberg.table import StaticTable
from pyiceberg.table.snapshots import Snapshot, ancestors_of

from . import types
from .failures import QueryFailure
from .memory import MemorySource, from_rows
from .types import BIGINT, BOOLEAN, INTEGER, TIMESTAMPTZ, VARCHAR


def source(
    table: StaticTable, snapshot: Snapshot | None, part: str, name: str, at: tuple[int, int] | None
) -> MemorySource:
    make = _PARTS.get(part)
    if make is None:
        raise QueryFailure("TABLE_NOT_FOUND", f"Table '{name}' does not exist", at)
    return make(table, snapshot)


def _instant(millis: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(millis / 1000, datetime.timezone.utc)


def _snapshots(table: StaticTable, _: Snapshot | None) -> MemorySource:
    kinds = {
        "committed_at": TIMESTAMPTZ,
        "snapshot_id": BIGINT,
        "parent_id": BIGINT,
        "operation": VARCHAR,
        "manifest_list": VARCHAR,
        "summary": types.mapping(VARCHAR, VARCHAR),
    }
    rows = []
    for item in sorted(table.snapshots(), key=lambda s: s.timestamp_ms):
        summary = item.summary
        properties = list(summary.additional_properties.items()) if summary else []
        operation = summary.operation.value if summary else None
        parent = item.parent_snapshot_id
        rows.append((_instant(item.timestamp_ms), item.snapshot_id, parent, operation, item.manifest_list, properties))
    return from_rows(kinds, rows)


def _history(table: StaticTable, _: Snapshot | None) -> MemorySource:
    kinds = {"made_current_at": TIMESTAMPTZ, "snapshot_id": BIGINT, "parent_id": BIGINT, "is_current_ancestor": BOOLEAN}
    current = {item.snapshot_id for item in ancestors_of(table.current_snapshot(), table.metadata)}
    parents = {item.snapshot_id: item.parent_snapshot_id for item in table.snapshots()}
    rows = [
        (_instant(entry.timestamp_ms), entry.snapshot_id, parents.get(entry.snapshot_id), entry.snapshot_id in current)
        for entry in table.history()
    ]
    return from_rows(kinds, rows)


def _refs(table: StaticTable, _: Snapshot | None) -> MemorySource:
    kinds = {
        "name": VARCHAR,
        "type": VARCHAR,
        "snapshot_id": BIGINT,
        "max_reference_age_in_ms": BIGINT,
        "min_snapshots_to_keep": INTEGER,
        "max_snapshot_age_in_ms": BIGINT,
    }
    rows = [
        (
            name,
            ref.snapshot_ref_type.value.upper(),
            ref.snapshot_id,
            ref.max_ref_age_ms,
            ref.min_snapshots_to_keep,
            ref.max_snapshot_age_ms,
        )
        for name, ref in table.refs().items()
    ]
    return from_rows(kinds, rows)


def _data_files(table: StaticTable, snapshot: Snapshot | None) -> list:
    if snapshot is None:
        return []
    entries = (
        entry
        for manifest in snapshot.manifests(table.io)
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True)
    )
    return [entry.data_file for entry in entries]


def _files(table: StaticTable, snapshot: Snapshot | None) -> MemorySource:
    per_column = types.mapping(INTEGER, BIGINT)
    bounds = types.mapping(INTEGER, VARCHAR)
    kinds = {
        "content": INTEGER,
        "file_path": VARCHAR,
        "file_format": VARCHAR,
        "spec_id": INTEGER,
        "record_count": BIGINT,
        "file_size_in_bytes": BIGINT,
        "column_sizes": per_column,
        "value_counts": per_column,
        "null_value_counts": per_column,
        "lower_bounds": bounds,
        "upper_bounds": bounds,
    }
    fields = {item.field_id: item.field_type for item in table.schema().fields}

    def shown(values: dict | None) -> list:
        known = ((key, value) for key, value in (values or {}).items() if key in fields)
        return [(key, str(from_bytes(fields[key], value))) for key, value in known]

    rows = [
        (
            int(file.content),
            file.file_path,
            str(file.file_format).rsplit(".", 1)[-1],
            file.spec_id,
            file.record_count,
            file.file_size_in_bytes,
            list((file.column_sizes or {}).items()),
            list((file.value_counts or {}).items()),
            list((file.null_value_counts or {}).items()),
            shown(file.lower_bounds),
            shown(file.upper_bounds),
        )
        for file in _data_files(table, snapshot)
    ]
    return from_rows(kinds, rows)


def _partitions(table: StaticTable, snapshot: Snapshot | None) -> MemorySource:
    spec = table.spec()
    partition = types.struct(
        [(item.name, types.from_iceberg(item.field_type)) for item in spec.partition_type(table.schema()).fields]
    )
    kinds = {"partition": partition} if spec.fields else {}
    kinds |= {"record_count": BIGINT, "file_count": BIGINT, "total_size": BIGINT}
    groups: dict[tuple, list[int]] = {}
    for file in _data_files(table, snapshot):
        if int(file.content) != 0:
            continue
        key = tuple(file.partition[i] for i in range(len(spec.fields)))
        total = groups.setdefault(key, [0, 0, 0])
        total[0] += file.record_count
        total[1] += 1
        total[2] += file.file_size_in_bytes
    named = [item.name for item in spec.fields]
    rows = [
        ((_partition_value(dict(zip(named, key, strict=True)), partition),) if named else ()) + tuple(total)
        for key, total in groups.items()
    ]
    return from_rows(kinds, rows)


def _partition_value(values: dict, kind: types.exp.DataType) -> dict:
    """Iceberg keeps dates as days and timestamps as microseconds since 1970."""
    epoch, shown = datetime.datetime(1970, 1, 1), {}
    for item in kind.expressions:
        value, of = values[item.name], item.args["kind"].this
        if value is not None and of == types.T.DATE and isinstance(value, int):
            value = (epoch + datetime.timedelta(days=value)).date()
        if value is not None and of in (types.T.TIMESTAMP, types.T.TIMESTAMPTZ) and isinstance(value, int):
            value = epoch + datetime.timedelta(microseconds=value)
        shown[item.name] = value
    return shown


_PARTS = {"snapshots": _snapshots, "history": _history, "refs": _refs, "files": _files, "partitions": _partitions}
