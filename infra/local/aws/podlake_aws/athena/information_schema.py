"""information_schema, answered from Glue."""

from __future__ import annotations

from . import types
from .failures import QueryFailure
from .glue import CATALOG, GlueCatalog, columns, is_view
from .memory import MemorySource, from_rows
from .types import BIGINT, VARCHAR

_TABLES = ["table_catalog", "table_schema", "table_name", "table_type"]
_SCHEMATA = ["catalog_name", "schema_name"]
_VIEWS = ["table_catalog", "table_schema", "table_name"]
_COLUMNS = [
    "table_catalog",
    "table_schema",
    "table_name",
    "column_name",
    "ordinal_position",
    "column_default",
    "is_nullable",
    "data_type",
    "comment",
]


def source(glue: GlueCatalog, name: str, at: tuple[int, int] | None) -> MemorySource:
    databases = [database["Name"] for database in glue.databases()]
    if name == "schemata":
        return _text(_SCHEMATA, [(CATALOG, database) for database in databases])
    tables = [(database, table) for database in databases for table in glue.tables(database)] if name in _KNOWN else []
    if name == "tables":
        rows = [(CATALOG, database, t["Name"], "VIEW" if is_view(t) else "BASE TABLE") for database, t in tables]
        return _text(_TABLES, rows)
    if name == "views":
        return _text(_VIEWS, [(CATALOG, database, t["Name"]) for database, t in tables if is_view(t)])
    if name == "columns":
        rows = [
            (CATALOG, database, t["Name"], c["Name"], i, None, "YES", _type(c), c.get("Comment"))
            for database, t in tables
            for i, c in enumerate(columns(t), start=1)
        ]
        return _text(_COLUMNS, rows)
    raise QueryFailure("TABLE_NOT_FOUND", f"Table '{CATALOG}.information_schema.{name}' does not exist", at)


_KNOWN = ("tables", "views", "columns")


def _type(column: dict) -> str:
    return types.text(types.from_hive(column["Type"]))


def _text(names: list[str], rows: list[tuple]) -> MemorySource:
    return from_rows({name: BIGINT if name == "ordinal_position" else VARCHAR for name in names}, rows)
