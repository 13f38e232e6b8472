"""Rebuild: the published tables computed anew on another road, and compared with what readers see. It writes no table.

Trusted: every raw file of every published slot at once; of each key the last good row counts. The fold went slot by slot
and merged. Refined: each indicator's SQL over trusted as of the slot. Both sides are pinned to snapshots by the manifest,
so that this needs no right to write the lake and is not disturbed by a run beside it.
"""

import re
from contextlib import AbstractContextManager, nullcontext
from functools import reduce
from operator import or_
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from podlake_spark.casting import cast_text, misfit, without_sentinel
from podlake_spark.catalogue import Catalogue, RefinedTable, TrustedTable, parse_catalogue
from podlake_spark.differences import Sides, differences
from podlake_spark.files import Files
from podlake_spark.iceberg import LakeTable, TableColumn, table_columns
from podlake_spark.manifest import Manifest, RebuildTask, RebuiltSlot
from podlake_spark.refined import SLOT_COLUMNS, check_columns, with_slot
from podlake_spark.report import Report
from podlake_spark.trusted import PROVENANCE

_ORDER = ("_chegada", "_arquivo", "_bloco", "_ordem")


class RebuildLayer:
    def __init__(self, spark: SparkSession, manifest: Manifest, catalogue: Catalogue, files: Files, report: Report):
        self._spark = spark
        self._slots = {slot.slot: slot for slot in manifest.slots}
        self._trusted = catalogue
        # A slot's indicators are those of its own day: SQL that was changed since does not make the past wrong.
        texts = {slot.catalogue for slot in manifest.slots}
        texts |= {task.catalogue for task in manifest.tables if task.catalogue is not None}
        self._refined = {uri: parse_catalogue(files.read_text(uri)) for uri in texts}
        self._report = report

    def ready(self) -> AbstractContextManager[None]:
        return nullcontext()

    def load(self, task: RebuildTask) -> dict[str, Any]:
        """The figures of one comparison: a trusted table, or one slot's rows of an indicator."""
        figures = self._compare_trusted(task) if task.slot is None else self._compare_refined(task)
        self._report.rows(task.table, figures["rows"])
        return figures

    def _compare_trusted(self, task: RebuildTask) -> dict[str, Any]:
        definition = self._trusted.trusted_table(task.name)
        raw = self._spark.read.schema(raw_schema(definition)).parquet(*task.raw_files)
        columns = [*table_columns(definition.columns), *PROVENANCE]
        published = self._rows_at(f"trusted.{task.name}", task.snapshot, columns)
        sides = Sides(rebuilt=last_good_rows(raw, definition), published=published)
        keys = [column.name for column in definition.key]
        values = [column.name for column in definition.columns if not column.key]
        return differences(sides, keys, values, [column.name for column in PROVENANCE])

    def _compare_refined(self, task: RebuildTask) -> dict[str, Any]:
        slot = self._slots[task.slot]
        catalogue = self._refined[task.catalogue or slot.catalogue]
        definition = catalogue.refined_table(task.name)
        rows = self._spark.sql(self._sql(definition, slot, catalogue), args={"ts_referencia": slot.timestamp})
        check_columns(rows, definition)
        columns = [*table_columns(definition.columns), *SLOT_COLUMNS]
        published = self._rows_at(f"refined.{task.name}_dados", task.snapshot, columns).where(
            F.col("ts_referencia") == F.lit(slot.timestamp).cast("timestamp_ntz")
        )
        sides = Sides(rebuilt=with_slot(rows, slot.timestamp), published=published)
        values = [column.name for column in columns if column.name not in definition.key]
        return differences(sides, list(definition.key), values, [])

    def _sql(self, definition: RefinedTable, slot: RebuiltSlot, catalogue: Catalogue) -> str:
        """The indicator's SQL over views of the slot: ``trusted`` after it, ``refined`` as published before it."""
        sql = definition.sql
        for name in definition.inputs:
            columns = table_columns(catalogue.trusted_table(name).columns)
            rows = self._rows_at(f"trusted.{name}", slot.trusted.get(name), columns)
            sql = self._reading(sql, "trusted", name, slot, definition, rows)
        for name in definition.lookback:
            columns = [*table_columns(catalogue.refined_table(name).columns), *SLOT_COLUMNS]
            rows = self._rows_at(f"refined.{name}_dados", slot.refined.get(name), columns)
            sql = self._reading(sql, "refined", name, slot, definition, rows)
        return sql

    def _reading(
        self, sql: str, database: str, name: str, slot: RebuiltSlot, definition: RefinedTable, rows: DataFrame
    ) -> str:
        # Indicators run side by side in one session: each has views of its own.
        view = f"{database}_{name}_{slot.slot}_{definition.name}".lower()
        rows.createOrReplaceTempView(view)
        return re.sub(rf"\b{database}\.{name}\b", view, sql)

    def _rows_at(self, name: str, snapshot: str | None, columns: list[TableColumn]) -> DataFrame:
        """The table as it was published, in the columns of the catalogue; empty if it was not published by then."""
        if snapshot is None:
            # Not createDataFrame: its rows, even none, would come through a Python worker.
            nulls = [F.lit(None).cast(column.type).alias(column.name) for column in columns]
            return self._spark.range(0).select(*nulls)
        return LakeTable(self._spark, name).rows_at(snapshot, columns)


