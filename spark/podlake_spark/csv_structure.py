"""What a CSV file is made of, counted without Spark's CSV reader.

The number of records that a file holds is one side of the equation "records = rows in raw + unreadable". It must not
come from the reader that makes the rows, or a fault of that reader would balance itself. So lines are counted here, as
text, and quotes are followed by the rule of RFC 4180: a quote opens a value only where the value begins, a doubled
quote inside is a quote, and a line break between quotes does not end the record.

Almost no file has line breaks inside values. A file has none if every line holds an even number of quotes; then each
line with text is a record and the count runs in parallel. Only the others are read once more, in order, in one task.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any, NamedTuple

from pyspark import RDD
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from podlake_spark.errors import cause

LINE_LIMIT = 1024 * 1024

# Hadoop's reader passes over a longer line and does not hold it: several copies of one of hundreds of megabytes would end
# the driver instead of refusing the file. What was passed over shows in the bytes that are missing.
READ_LIMIT = 16 * LINE_LIMIT


@dataclass(frozen=True)
class Structure:
    """``records``: without the header. ``refused``: (reason, sentence), or None. ``line_end``: of a file whose values hold
    line breaks, what its records end in; None where each line is a record.
    """

    records: int
    line_end: str | None
    refused: tuple[str, str] | None


def structures(spark: SparkSession, names: dict[str, str]) -> dict[str, Structure]:
    """The structure of each file; ``names`` gives for each URI the name that Spark uses for it in ``_metadata``."""
    broken: dict[str, Structure] = {}
    try:
        figures = _line_figures(spark, list(names))
    except Exception:
        # One file that cannot be decompressed ends the pass over all: ask each alone to know which it is.
        figures, broken = _line_figures_one_by_one(spark, names)
    found = {uri: broken.get(uri) or _structure(spark, uri, figures.get(name)) for uri, name in names.items()}
    return found


def _line_figures(spark: SparkSession, uris: list[str]) -> dict[str, dict[str, int]]:
    lines = _lines(spark, uris)
    # Invalid UTF-8 comes back changed from a conversion to characters and back.
    decoded = F.encode(F.decode(F.col("line").cast("binary"), "UTF-8"), "UTF-8")
    per_file = lines.groupBy("file").agg(
        F.count_if(_has_text()).alias("lines"),
        F.count_if(_odd_quotes()).alias("odd_quotes"),
        F.count_if(_holds_return()).alias("inner_returns"),
        F.count_if(F.instr("line", "\0") > 0).alias("nul"),
        F.count_if(decoded != F.col("line").cast("binary")).alias("not_utf8"),
        F.max(F.octet_length("line")).alias("longest"),
        (F.max("size") - F.sum(F.octet_length("line") + 1)).alias("passed_over"),
    )
    return {row["file"]: row.asDict() for row in per_file.collect()}


def _line_figures_one_by_one(
    spark: SparkSession, names: dict[str, str]
) -> tuple[dict[str, dict[str, int]], dict[str, Structure]]:
    figures: dict[str, dict[str, int]] = {}
    broken: dict[str, Structure] = {}
    for uri in names:
        try:
            figures.update(_line_figures(spark, [uri]))
        except Exception as error:
            if not _is_gzip(uri) or not any(sign in cause(error) for sign in BROKEN_GZIP):
                raise
            broken[uri] = _refused("gzip_damaged", "the gzip data is cut short or damaged")
    return figures, broken


# What Hadoop's decompressors (Java's own and zlib's) say of data that is no gzip, or not all of it.
BROKEN_GZIP = (
    "EOFException",
    "ZipException",
    "DataFormatException",
    "InternalError",
    "not a gzip file",
    "stored gzip size",
    "incorrect header check",
    "incorrect data check",
    "invalid ",
)


def _structure(spark: SparkSession, uri: str, figures: dict[str, int] | None) -> Structure:
    if figures is None:
        return _refused("empty", "the file has no line")
    if figures["not_utf8"]:
        return _refused("not_utf8", f"{figures['not_utf8']} lines hold bytes that are not UTF-8")
    if figures["nul"]:
        return _refused("nul_byte", f"{figures['nul']} lines hold a NUL byte")
    if figures["longest"] > LINE_LIMIT:
        return _refused("line_too_long", f"a line of {figures['longest']} bytes; the limit is {LINE_LIMIT}")
    if not _is_gzip(uri) and figures["passed_over"] > LINE_LIMIT:
        sentence = (
            f"{figures['passed_over']} bytes lie in lines of over {READ_LIMIT}; the limit of a line is {LINE_LIMIT}"
        )
        return _refused("line_too_long", sentence)
    if figures["odd_quotes"] == 0 and figures["inner_returns"] == 0:
        return Structure(records=max(0, figures["lines"] - 1), line_end=None, refused=None)
    return _structure_in_order(spark, uri)


def _structure_in_order(spark: SparkSession, uri: str) -> Structure:
    (counted,) = lines_in_order(spark, uri).mapPartitions(count_records).collect()
    if counted.return_in_header:
        return _refused("line_ends", "lines end in CR alone")
    if counted.open_quote:
        return _refused("unbalanced_quote", "a quote is opened and never closed")
    if counted.ended_by_crlf and counted.ended_by_lf:
        return _refused("line_ends", "records end in LF and in CRLF, and values hold line breaks")
    line_end = "\r\n" if counted.ended_by_crlf else "\n"
    return Structure(records=max(0, counted.records - 1), line_end=line_end, refused=None)


class Counted(NamedTuple):
    """What the lines of a file hold; the header is a record here."""

    records: int
    ended_by_crlf: int
    ended_by_lf: int
    open_quote: bool
    return_in_header: bool


def count_records(lines: Iterable[str]) -> Iterator[Counted]:
    """Follows quotes from line to line (split at LF, a CR still at their ends); yields one ``Counted``."""
    records = ended_by_crlf = ended_by_lf = 0
    inside = return_in_header = last_by_lf = False
    for line in lines:
        if not inside and is_blank(line):
            continue
        text = line.removesuffix("\r")
        if records == 0:
            return_in_header = return_in_header or "\r" in text
        inside = inside_after(text, inside)
        if inside:
            continue
        records += 1
        last_by_lf = text == line
        if last_by_lf:
            ended_by_lf += 1
        else:
            ended_by_crlf += 1
    # The last line may end with the file, which looks like LF here.
    yield Counted(records, ended_by_crlf, ended_by_lf - last_by_lf, inside, return_in_header)


def is_blank(line: str) -> bool:
    """Whether a line that does not lie inside a value is no record."""
    return not line.strip(" \t\r")


def inside_after(line: str, inside: bool) -> bool:
    """Whether a quoted value is still open at the end of the line, given whether one was at its start."""
    position = 0
    while True:
        if inside:
            quote = line.find('"', position)
            if quote < 0:
                return True
            if line.startswith('""', quote):
                position = quote + 2
                continue
            inside = False
            position = quote + 1
        elif line.startswith('"', position):
            inside = True
            position += 1
            continue
        comma = line.find(",", position)
        if comma < 0:
            return False
        position = comma + 1


def lines_in_order(spark: SparkSession, uri: str) -> RDD[str]:
    """The lines of one file, in one partition."""
    lines = _lines(spark, [uri]).coalesce(1).sortWithinPartitions("block", "order").select("line")
    return lines.rdd.map(lambda row: row[0])


def one_line_each(spark: SparkSession, names: dict[str, str]) -> set[str]:
    """The URIs of those files (named as for ``structures``) in which each line is a record, the header's too."""
    several = _odd_quotes() | ~_has_text() | _holds_return()
    per_file = _lines(spark, list(names)).groupBy("file").agg(F.count_if(several).alias("several")).collect()
    simple = {row["file"] for row in per_file if row["several"] == 0}
    return {uri for uri, name in names.items() if name in simple}


