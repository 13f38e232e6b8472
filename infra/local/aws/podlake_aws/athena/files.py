"""Tables of plain files: Parquet, and lines of JSON, with Hive partitions or partition projection."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from sqlglot import exp

from . import jsonlines, projection, types
from .failures import QueryFailure
from .glue import GlueCatalog
from .memory import arrow_type
from .pruning import Condition
from .storage import Storage, split

_NULL = "__HIVE_DEFAULT_PARTITION__"  # how Hive writes a null into a path
JSON_SERDES = ("org.openx.data.jsonserde.JsonSerDe", "org.apache.hive.hcatalog.data.JsonSerDe")


@dataclass(frozen=True)
class DataFile:
    uri: str
    size: int
    partition: dict[str, str | None]


def source(glue: GlueCatalog, storage: Storage, table: dict) -> FilesSource:
    """The source of an external table; raises QueryFailure for a format that is not read here."""
    serde = table.get("StorageDescriptor", {}).get("SerdeInfo", {}).get("SerializationLibrary", "")
    if serde not in JSON_SERDES and "parquet" not in serde.lower():
        name = f"{table.get('DatabaseName')}.{table['Name']}"
        message = f"The local Athena reads Iceberg, Parquet and JSON lines; table {name} has the SerDe '{serde}'"
        raise QueryFailure("HIVE_UNSUPPORTED_FORMAT", message)
    return FilesSource(glue, storage, table, serde in JSON_SERDES)


@dataclass
class FilesSource:
    glue: GlueCatalog
    storage: Storage
    table: dict
    is_json: bool
    needed: set[str] = field(default_factory=set)
    conditions: list[Condition] = field(default_factory=list)

    @property
    def columns(self) -> dict[str, exp.DataType]:
        listed = self.table["StorageDescriptor"].get("Columns", []) + self.table.get("PartitionKeys", [])
        return {column["Name"].lower(): types.from_hive(column["Type"]) for column in listed}

    def register(self, connection: duckdb.DuckDBPyConnection, name: str) -> int:
        found = self._files()
        kinds = self.columns
        chosen = [column for column in kinds if column in self.needed] or [next(iter(kinds))]
        keys = [key["Name"].lower() for key in self.table.get("PartitionKeys", [])]
        if self.is_json:
            # A file is one unit to read; what is scanned is all of it, whatever the columns.
            rows = [row for item in found for row in self._json_rows(item, kinds, keys)]
            schema = pa.schema([(column, arrow_type(kinds[column])) for column in chosen])
            connection.register(name, pa.Table.from_pylist(rows, schema=schema))
            return sum(item.size for item in found)
        return self._register_parquet(connection, name, found, chosen, keys)

    def _json_rows(self, item: DataFile, kinds: dict[str, exp.DataType], keys: list[str]) -> list[dict]:
        data = {column: kind for column, kind in kinds.items() if column not in keys}
        rows = jsonlines.rows(self.storage.get(item.uri), item.uri, data)
        given = {key: None if item.partition.get(key) == _NULL else item.partition.get(key) for key in keys}
        values = {key: jsonlines.value(given[key], kinds[key], item.uri) for key in keys}
        return [row | values for row in rows]

    def _register_parquet(
        self,
        connection: duckdb.DuckDBPyConnection,
        name: str,
        found: list[DataFile],
        chosen: list[str],
        keys: list[str],
    ) -> int:
        kinds = self.columns
        if not found:
            fields = [(column, arrow_type(kinds[column])) for column in chosen]
            connection.register(name, pa.schema(fields).empty_table())
            return 0
        parquet, files = ds.ParquetFileFormat(), self.storage.columns
        fragments, physical, size = [], {}, 0
        for item in found:
            guarantee = _guarantee({key: item.partition.get(key) for key in keys})
            fragment = parquet.make_fragment("/".join(split(item.uri)), files, partition_expression=guarantee)
            fragments.append(fragment)
            for arrow_field in fragment.physical_schema:
                physical.setdefault(arrow_field.name.lower(), arrow_field)
            size += _column_bytes(fragment.metadata, set(chosen)) if self.needed else 0
        fields, shown = [], []
        for column in chosen:
            target = types.from_hive("string") if column in keys else kinds[column]
            real = pa.field(column, pa.string()) if column in keys else physical.get(column)
            real = real or pa.field(column, arrow_type(target))
            fields.append(real)
            kind = kinds[column].sql("duckdb")
            shown.append(f'CAST("{real.name}" AS {kind}) AS "{column}"')
        connection.register(f"{name}_files", ds.FileSystemDataset(fragments, pa.schema(fields), parquet, files))
        connection.execute(f'CREATE TEMP VIEW "{name}" AS SELECT {", ".join(shown)} FROM "{name}_files"')
        return size

    def _files(self) -> list[DataFile]:
        location, keys = self.table["StorageDescriptor"]["Location"], self.table.get("PartitionKeys", [])
        names = [key["Name"].lower() for key in keys]
        if not keys:
            return [DataFile(uri, size, {}) for uri, size in self.storage.list(location)]
        parameters = self.table.get("Parameters", {})
        if parameters.get("projection.enabled", "").lower() == "true":
            return self._projected(location, names, parameters)
        found = []
        for partition in self.glue.partitions(self.table["DatabaseName"], self.table["Name"]):
            values = dict(zip(names, partition["Values"], strict=True))
            if self._wanted(values):
                where = partition["StorageDescriptor"]["Location"]
                found += [DataFile(uri, size, values) for uri, size in self.storage.list(where)]
        return found

    def _wanted(self, partition: dict[str, str]) -> bool:
        kinds = self.columns
        for condition in self.conditions:
            if condition.column in partition:
                text = partition[condition.column]
                value = None if text == _NULL else jsonlines.value(text, kinds[condition.column], str(partition))
                if not condition.holds(value):
                    return False
        return True

    def _projected(self, location: str, names: list[str], parameters: dict[str, str]) -> list[DataFile]:
        """Instead of working out all values that the projection allows, the objects there are matched against it."""
        base = location.rstrip("/")
        template = parameters.get("storage.location.template") or "/".join([base, *(f"{n}=${{{n}}}" for n in names)])
        pattern = re.escape(template.rstrip("/"))
        for name in names:
            pattern = pattern.replace(re.escape(f"${{{name}}}"), f"(?P<{name}>[^/]+)", 1)
        prefix = template.split("${", 1)[0].rsplit("/", 1)[0]
        found = []
        for uri, size in self.storage.list(prefix):
            match = re.match(pattern + "/[^/]+$", uri)
            values = {name: unquote(match.group(name)) for name in names} if match else {}
            if match and all(_allowed(values[name], name, parameters) for name in names) and self._wanted(values):
                found.append(DataFile(uri, size, values))
        return found


def _allowed(value: str, name: str, parameters: dict[str, str]) -> bool:
    kind = parameters.get(f"projection.{name}.type", "injected")
    if kind == "enum":
        return value in [item.strip() for item in parameters.get(f"projection.{name}.values", "").split(",")]
    if kind == "integer":
        low, high = parameters.get(f"projection.{name}.range", ",").split(",", 1)
        return value.lstrip("-").isdigit() and int(low) <= int(value) <= int(high)
    if kind == "date":
        return projection.in_dates(value, name, parameters)
    return True


def _guarantee(values: dict[str, str | None]) -> ds.Expression | None:
    expression = None
    for key, value in values.items():
        part = ds.field(key).is_null() if value in (None, _NULL) else ds.field(key) == value
        expression = part if expression is None else expression & part
    return expression


def _column_bytes(metadata: pq.FileMetaData, columns: set[str]) -> int:
    total = 0
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        for index in range(row_group.num_columns):
            column = row_group.column(index)
            if column.path_in_schema.split(".", 1)[0].lower() in columns:
                total += column.total_compressed_size
    return total
