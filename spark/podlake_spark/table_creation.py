"""How the Iceberg tables of the catalogue ``lake`` are made, and how their schemas grow."""

import re

from pyspark.sql import SparkSession

from podlake_spark.errors import JobError
from podlake_spark.iceberg import LakeTable, TableColumn

DECIMAL = re.compile(r"decimal\((?P<precision>\d+),\s*(?P<scale>\d+)\)")
COMMENT_LIMIT = 255  # Glue refuses a longer column comment.


def create_namespace(spark: SparkSession, namespace: str) -> None:
    spark.sql(f"create namespace if not exists lake.{namespace}")


def create_table(
    table: LakeTable,
    spark: SparkSession,
    columns: list[TableColumn],
    location: str,
    comment: str,
    partitioned_by: list[str],
    properties: dict[str, str],
) -> None:
    """Creates the table if it is missing, brings its schema to the catalogue's, and makes sure that main has a snapshot.

    A schema grows: columns are added, types are widened. Both change metadata alone, no data file is written again. Any
    other difference of a type is an error.
    """
    if not table.exists():
        settings = {"format-version": "2", "write.parquet.compression-codec": "zstd", **properties}
        partitioning = f"partitioned by ({', '.join(partitioned_by)})" if partitioned_by else ""
        spark.sql(
            f"create table if not exists {table.identifier} ({', '.join(_column_sql(c) for c in columns)}) "
            f"using iceberg {partitioning} location {_literal(location)} comment {_literal(comment)} "
            f"tblproperties ({', '.join(f'{_literal(k)} = {_literal(v)}' for k, v in settings.items())})"
        )
    else:
        _grow(table, spark, columns)
    table.begin()


def _grow(table: LakeTable, spark: SparkSession, columns: list[TableColumn]) -> None:
    present = table.columns()
    changed = [column for column in columns if present.get(column.name, column.type) != column.type]
    narrower = [column for column in changed if not is_wider(column.type, than=present[column.name])]
    if narrower:
        types = "; ".join(f"{c.name} is {present[c.name]}, not {c.type}" for c in narrower)
        raise JobError(f"{table.name} does not have the catalogue's types, and a type may only widen: {types}.")
    for column in changed:
        spark.sql(f"alter table {table.identifier} alter column `{column.name}` type {column.type}")
    missing = [column for column in columns if column.name not in present]
    if missing:
        spark.sql(f"alter table {table.identifier} add columns ({', '.join(_column_sql(c) for c in missing)})")


def is_wider(kind: str, than: str) -> bool:
    """Whether every value of the type ``than`` is one of ``kind`` by the promotions that Iceberg allows."""
    if (than, kind) in (("int", "bigint"), ("float", "double")):
        return True
    old, new = DECIMAL.fullmatch(than), DECIMAL.fullmatch(kind)
    return bool(old and new and old["scale"] == new["scale"] and int(new["precision"]) > int(old["precision"]))


def _column_sql(column: TableColumn) -> str:
    return f"`{column.name}` {column.type} comment {_literal(column.comment[:COMMENT_LIMIT])}"


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
