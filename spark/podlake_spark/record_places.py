"""Where in their files rows stood: the number of the record, and the line on which it begins.

Spark reads a file in blocks and counts neither. So both are reckoned where a row has to be pointed at, which few have to:
the number is the row's rank in the order in which raw keeps the rows of its file, the line comes from the file's text.
"""

from collections.abc import Iterable, Iterator
from functools import reduce

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from podlake_spark.csv_structure import inside_after, is_blank, lines_in_order, one_line_each

PLACE = ("_arquivo_id", "_bloco", "_ordem")


def with_record_numbers(rows: DataFrame, raw: DataFrame, unreadable: DataFrame | None) -> DataFrame:
    """``rows`` with ``registro``, the record's number in its file from 1, the header not counted.

    ``rows`` and ``raw`` have the columns of ``PLACE``, ``raw`` those of all readable records of these files.
    ``unreadable`` (arquivo_id, registro) are the records that raw does not hold.
    """
    in_file = Window.partitionBy("_arquivo_id").orderBy("_bloco", "_ordem")
    ranks = raw.select(*PLACE, F.row_number().over(in_file).cast("bigint").alias("_posicao"))
    ranked = rows.join(ranks, [*PLACE], "left")
    if unreadable is None:
        return ranked.withColumnRenamed("_posicao", "registro")
    # An unreadable record stands before a readable one if fewer readable ones come before it.
    by_number = Window.partitionBy("arquivo_id").orderBy("registro")
    gaps = unreadable.select(
        F.col("arquivo_id").alias("_arquivo_id"),
        (F.col("registro") - F.row_number().over(by_number)).alias("_antes"),
        F.lit(1).alias("_ilegivel"),
    )
    places = ranked.withColumn("_antes", F.col("_posicao") - 1).withColumn("_ilegivel", F.lit(0))
    so_far = (
        Window.partitionBy("_arquivo_id")
        .orderBy("_antes", F.desc("_ilegivel"))
        .rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    return (
        places.unionByName(gaps, allowMissingColumns=True)
        .withColumn("registro", F.col("_posicao") + F.sum("_ilegivel").over(so_far))
        .where(F.col("_ilegivel") == 0)
        .drop("_posicao", "_antes", "_ilegivel")
    )


def with_lines(spark: SparkSession, rows: DataFrame, files: dict[int, str], names: dict[str, str]) -> DataFrame:
    """``rows`` (with ``_arquivo_id`` and ``registro``) and ``linha``, the line on which the record begins; the first is 1.

    ``files`` gives the URI of each file by its number, ``names`` the name that Spark uses for it. Of a file that is not
    there the line is null.
    """
    simple = one_line_each(spark, names) if names else set()
    plain = [number for number, uri in files.items() if uri in simple]
    others = {number: uri for number, uri in files.items() if uri not in simple}
    in_plain_file = F.col("_arquivo_id").isin(plain)
    if not others:
        return rows.withColumn("linha", F.when(in_plain_file, F.col("registro") + 1))
    starts = reduce(DataFrame.unionAll, [_starts(spark, number, uri) for number, uri in others.items()])
    return rows.join(starts, ["_arquivo_id", "registro"], "left").withColumn(
        "linha", F.when(in_plain_file, F.col("registro") + 1).otherwise(F.col("linha"))
    )


def _starts(spark: SparkSession, number: int, uri: str) -> DataFrame:
    starts = lines_in_order(spark, uri).mapPartitions(record_starts)
    return spark.createDataFrame(starts, "registro bigint, linha bigint").withColumn(
        "_arquivo_id", F.lit(number).cast("bigint")
    )


def record_starts(lines: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Of each record the number (from 1, without the header) and the number of its first line (from 1, with it)."""
    record, inside = -1, False
    for number, line in enumerate(lines, start=1):
        if not inside:
            if is_blank(line):
                continue
            record += 1
            if record > 0:
                yield record, number
        inside = inside_after(line.removesuffix("\r"), inside)
