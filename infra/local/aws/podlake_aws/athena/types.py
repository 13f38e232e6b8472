"""Trino's types, held as sqlglot's DataType: where they come from, how they are written, how they combine."""

from __future__ import annotations

import functools

import pyarrow as pa
from pyiceberg import types as iceberg
from sqlglot import exp

T = exp.DataType.Type
INTEGERS = {T.TINYINT: 3, T.SMALLINT: 5, T.INT: 10, T.BIGINT: 19}  # and the decimal digits that each needs
TEXT = {T.VARCHAR, T.CHAR, T.TEXT}
MAX_PRECISION = 38

BIGINT, INTEGER, DOUBLE = exp.DataType.build("bigint"), exp.DataType.build("int"), exp.DataType.build("double")
VARCHAR, BOOLEAN, DATE = exp.DataType.build("varchar"), exp.DataType.build("boolean"), exp.DataType.build("date")
TIMESTAMP, TIMESTAMPTZ = exp.DataType.build("timestamp"), exp.DataType.build("timestamptz")
REAL, UNKNOWN, NULL = exp.DataType.build("float"), exp.DataType.build("unknown"), exp.DataType.build("null")
# A timestamp with time zone that DuckDB holds as the wall clock of its zone; the zone's name is in `zone`.
ZONED = exp.DataType(this=T.TIMESTAMPLTZ)


def decimal(precision: int, scale: int) -> exp.DataType:
    return exp.DataType.build(f"decimal({precision},{scale})")


def array(element: exp.DataType) -> exp.DataType:
    return exp.DataType(this=T.ARRAY, expressions=[element.copy()], nested=True)


def mapping(key: exp.DataType, value: exp.DataType) -> exp.DataType:
    return exp.DataType(this=T.MAP, expressions=[key.copy(), value.copy()], nested=True)


@functools.lru_cache(maxsize=4096)
def from_hive(text: str) -> exp.DataType:
    """Glue's column types: `string`, `decimal(18,3)`, `array<struct<a:int>>`."""
    return _plain(exp.DataType.build(text.strip().lower(), dialect="hive"), default_precision=10)


@functools.lru_cache(maxsize=4096)
def from_trino(text: str) -> exp.DataType:
    """The types that a Presto view carries: `varchar`, `decimal(18,3)`, `timestamp(3)`."""
    return _plain(exp.DataType.build(text, dialect="athena"))


def _plain(kind: exp.DataType, default_precision: int = MAX_PRECISION) -> exp.DataType:
    """Without lengths of text and digits of timestamps, which DuckDB does not hold."""
    if kind.this in TEXT:
        return VARCHAR
    if kind.this in (T.TIMESTAMP, T.TIMESTAMPNTZ, T.DATETIME):
        return TIMESTAMP
    if kind.this == T.TIMESTAMPTZ:
        return TIMESTAMPTZ
    if kind.this == T.DECIMAL and not kind.expressions:
        return decimal(default_precision, 0)
    for child in list(kind.expressions):
        if isinstance(child, exp.DataType):
            child.replace(_plain(child, default_precision).copy())
        elif isinstance(child, exp.ColumnDef):
            child.set("kind", _plain(child.args["kind"], default_precision).copy())
    return kind


def from_iceberg(kind: iceberg.IcebergType) -> exp.DataType:
    simple = {
        iceberg.BooleanType: BOOLEAN,
        iceberg.IntegerType: INTEGER,
        iceberg.LongType: BIGINT,
        iceberg.FloatType: REAL,
        iceberg.DoubleType: DOUBLE,
        iceberg.DateType: DATE,
        iceberg.TimestampType: TIMESTAMP,
        iceberg.TimestamptzType: TIMESTAMPTZ,
        iceberg.StringType: VARCHAR,
    }
    if type(kind) in simple:
        return simple[type(kind)]
    if isinstance(kind, iceberg.DecimalType):
        return decimal(kind.precision, kind.scale)
    if isinstance(kind, iceberg.ListType):
        return array(from_iceberg(kind.element_type))
    if isinstance(kind, iceberg.MapType):
        return mapping(from_iceberg(kind.key_type), from_iceberg(kind.value_type))
    if isinstance(kind, iceberg.StructType):
        return struct([(field.name, from_iceberg(field.field_type)) for field in kind.fields])
    return exp.DataType.build({"time": "time", "uuid": "uuid"}.get(str(kind), "varbinary"))


def struct(fields: list[tuple[str, exp.DataType]]) -> exp.DataType:
    columns = [exp.ColumnDef(this=exp.to_identifier(name), kind=kind.copy()) for name, kind in fields]
    return exp.DataType(this=T.STRUCT, expressions=columns, nested=True)


def fields(kind: exp.DataType) -> list[tuple[str, str, exp.DataType]]:
    """(name, name as Athena shows it, type) of a row's fields; those of ROW(1, 2) have none and are numbered."""
    named = [(field.name, field.args["kind"]) for field in kind.expressions]
    return [(name, f"field{name[1:]}" if name[:1] == "_" and name[1:].isdigit() else name, of) for name, of in named]


