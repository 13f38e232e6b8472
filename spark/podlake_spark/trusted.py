"""Trusted: the slot's raw rows folded into the typed, keyed tables, on the run's branch."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from podlake_spark import audits, fold
from podlake_spark.catalogue import Catalogue, TrustedTable
from podlake_spark.files import Files
from podlake_spark.history import against_history, freshness
from podlake_spark.iceberg import Commit, LakeTable, TableColumn, table_columns
from podlake_spark.manifest import Manifest, TrustedTask
from podlake_spark.quarantine import Quarantine, Resolutions
from podlake_spark.record_places import with_lines, with_record_numbers
from podlake_spark.report import Report
from podlake_spark.table_creation import create_namespace, create_table

PROVENANCE = [
    TableColumn("slot_atualizacao", "timestamp_ntz", "Instante, em UTC, da execução que por último alterou a linha"),
    TableColumn("arquivo_origem", "string", "Chave do arquivo que trouxe a versão atual da linha"),
]


def create_trusted_table(spark: SparkSession, catalogue_table: TrustedTable, location: str) -> LakeTable:
    """The Iceberg table of the catalogue, made if it is missing. Changed rows are written as deletes and additions
    (merge on read), so that a slot writes its own rows and not the files that they stand in.
    """
    table = LakeTable(spark, f"trusted.{catalogue_table.name}")
    columns = table_columns(catalogue_table.columns)
    buckets = catalogue_table.buckets
    create_table(
        table,
        spark,
        [*columns, *PROVENANCE],
        location=f"{location}/{catalogue_table.name}",
        comment=catalogue_table.description,
        partitioned_by=[f"bucket({buckets}, {catalogue_table.key[0].name})"] if buckets else [],
        properties={
            "write.merge.mode": "merge-on-read",
            "write.update.mode": "merge-on-read",
            "write.delete.mode": "merge-on-read",
            # The refined step reads through spark.wap.branch, which Iceberg heeds for such tables alone.
            "write.wap.enabled": "true",
        },
    )
    return table


class TrustedLayer:
    def __init__(self, spark: SparkSession, manifest: Manifest, catalogue: Catalogue, files: Files, report: Report):
        self._spark = spark
        self._manifest = manifest
        self._catalogue = catalogue
        self._files = files
        self._report = report
        self._quarantine = Quarantine(spark, manifest)
        self._resolutions = Resolutions(spark, manifest)

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Also removes the run's branch where an earlier try left it on a table that this try does not write.

        The branch of a backfill is on every table and stays there from slot to slot.
        """
        self._quarantine.create_table()
        self._resolutions.create_table()
        create_namespace(self._spark, "trusted")
        written = {task.table for task in self._manifest.tables}
        for name in self._catalogue.trusted:
            table = LakeTable(self._spark, f"trusted.{name}")
            if name not in written and table.exists() and not self._manifest.backfill:
                table.drop_branch(self._manifest.branch)
        yield
        self._audit_across_tables()

    def load(self, task: TrustedTask) -> dict[str, Any]:
        """Folds one table's raw files into its branch; returns its figures for the metrics."""
        definition = self._catalogue.trusted_table(task.table)
        table = create_trusted_table(self._spark, definition, self._manifest.locations.trusted)
        base = table.restart_branch(self._manifest.branch, task.base)
        raw = self._spark.read.schema(fold.raw_schema(definition)).parquet(*task.raw_files)
        rows_raw = raw.count()
        self._report.rows(task.table, rows_raw)

        typed = fold.type_rows(raw, definition)
        classified = fold.classify(typed, self._base_rows(table, base, definition), definition)
        # Counting, quarantine, insert and update all read these rows: they are computed once.
        classified.persist(StorageLevel.MEMORY_AND_DISK)
        try:
            figures = self._write(task, definition, table, base, classified)
        finally:
            classified.unpersist()
        self._audit(task, definition, table, rows_raw, figures)
        profile = self._audit_rows(definition, table, figures)
        for finding in against_history(definition.checks, rows_raw, profile, task.history):
            self._report.finding(task.table, finding)
        return {"rowsRaw": rows_raw, **figures, "profile": {"rows": profile.rows, "nulls": profile.nulls}}

    def _base_rows(self, table: LakeTable, base: str, definition: TrustedTable) -> DataFrame | None:
        """The rows at the base, pinned to its snapshot: the branch moves while the classified rows are in use."""
        if table.live_rows(base) == 0:
            return None
        return table.rows_at(base, table_columns(definition.columns))

    def _write(
        self, task: TrustedTask, definition: TrustedTable, table: LakeTable, base: str, classified: DataFrame
    ) -> dict[str, Any]:
        classes = _count(classified)
        rows = {name: classes[name]["rows"] if name in classes else 0 for name in fold.CLASSES}
        quarantined, bad_rows = self._quarantine_rows(task, definition, classified, rows[fold.QUARANTINED])
        inserted = self._insert(definition, table, classified) if rows[fold.INSERTED] else Commit()
        updated = self._update(definition, table, classified) if rows[fold.UPDATED] else Commit()
        head = table.snapshot(self._manifest.branch)
        return {
            "inserted": inserted.added_rows,
            "updated": updated.deleted_rows,
            "unchanged": rows[fold.UNCHANGED],
            "superseded": rows[fold.SUPERSEDED],
            "conflicting": sum(row["conflicting"] for row in classes.values()),
            "quarantined": quarantined,
            "erased": rows[fold.ERASED],
            "snapshotFrom": base,
            "snapshotTo": head,
            "totalRows": table.live_rows(head),
            "bytes": inserted.bytes + updated.bytes,
            "badRows": bad_rows,
        }

    def _quarantine_rows(
        self, task: TrustedTask, definition: TrustedTable, classified: DataFrame, expected: int
    ) -> tuple[int, dict[str, int]]:
        """Rows that quarantine took, and how many there are for each reason (a row may have several)."""
        if not expected:
            self._quarantine.clear(definition.name)
            self._resolve(definition, classified, None)
            return 0, {}
        bad = self._placed(task, definition, classified.where(F.col(fold.CLASS) == fold.QUARANTINED)).persist()
        try:
            reasons = bad.select(F.explode("motivos").alias("r")).groupBy("r.coluna", "r.regra").count().collect()
            kept = self._quarantine.replace(definition.name, bad)
            self._resolve(definition, classified, bad)
        finally:
            bad.unpersist()
        return kept, {f"{row['coluna']}: {row['regra']}": row["count"] for row in reasons}

    def _resolve(self, definition: TrustedTable, classified: DataFrame, bad: DataFrame | None) -> None:
        """Notes which rows of quarantine, of this slot or of earlier ones, this slot brought a later good row for."""
        resolved = []
        if bad is not None:
            slot = F.lit(self._manifest.slot_timestamp).cast("timestamp_ntz").alias("slot_da_linha")
            of_this_slot = bad.where(F.col("chave").isNotNull() & F.col(fold.MADE_UP_FOR).isNotNull())
            resolved.append(
                of_this_slot.select(slot, "arquivo_id", "registro", F.col(fold.MADE_UP_FOR).alias("arquivo"))
            )
        earlier = self._quarantine.of_earlier_slots(definition.name)
        if earlier is not None:
            good = classified.where(F.col(fold.CLASS).isin(fold.INSERTED, fold.UPDATED, fold.UNCHANGED)).select(
                fold.key_text(definition).alias("chave"), F.col("arquivo_origem").alias("arquivo")
            )
            resolved.append(good.join(earlier, "chave").select("slot_da_linha", "arquivo_id", "registro", "arquivo"))
        if not resolved:
            return self._resolutions.clear(definition.name)
        rows = reduce(DataFrame.unionAll, resolved).persist()
        try:
            if rows.isEmpty():
                self._resolutions.clear(definition.name)
            else:
                self._resolutions.replace(definition.name, rows)
        finally:
            rows.unpersist()

    def _placed(self, task: TrustedTask, definition: TrustedTable, bad: DataFrame) -> DataFrame:
        """Bad rows as quarantine has them, with their places in their files. Files without bad rows are not read."""
        files = {row["_arquivo_id"] for row in bad.select("_arquivo_id").distinct().collect()}
        uris = {number: uri for number, uri in task.files.items() if number in files}
        raw = self._spark.read.schema("_arquivo_id bigint, _bloco bigint, _ordem bigint").parquet(*task.raw_files)
        of_these = raw.where(F.col("_arquivo_id").isin(list(files)))
        numbered = with_record_numbers(bad, of_these, self._quarantine.unreadable(definition.name, task.reread))
        names = {uri: self._files.spark_name(uri) for uri in uris.values()}
        return with_lines(self._spark, numbered, uris, names).select(
            F.col("arquivo_origem").alias("arquivo"),
            "registro",
            F.col(fold.REASONS).alias("motivos"),
            F.col(fold.TEXT).alias("texto"),
            F.col("_arquivo_id").alias("arquivo_id"),
            "linha",
            fold.key_text(definition).alias("chave"),
            fold.MADE_UP_FOR,
        )

    def _insert(self, definition: TrustedTable, table: LakeTable, classified: DataFrame) -> Commit:
        """New keys are appended: they meet no row of the table, so no join with it is needed."""
        self._rows_to_write(definition, classified, fold.INSERTED).writeTo(
            table.branch_identifier(self._manifest.branch)
        ).append()
        return table.commit(table.snapshot(self._manifest.branch))

    def _update(self, definition: TrustedTable, table: LakeTable, classified: DataFrame) -> Commit:
        view = f"atualizacoes_{definition.name}"
        self._rows_to_write(definition, classified, fold.UPDATED).createOrReplaceTempView(view)
        same_key = " and ".join(
            f"old.`{column.name}` {'<=>' if column.key_may_be_empty else '='} new.`{column.name}`"
            for column in definition.key
        )
        self._spark.sql(
            f"merge into {table.branch_identifier(self._manifest.branch)} old using {view} new on {same_key} "
            "when matched then update set *"
        )
        return table.commit(table.snapshot(self._manifest.branch))

    def _rows_to_write(self, definition: TrustedTable, classified: DataFrame, row_class: str) -> DataFrame:
        return classified.where(F.col(fold.CLASS) == row_class).select(
            *definition.column_names,
            F.lit(self._manifest.slot_timestamp).cast("timestamp_ntz").alias("slot_atualizacao"),
            "arquivo_origem",
        )

    def _audit(
        self, task: TrustedTask, definition: TrustedTable, table: LakeTable, rows_raw: int, figures: dict[str, Any]
    ) -> None:
        terms = {name: figures[name] for name in fold.CLASSES}
        total = sum(terms.values())
        self._report.audit(
            task.table,
            "conservation",
            passed=total == rows_raw,
            value=total - rows_raw,
            limit=0,
            examples=[] if total == rows_raw else [f"{rows_raw} rows in raw, but {terms}"],
        )
        if task.records is not None:
            # The two equations meet here: each balances by itself if this step is given only a part of raw.
            received = task.records - task.unreadable
            self._report.audit(
                task.table,
                "rows_from_raw",
                passed=rows_raw == received,
                value=rows_raw,
                limit=received,
                examples=[] if rows_raw == received else [f"raw wrote {received} rows, but {rows_raw} were read"],
            )
        growth = figures["totalRows"] - table.live_rows(figures["snapshotFrom"])
        self._report.audit(
            task.table,
            "total_rows",
            passed=growth == figures["inserted"] - figures["erased"],
            value=growth,
            limit=figures["inserted"] - figures["erased"],
        )
        records = rows_raw if task.records is None else task.records
        share = (figures["quarantined"] + task.unreadable) / records if records else 0.0
        self._report.audit(
            task.table,
            "bad_row_share",
            passed=share <= definition.bad_row_threshold,
            value=share,
            limit=definition.bad_row_threshold,
            examples=[f"{reason}: {rows} rows" for reason, rows in sorted(figures["badRows"].items())][:5],
        )

    def _audit_rows(self, definition: TrustedTable, table: LakeTable, figures: dict[str, Any]) -> audits.Profile:
        """The catalogue's checks of the rows that this slot wrote: the others are as they were when their slot passed.

        That holds for the unique key too. A written row that an older one shares its key with is not looked for, which
        would be a pass of the whole table: the fold looked every key up, and ``total_rows`` tells an update that left
        the old row behind.
        """
        rows = None if figures["inserted"] + figures["updated"] == 0 else self._written_rows(table)
        key = tuple(column.name for column in definition.key)
        may_be_empty = [column.name for column in definition.columns if column.nullable]
        findings, profile = audits.check_and_profile(rows, definition.checks, key, may_be_empty)
        for finding in findings:
            self._report.finding(definition.name, finding)
        return profile

    def _written_rows(self, table: LakeTable) -> DataFrame:
        return self._spark.table(table.branch_identifier(self._manifest.branch)).where(
            F.col("slot_atualizacao") == F.lit(self._manifest.slot_timestamp).cast("timestamp_ntz")
        )

    def _audit_across_tables(self) -> None:
        """What takes more than one table, once all are written, and the tables of which this slot has nothing."""
        written = {task.table for task in self._manifest.tables}
        children = []
        for definition in self._catalogue.trusted.values():
            for check in definition.checks:
                if check["check"] == "no_overlap":
                    self._audit_overlap(definition, check, written)
                elif check["check"] == "foreign_key" and definition.name in written:
                    rows = self._written_rows(LakeTable(self._spark, f"trusted.{definition.name}"))
                    parents = [self._current(name, written) for name in check["parents"]]
                    children.append((definition.name, check, rows, [rows for rows in parents if rows is not None]))
                elif check["check"] == "freshness" and definition.name in self._manifest.last_arrivals:
                    last = self._manifest.last_arrivals[definition.name]
                    fresh = freshness(check, self._manifest.slot_time, last, definition.name in written)
                    self._report.finding(definition.name, fresh)
        for table, findings in audits.foreign_keys(children).items():
            for finding in findings:
                self._report.finding(table, finding)

    def _audit_overlap(self, definition: TrustedTable, check: audits.Check, written: set[str]) -> None:
        """Keys that two tables may not share, whichever of the two the slot wrote."""
        if not written & {definition.name, check["with"]}:
            return
        rows, other = self._current(definition.name, written), self._current(check["with"], written)
        if rows is not None and other is not None:
            self._report.finding(definition.name, audits.no_overlap(rows, other, check))

    def _current(self, name: str, written: set[str]) -> DataFrame | None:
        """The table as it would be published: on the run's branch where the slot wrote it, else on main; in a backfill,
        for which main is another time, always on its branch.
        """
        table = LakeTable(self._spark, f"trusted.{name}")
        if name in written or self._manifest.backfill:
            return self._spark.table(table.branch_identifier(self._manifest.branch))
        return self._spark.table(table.identifier) if table.exists() else None


def _count(classified: DataFrame) -> dict[str, Row]:
    counted = classified.groupBy(fold.CLASS).agg(
        F.count("*").alias("rows"), F.count_if(fold.CONFLICTING).alias("conflicting")
    )
    return {row[fold.CLASS]: row for row in counted.collect()}
