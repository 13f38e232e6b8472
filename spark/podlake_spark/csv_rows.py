"""The rows of CSV files, by the names in their headers, as text.

Spark's CSV reader takes columns by position. So files are read in groups of equal header, and each group's columns are
then put under the catalogue's names: a file whose columns stand in another order gives the same rows.
"""

from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from podlake_spark.manifest import DeliveredFile

# Where a row came from. (_chegada, _arquivo, _bloco, _ordem) is the order of all lines of a slot.
PROVENANCE = ("_arquivo", "_arquivo_id", "_chegada", "_slot", "_bloco", "_ordem")

# The text of a record that has too many or too few fields; null for every other row.
UNREADABLE = "_ilegivel"


@dataclass(frozen=True)
class FileGroup:
    """Files that are read together: equal header, and equal in ``line_end``, what records end in where values may hold
    line breaks (None: they do not).
    """

    columns: tuple[str, ...]
    line_end: str | None
    files: tuple[DeliveredFile, ...]


def group_files(
    files: list[DeliveredFile], line_ends: dict[int, str | None], catalogue: tuple[str, ...]
) -> list[FileGroup]:
    """Groups by header (in the catalogue's names) and by ``line_ends``, which is told by the id of each file."""
    groups: dict[tuple[tuple[str, ...], str | None], list[DeliveredFile]] = {}
    for file in files:
        key = (catalogue_names(file.columns, catalogue), line_ends[file.id])
        groups.setdefault(key, []).append(file)
    return [FileGroup(columns, line_end, tuple(members)) for (columns, line_end), members in groups.items()]


def catalogue_names(header: tuple[str, ...], catalogue: tuple[str, ...]) -> tuple[str, ...]:
    """The header's names as the catalogue writes them: trimmed, exact first, then in any case.

    A column without a name is called by its position. An unknown one keeps its name, unless that is one of ours.
    """
    in_any_case = {name.lower(): name for name in catalogue}
    ours = {*PROVENANCE, UNREADABLE}
    names = []
    for position, name in enumerate((name.strip() for name in header), start=1):
        if not name:
            names.append(f"_sem_nome_{position}")
        elif name in catalogue:
            names.append(name)
        else:
            known = in_any_case.get(name.lower(), name)
            names.append(f"{known}_{position}" if known.lower() in ours else known)
    return tuple(names)


def read_rows(
    spark: SparkSession, groups: list[FileGroup], names: dict[str, str], catalogue: tuple[str, ...], slot: str
) -> DataFrame:
    """All rows of the groups: the catalogue's columns in its order, unknown ones, provenance, ``UNREADABLE``.

    ``names`` gives for each URI the name that Spark uses for it in ``_metadata``.
    """
    rows = reduce(
        lambda left, right: left.unionByName(right, allowMissingColumns=True),
        [_read_group(spark, group, catalogue) for group in groups],
    )
    unknown = [name for name in rows.columns if name not in {*catalogue, "_uri", "_bloco", "_ordem", UNREADABLE}]
    files = F.broadcast(_file_table(spark, groups, names, slot))
    return rows.join(files, "_uri", "left").select(
        *[_column(name) for name in (*catalogue, *unknown)], *PROVENANCE, UNREADABLE
    )


def _column(name: str) -> Column:
    """The column of exactly this name: a source may call its own whatever it likes, backticks included."""
    return F.col("`" + name.replace("`", "``") + "`")


def _read_group(spark: SparkSession, group: FileGroup, catalogue: tuple[str, ...]) -> DataFrame:
    positions = [f"c{position}" for position in range(len(group.columns))]
    schema = StructType([StructField(name, StringType()) for name in (*positions, UNREADABLE)])
    # Left to find the line end by itself, the reader would give a CRLF inside a value as LF.
    breaks = {} if group.line_end is None else {"multiLine": True, "lineSep": group.line_end}
    rows = (
        spark.read.schema(schema)
        .options(header=True, escape='"', mode="PERMISSIVE", encoding="UTF-8", **breaks)
        .option("columnNameOfCorruptRecord", UNREADABLE)
        .csv([file.uri for file in group.files])
    )
    # A line of blanks is no record. The reader itself drops it only where values cannot hold line breaks.
    blank = F.coalesce(F.expr(rf"trim(BOTH ' \t\r\n' FROM {UNREADABLE}) = ''"), F.lit(False))
    return rows.where(~blank).select(
        *_columns_by_name(group.columns, catalogue),
        F.col("_metadata.file_path").alias("_uri"),
        F.col("_metadata.file_block_start").alias("_bloco"),
        F.monotonically_increasing_id().alias("_ordem"),
        UNREADABLE,
    )


def _columns_by_name(columns: tuple[str, ...], catalogue: tuple[str, ...]) -> list[Column]:
    position = {name: f"c{index}" for index, name in enumerate(columns)}
    missing = F.lit(None).cast("string")
    known = [(F.col(position[name]) if name in position else missing).alias(name) for name in catalogue]
    unknown = [F.col(position[name]).alias(name) for name in columns if name not in catalogue]
    return [*known, *unknown]


def _file_table(spark: SparkSession, groups: list[FileGroup], names: dict[str, str], slot: str) -> DataFrame:
    rows = [(names[file.uri], file.landing_key, file.id, file.arrival) for group in groups for file in group.files]
    return spark.createDataFrame(rows, "_uri string, _arquivo string, _arquivo_id bigint, chegada string").select(
        "_uri",
        "_arquivo",
        "_arquivo_id",
        F.to_timestamp("chegada").alias("_chegada"),
        F.lit(slot).alias("_slot"),
    )