def raw_schema(table: TrustedTable) -> str:
    """What is read of raw: the text columns, null where an older file lacks one, and the row's place in the order."""
    texts = [f"`{column.source}` string" for column in table.columns]
    order = ["_slot string", "_chegada timestamp", "_arquivo string", "_bloco bigint", "_ordem bigint"]
    return ", ".join([*texts, *order])


def last_good_rows(raw: DataFrame, table: TrustedTable) -> DataFrame:
    """Trusted from raw alone: of each key the last row that fits, in the order of slot, arrival, file and line.

    A row's provenance is that of the slot since which its values stand: where a slot brought the same values again, the
    row stayed as it was. So of each key the last row of every slot is looked at, and where it differs from the one before.
    """
    keys = [column.name for column in table.key]
    values = F.struct(*[F.col(column.name) for column in table.columns if not column.key])
    order = F.struct(*[F.col(name) for name in _ORDER])
    winners = (
        _typed(raw, table)
        .groupBy(*keys, "_slot")
        .agg(F.max_by(F.struct(values.alias("valores"), F.col("_arquivo").alias("arquivo")), order).alias("linha"))
    )
    by_key = Window.partitionBy(*keys).orderBy("_slot")
    before = F.lag("linha.valores").over(by_key)
    changed = before.isNull() | ~F.col("linha.valores").eqNullSafe(before)
    provenance = F.struct(F.col("_slot").alias("slot"), F.col("linha.arquivo").alias("arquivo"))
    last = (
        winners.select(*keys, "_slot", "linha", F.when(changed, F.col("_slot")).alias("desde"))
        .groupBy(*keys)
        .agg(
            F.max_by("linha.valores", "_slot").alias("valores"),
            # An order that is null, where nothing changed, does not compete.
            F.max_by(provenance, "desde").alias("procedencia"),
        )
    )
    return last.select(
        *keys,
        *[F.col(f"valores.{column.name}").alias(column.name) for column in table.columns if not column.key],
        F.to_timestamp_ntz("procedencia.slot", F.lit("yyyyMMdd'T'HHmmss'Z'")).alias("slot_atualizacao"),
        F.col("procedencia.arquivo").alias("arquivo_origem"),
    )


def _typed(raw: DataFrame, table: TrustedTable) -> DataFrame:
    """The rows that fit, typed. Projections lie one on the other so that Spark computes each cast once."""
    cast = [cast_text(F.col(f"`{column.source}`"), column.type).alias(_value(column.name)) for column in table.columns]
    faults: list[Column] = [
        fault
        for column in table.columns
        if (fault := misfit(F.col(f"`{column.source}`"), F.col(_value(column.name)), column)) is not None
    ]
    return (
        raw.select("*", *cast)
        .where(~reduce(or_, faults, F.lit(False)))
        .select(
            *[without_sentinel(F.col(_value(column.name)), column).alias(column.name) for column in table.columns],
            "_slot",
            *_ORDER,
        )
    )


def _value(name: str) -> str:
    return f"valor_{name}"
