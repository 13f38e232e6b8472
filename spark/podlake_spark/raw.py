"""Raw: the accepted CSV files of a slot as Parquet, every value as the text it was, with where each row came from."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyspark.sql import Observation, SparkSession, Window
from pyspark.sql import functions as F

from podlake_spark.catalogue import Catalogue
from podlake_spark.csv_rows import UNREADABLE, FileGroup, group_files, read_rows
from podlake_spark.csv_structure import Structure, structures
from podlake_spark.files import Files
from podlake_spark.manifest import DeliveredFile, Manifest, RawTask
from podlake_spark.quarantine import Quarantine
from podlake_spark.record_places import with_lines
from podlake_spark.report import Report


class RawLayer:
    def __init__(self, spark: SparkSession, manifest: Manifest, catalogue: Catalogue, files: Files, report: Report):
        self._spark = spark
        self._manifest = manifest
        self._catalogue = catalogue
        self._files = files
        self._report = report
        self._quarantine = Quarantine(spark, manifest)

    @contextmanager
    def ready(self) -> Iterator[None]:
        self._quarantine.create_table()
        yield

    def load(self, task: RawTask) -> dict[str, Any]:
        """Writes one table's files under ``task.output``; returns its figures for the metrics."""
        names = {file.uri: self._files.spark_name(file.uri) for file in task.files}
        structure = structures(self._spark, names)
        accepted = [file for file in task.files if structure[file.uri].refused is None]
        line_ends = {file.id: structure[file.uri].line_end for file in accepted}
        groups = group_files(accepted, line_ends, self._catalogue.source_columns(task.table))

        # An earlier try of this attempt may have left files here, and what lies here counts as loaded.
        self._files.delete(task.output)
        unreadable: dict[int, int] = {}
        if groups and self._write(task, groups, names):
            unreadable = self._keep_unreadable(task, groups, names)
        if not unreadable:
            self._quarantine.clear(task.table.lower())

        outputs = self._files.list_parquet(task.output)
        rows = self._rows_per_file(task.output) if outputs else {}
        self._report.rows(task.table, sum(rows.values()))
        figures = [_file_figures(file, structure[file.uri], rows, unreadable) for file in task.files]
        self._audit(task.table, figures, unknown_rows=rows.get(None, 0))
        return {
            "files": figures,
            "rows": sum(rows.values()),
            "outputs": [{"uri": output.uri, "bytes": output.bytes} for output in outputs],
            "bytes": sum(output.bytes for output in outputs),
        }

    def _write(self, task: RawTask, groups: list[FileGroup], names: dict[str, str]) -> bool:
        """Writes the readable rows; says whether there were others, which cost a pass of their own only then."""
        seen = Observation(f"raw {task.table}")
        rows = self._rows(task, groups, names).observe(seen, F.count(UNREADABLE).alias("unreadable"))
        rows.where(F.col(UNREADABLE).isNull()).drop(UNREADABLE).write.mode("overwrite").parquet(task.output)
        return seen.get["unreadable"] > 0

    def _keep_unreadable(self, task: RawTask, groups: list[FileGroup], names: dict[str, str]) -> dict[int, int]:
        """Puts records with too many or too few fields into quarantine, with their place in the file and their text."""
        in_file = Window.partitionBy("_arquivo_id").orderBy("_bloco", "_ordem")
        reason = F.struct(
            F.lit(None).cast("string").alias("coluna"),
            F.lit(None).cast("string").alias("valor"),
            F.lit("numero_de_campos").alias("regra"),
        )
        unreadable = (
            self._rows(task, groups, names)
            .select(
                "_arquivo_id", "_arquivo", UNREADABLE, F.row_number().over(in_file).cast("bigint").alias("registro")
            )
            .where(F.col(UNREADABLE).isNotNull())
            .persist()
        )
        try:
            per_file = {row["_arquivo_id"]: row["count"] for row in unreadable.groupBy("_arquivo_id").count().collect()}
            uris = {file.id: file.uri for file in task.files if file.id in per_file}
            placed = with_lines(self._spark, unreadable, uris, {uri: names[uri] for uri in uris.values()})
            self._quarantine.replace(
                task.table.lower(),
                placed.select(
                    F.col("_arquivo").alias("arquivo"),
                    "registro",
                    F.array(reason).alias("motivos"),
                    F.col(UNREADABLE).alias("texto"),
                    F.col("_arquivo_id").alias("arquivo_id"),
                    "linha",
                    F.lit(None).cast("string").alias("chave"),
                ),
            )
            return per_file
        finally:
            unreadable.unpersist()

    def _rows(self, task: RawTask, groups: list[FileGroup], names: dict[str, str]):
        columns = self._catalogue.source_columns(task.table)
        return read_rows(self._spark, groups, names, columns, self._manifest.slot)

    def _rows_per_file(self, output: str) -> dict[int | None, int]:
        """Counted in what was written, so that a task that ran twice counts once."""
        written = self._spark.read.schema("_arquivo_id bigint").parquet(output)
        return {row["_arquivo_id"]: row["count"] for row in written.groupBy("_arquivo_id").count().collect()}

    def _audit(self, table: str, figures: list[dict[str, Any]], unknown_rows: int) -> None:
        """Records in the files = rows in raw + unreadable records, file by file."""
        unbalanced = [
            f"file {file['id']}: {file['records']} records, {file['rows']} rows, {file['unreadable']} unreadable"
            for file in figures
            if file["records"] != file["rows"] + file["unreadable"]
        ]
        if unknown_rows:
            unbalanced.append(f"{unknown_rows} rows of no file of the manifest")
        self._report.audit(
            table, "conservation", passed=not unbalanced, value=len(unbalanced), limit=0, examples=unbalanced[:5]
        )


def _file_figures(
    file: DeliveredFile, structure: Structure, rows: dict[int | None, int], unreadable: dict[int, int]
) -> dict[str, Any]:
    refused = structure.refused and {"reason": structure.refused[0], "message": structure.refused[1]}
    return {
        "id": file.id,
        "records": structure.records,
        "rows": rows.get(file.id, 0),
        "unreadable": unreadable.get(file.id, 0),
        "bytes": file.bytes,
        "refused": refused,
    }