def _lines(spark: SparkSession, uris: list[str]) -> DataFrame:
    """The lines of the files. Of gzip all: from its size nobody could tell that one was passed over."""
    plain = [uri for uri in uris if not _is_gzip(uri)]
    packed = [uri for uri in uris if _is_gzip(uri)]
    limit = {"mapreduce.input.linerecordreader.line.maxlength": READ_LIMIT}
    parts = [_read_lines(spark, some, options) for some, options in ((plain, limit), (packed, {})) if some]
    return reduce(DataFrame.unionAll, parts)


def _read_lines(spark: SparkSession, uris: list[str], options: dict[str, Any]) -> DataFrame:
    return (
        spark.read.options(lineSep="\n", **options)
        .text(uris)
        .select(
            F.col("value").alias("line"),
            F.col("_metadata.file_path").alias("file"),
            F.col("_metadata.file_size").alias("size"),
            F.col("_metadata.file_block_start").alias("block"),
            F.monotonically_increasing_id().alias("order"),
        )
    )


def _is_gzip(uri: str) -> bool:
    return uri.lower().endswith(".gz")


def _has_text() -> Column:
    return F.expr("length(trim(BOTH ' \t\r' FROM line)) > 0")


def _odd_quotes() -> Column:
    return (F.length("line") - F.length(F.translate("line", '"', ""))) % 2 == 1


def _holds_return() -> Column:
    return F.instr(F.expr("rtrim('\r', line)"), "\r") > 0


def _refused(reason: str, sentence: str) -> Structure:
    return Structure(records=0, line_end=None, refused=(reason, sentence))
