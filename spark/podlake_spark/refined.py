"""Refined: the catalogue's SQL over trusted as of this slot; each table gets the rows of this slot alone.

An indicator that looks back names ``refined.<table>`` in its SQL. That is what earlier slots published: the table at the
base of this run, whatever its own branch or a later main may hold. Which of those rows are earlier, the SQL says itself,
by the parameter ``:ts_referencia``, the slot's instant as text.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from podlake_spark import audits
from podlake_spark.catalogue import Catalogue, RefinedTable
from podlake_spark.errors import JobError
from podlake_spark.iceberg import LakeTable, TableColumn, table_columns
from podlake_spark.manifest import Manifest, RefinedTask
from podlake_spark.report import Report
from podlake_spark.table_creation import create_namespace, create_table
from podlake_spark.trusted import create_trusted_table

SLOT_COLUMNS = [
    TableColumn("ts_referencia", "timestamp_ntz", "Instante da execução, em UTC"),
    TableColumn("data_referencia", "date", "Data da execução em São Paulo"),
]


def create_refined_table(spark: SparkSession, definition: RefinedTable, location: str) -> LakeTable:
    """The Iceberg table behind an indicator, made if it is missing."""
    table = LakeTable(spark, f"refined.{definition.name}_dados")
    create_table(
        table,
        spark,
        [*table_columns(definition.columns), *SLOT_COLUMNS],
        location=f"{location}/{definition.name}_dados",
        comment=definition.description,
        partitioned_by=["ts_referencia"],
        properties={},
    )
    return table


class RefinedLayer:
    def __init__(self, spark: SparkSession, manifest: Manifest, catalogue: Catalogue, report: Report):
        self._spark = spark
        self._manifest = manifest
        self._catalogue = catalogue
        self._report = report
        self._published: dict[str, str] = {}

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Inside, ``trusted.<table>`` means this slot: the run's branch where the slot wrote, main elsewhere.

        Iceberg reads main without a word where the branch is missing. So which tables have it is checked first, in
        both directions: a missing branch would show the past, one left by an earlier try what was never accepted.
        The setting is the session's, and all its threads want the same branch.
        """
        create_namespace(self._spark, "trusted")
        create_namespace(self._spark, "refined")
        for name in sorted(self._inputs() | set(self._manifest.written)):
            self._check_branch(name)
        self._published = self._published_snapshots()
        self._spark.conf.set("spark.wap.branch", self._manifest.branch)
        try:
            yield
            self._audit_across_tables()
        finally:
            self._spark.conf.unset("spark.wap.branch")

    def _check_branch(self, name: str) -> None:
        written = name in self._manifest.written
        table = LakeTable(self._spark, f"trusted.{name}")
        if not written and not table.exists():
            # Never delivered so far: for an indicator that is an empty table, not an error.
            create_trusted_table(self._spark, self._catalogue.trusted_table(name), self._manifest.locations.trusted)
        has_branch = table.exists() and table.snapshot(self._manifest.branch) is not None
        if self._manifest.backfill:
            if not has_branch:
                raise JobError(
                    f"trusted.{name} has no branch {self._manifest.branch}, as every table has in a backfill."
                )
            return
        if written and not has_branch:
            raise JobError(f"trusted.{name} was written by this slot but has no branch {self._manifest.branch}.")
        if has_branch and not written:
            raise JobError(f"trusted.{name} was not written by this slot but has a branch {self._manifest.branch}.")

    def load(self, task: RefinedTask) -> dict[str, Any]:
        definition = self._catalogue.refined_table(task.table)
        table = self._create(definition)
        base = table.restart_branch(self._manifest.branch, task.base)
        rows = self._spark.sql(
            _at_snapshots(definition.sql, self._published), args={"ts_referencia": self._manifest.slot_timestamp}
        )
        check_columns(rows, definition)
        with_slot(rows, self._manifest.slot_timestamp).writeTo(
            table.branch_identifier(self._manifest.branch)
        ).overwrite(F.col("ts_referencia") == _slot(self._manifest.slot_timestamp))
        head = table.snapshot(self._manifest.branch)
        commit = table.commit(head)
        self._report.rows(task.table, commit.added_rows)
        for finding in audits.check_rows(self._slot_rows(definition.name), definition.checks, definition.key):
            self._report.finding(task.table, finding)
        return {"rows": commit.added_rows, "snapshotFrom": base, "snapshotTo": head, "bytes": commit.bytes}

    def _inputs(self) -> set[str]:
        return {name for task in self._manifest.tables for name in self._catalogue.refined_table(task.table).inputs}

    def _published_snapshots(self) -> dict[str, str]:
        """Of every refined table that is looked back on, the snapshot of the last publication; in a backfill what its
        branch holds before this slot.
        """
        bases = {task.table: task.base for task in self._manifest.tables}
        snapshots = {}
        for task in self._manifest.tables:
            for name in self._catalogue.refined_table(task.table).lookback:
                if self._manifest.backfill:
                    snapshots[name] = LakeTable(self._spark, f"refined.{name}_dados").snapshot(self._manifest.branch)
                    continue
                if name not in bases:
                    raise JobError(f"{task.table} looks back on {name}, of which the manifest gives no base.")
                # Before the first slot of all is published the table is made here, empty, so that it can be read.
                table = self._create(self._catalogue.refined_table(name))
                snapshots[name] = table.base_snapshot(bases[name])
        return snapshots

    def _create(self, definition: RefinedTable) -> LakeTable:
        return create_refined_table(self._spark, definition, self._manifest.locations.refined)

    def _audit_across_tables(self) -> None:
        """Totals that have to be the same in two tables, once all tables of the slot are written.

        A backfill may play one of the two alone: then the other is compared as readers see it in this slot, if it was
        an indicator then.
        """
        written = {task.table for task in self._manifest.tables}
        names = self._catalogue.refined if self._manifest.backfill else sorted(written)
        asked = [
            (name, check)
            for name in names
            for check in self._catalogue.refined_table(name).checks
            if check["check"] == "same_total" and not written.isdisjoint((name, check["other"]["table"]))
        ]
        others = {name for table, check in asked for name in (table, check["other"]["table"])} - written
        there = written | {name for name in others if not self._slot_rows(name).isEmpty()}
        compared: dict[str, list[audits.Check]] = {name: [] for name in there}
        for name, check in asked:
            if {name, check["other"]["table"]} <= there:
                compared[name].append(check)
        tables = {name: (self._slot_rows(name), tuple(checks)) for name, checks in compared.items()}
        for table, findings in audits.same_totals(tables).items():
            for finding in findings:
                self._report.finding(table, finding)

    def _slot_rows(self, name: str) -> DataFrame:
        table = LakeTable(self._spark, f"refined.{name}_dados")
        return self._spark.table(table.branch_identifier(self._manifest.branch)).where(
            F.col("ts_referencia") == _slot(self._manifest.slot_timestamp)
        )


