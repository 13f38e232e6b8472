"""A table of a query that is held in memory whole: small by its nature."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
from sqlglot import exp

from .pruning import Condition
from .types import T, as_decimal


@dataclass
class MemorySource:
    kinds: dict[str, exp.DataType]
    content: pa.Table
    bytes: int = 0
    needed: set[str] = field(default_factory=set)
    conditions: list[Condition] = field(default_factory=list)

    @property
    def columns(self) -> dict[str, exp.DataType]:
        return self.kinds

    def register(self, connection: duckdb.DuckDBPyConnection, name: str) -> int:
        connection.register(name, self.content)
        return self.bytes


def from_rows(kinds: dict[str, exp.DataType], rows: list[tuple], size: int = 0) -> MemorySource:
    """Rows in the order of the columns, as a source."""
    fields = [pa.array([row[i] for row in rows], arrow_type(kind)) for i, kind in enumerate(kinds.values())]
    return MemorySource(kinds, pa.Table.from_arrays(fields, names=list(kinds)), size)


def arrow_type(kind: exp.DataType) -> pa.DataType:
    if kind.this == T.DECIMAL:
        return pa.decimal128(*as_decimal(kind))
    if kind.this == T.ARRAY:
        return pa.list_(arrow_type(kind.expressions[0]))
    if kind.this == T.MAP:
        return pa.map_(arrow_type(kind.expressions[0]), arrow_type(kind.expressions[1]))
    if kind.this == T.STRUCT:
        return pa.struct([(item.name, arrow_type(item.args["kind"])) for item in kind.expressions])
    simple = {
        T.TINYINT: pa.int8(),
        T.SMALLINT: pa.int16(),
        T.INT: pa.int32(),
        T.BIGINT: pa.int64(),
        T.FLOAT: pa.float32(),
        T.DOUBLE: pa.float64(),
        T.BOOLEAN: pa.bool_(),
        T.DATE: pa.date32(),
        T.TIMESTAMP: pa.timestamp("us"),
        T.TIMESTAMPTZ: pa.timestamp("us", tz="UTC"),
        T.VARBINARY: pa.binary(),
    }
    return simple.get(kind.this, pa.string())