def from_arrow(kind: pa.DataType) -> exp.DataType:
    """The type of a result column for which the inference knew none."""
    if pa.types.is_decimal(kind):
        return decimal(kind.precision, kind.scale)
    if pa.types.is_timestamp(kind):
        return TIMESTAMPTZ if kind.tz else TIMESTAMP
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return array(from_arrow(kind.value_type))
    if pa.types.is_map(kind):
        return mapping(from_arrow(kind.key_type), from_arrow(kind.item_type))
    if pa.types.is_struct(kind):
        return struct([(field.name, from_arrow(field.type)) for field in kind])
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return exp.DataType.build("varbinary")
    names = {"int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint", "float": "float"}
    names |= {"double": "double", "bool": "boolean", "date32[day]": "date", "time64[us]": "time"}
    return exp.DataType.build(names.get(str(kind), "varchar"))


def as_decimal(kind: exp.DataType) -> tuple[int, int] | None:
    """(precision, scale) of a decimal, or of the decimal that an integer becomes beside one."""
    if kind.this in INTEGERS:
        return INTEGERS[kind.this], 0
    if kind.this != T.DECIMAL:
        return None
    digits = [int(param.name) for param in kind.expressions]
    return (digits + [0, 0])[0] or MAX_PRECISION, (digits + [0, 0])[1]


def common(left: exp.DataType, right: exp.DataType) -> exp.DataType:
    """The type to which both are brought in a CASE, a UNION or a list; UNKNOWN where there is none."""
    if left == right or right.this == T.NULL:
        return left
    if left.this == T.NULL:
        return right
    if left.this in TEXT and right.this in TEXT:
        return VARCHAR
    if left.this in INTEGERS and right.this in INTEGERS:
        return left if INTEGERS[left.this] >= INTEGERS[right.this] else right
    one, other = as_decimal(left), as_decimal(right)
    if one and other:
        scale = max(one[1], other[1])
        return decimal(min(MAX_PRECISION, max(one[0] - one[1], other[0] - other[1]) + scale), scale)
    if is_number(left) and is_number(right):
        return DOUBLE if T.DOUBLE in (left.this, right.this) else REAL
    order = [T.DATE, T.TIMESTAMP, T.TIMESTAMPTZ, T.TIMESTAMPLTZ]
    if left.this in order and right.this in order:
        return left if order.index(left.this) >= order.index(right.this) else right
    if left.this == right.this == T.ARRAY:
        return array(common(left.expressions[0], right.expressions[0]))
    return left if left.this == right.this else UNKNOWN


def is_number(kind: exp.DataType) -> bool:
    return kind.this in INTEGERS or kind.this in (T.DECIMAL, T.FLOAT, T.DOUBLE)


def text(kind: exp.DataType) -> str:
    """The type as Trino writes it: `decimal(18,3)`, `array(varchar)`, `row(a integer)`."""
    names = {T.INT: "integer", T.FLOAT: "real", T.TIMESTAMP: "timestamp(3)", T.TEXT: "varchar", T.NULL: "unknown"}
    names |= {T.INTERVAL: "interval day to second"}
    names |= {T.TIMESTAMPTZ: "timestamp(3) with time zone", T.TIMESTAMPLTZ: "timestamp(3) with time zone"}
    if kind.this == T.DECIMAL:
        return "decimal({},{})".format(*as_decimal(kind))
    if kind.this == T.ARRAY:
        return f"array({text(kind.expressions[0])})"
    if kind.this == T.MAP:
        return f"map({text(kind.expressions[0])}, {text(kind.expressions[1])})"
    if kind.this == T.STRUCT:
        return "row({})".format(", ".join(f"{shown} {text(of)}" for _, shown, of in fields(kind)))
    return names.get(kind.this, kind.this.value.lower())


def hive(kind: exp.DataType) -> str:
    """The type as Glue's columns write it."""
    if kind.this in TEXT:
        return "string"
    if kind.this in (T.TIMESTAMP, T.TIMESTAMPTZ, T.TIMESTAMPLTZ):
        return "timestamp"
    if kind.this == T.ARRAY:
        return f"array<{hive(kind.expressions[0])}>"
    if kind.this == T.MAP:
        return f"map<{hive(kind.expressions[0])},{hive(kind.expressions[1])}>"
    if kind.this == T.STRUCT:
        return "struct<{}>".format(",".join(f"{field.name}:{hive(field.args['kind'])}" for field in kind.expressions))
    return {T.INT: "int", T.FLOAT: "float", T.VARBINARY: "binary"}.get(kind.this, text(kind))


def column_info(name: str, kind: exp.DataType) -> dict:
    """One entry of ResultSetMetadata.ColumnInfo; precision and scale as Athena fills them."""
    short = text(kind).split("(", 1)[0]
    if kind.this in (T.TIMESTAMPTZ, T.TIMESTAMPLTZ):
        short = "timestamp with time zone"
    if kind.this == T.FLOAT:
        short = "float"
    precision, scale = {"varchar": 2147483647, "double": 17, "float": 17, "varbinary": 1073741824}.get(short, 0), 0
    if as_decimal(kind):
        precision, scale = as_decimal(kind)
    if short.startswith("timestamp"):
        precision = 3
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": short,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": short == "varchar",
    }