def check_columns(rows: DataFrame, definition: RefinedTable) -> None:
    """The SQL has to give exactly the catalogue's columns, in its order and types: nothing is converted in silence."""
    given = [(field.name, field.dataType.simpleString()) for field in rows.schema]
    wanted = [(column.name, column.type) for column in definition.columns]
    if given != wanted:
        raise JobError(
            f"the SQL of {definition.name} gives {_column_list(given)}; the catalogue says {_column_list(wanted)}."
        )


def with_slot(rows: DataFrame, slot_timestamp: str) -> DataFrame:
    """Appends the slot's instant in UTC and its date in São Paulo, which is the day before for a slot before 03:00."""
    local = F.from_utc_timestamp(F.lit(slot_timestamp).cast("timestamp"), "America/Sao_Paulo")
    return rows.select("*", _slot(slot_timestamp).alias("ts_referencia"), F.to_date(local).alias("data_referencia"))


def _at_snapshots(sql: str, snapshots: dict[str, str]) -> str:
    """The SQL with ``refined.<table>`` as the table stood at the given snapshot."""
    for name, snapshot in snapshots.items():
        sql = re.sub(rf"\brefined\.{name}\b", f"lake.refined.{name}_dados version as of {snapshot}", sql)
    return sql


def _slot(slot_timestamp: str):
    return F.lit(slot_timestamp).cast("timestamp_ntz")


def _column_list(columns: list[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns)
