"""Backfill: past slots folded again from raw, one after the other, on a branch of their own that every table has.

Iceberg reads main without a word where a table lacks the branch, and main is the present: so the branch is put on every
table of trusted and refined before the first write. A table that is played goes on from slot to slot on it; any other is
put in each slot where it stood in that slot. Readers see nothing of it before the plan of a publication names it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pyspark.sql import SparkSession

from podlake_spark.catalogue import Catalogue
from podlake_spark.files import Files
from podlake_spark.iceberg import LakeTable
from podlake_spark.manifest import Manifest, ReplayedSlot, parse_manifest
from podlake_spark.quarantine import Quarantine, Resolutions
from podlake_spark.refined import RefinedLayer, create_refined_table
from podlake_spark.report import Report
from podlake_spark.side_by_side import run_side_by_side
from podlake_spark.table_creation import create_namespace
from podlake_spark.trusted import TrustedLayer, create_trusted_table


class BackfillLayer:
    def __init__(self, spark: SparkSession, manifest: Manifest, catalogue: Catalogue, files: Files, report: Report):
        self._spark = spark
        self._manifest = manifest
        self._catalogue = catalogue
        self._files = files
        self._report = report
        self._quarantine = (Quarantine(spark, manifest), Resolutions(spark, manifest))

    @contextmanager
    def ready(self) -> Iterator[None]:
        if self._manifest.discard:
            self._discard()
        else:
            self._begin()
        yield

    def _begin(self) -> None:
        """Every branch where the manifest lets it begin: an earlier try of this step may have moved it on."""
        create_namespace(self._spark, "trusted")
        create_namespace(self._spark, "refined")
        for rows in self._quarantine:
            rows.create_table()
        for table in self._tables():
            table.put_branch(self._manifest.branch, self._manifest.start.get(table.name))

    def _tables(self) -> Iterator[LakeTable]:
        locations = self._manifest.locations
        for trusted in self._catalogue.trusted.values():
            yield create_trusted_table(self._spark, trusted, locations.trusted)
        for refined in self._catalogue.refined.values():
            yield create_refined_table(self._spark, refined, locations.refined)

    def _discard(self) -> None:
        """Leaves no trace of a backfill that is not published."""
        names = [f"trusted.{name}" for name in self._catalogue.trusted]
        names += [f"refined.{name}_dados" for name in self._catalogue.refined]
        for table in (LakeTable(self._spark, name) for name in names):
            if table.exists():
                table.drop_branch(self._manifest.branch)
        for rows in self._quarantine:
            rows.drop_branch()

    def load(self, slot: ReplayedSlot) -> dict[str, Any]:
        """Plays one slot. Its layers leave metrics of their own, where their manifests say, as in a run."""
        for name, snapshot in slot.pinned.items():
            LakeTable(self._spark, name).put_branch(self._manifest.branch, snapshot)
        rows = 0
        for layer, uri in (("trusted", slot.trusted), ("refined", slot.refined)):
            if uri is not None:
                rows += self._play(layer, uri)
                self._report.rows(slot.table, rows)
        return {"rows": rows}

    def _play(self, layer: str, uri: str) -> int:
        manifest = self._continued(parse_manifest(self._files.read_text(uri), layer))
        report = Report(manifest, self._files, self._spark.sparkContext.applicationId)
        if layer == "trusted":
            work = TrustedLayer(self._spark, manifest, self._catalogue, self._files, report)
        else:
            work = RefinedLayer(self._spark, manifest, self._catalogue, report)
        rows = []

        def load(task: Any) -> dict[str, Any]:
            figures = work.load(task)
            rows.append(figures["rowsRaw"] if layer == "trusted" else figures["rows"])
            return figures

        with work.ready():
            run_side_by_side(self._spark, report, manifest.tables, load)
        report.write_metrics()
        return sum(rows)

    def _continued(self, manifest: Manifest) -> Manifest:
        """The slot's manifest with the base that the slot before it left on the branch."""

        def base(task: Any) -> Any:
            name = f"trusted.{task.table}" if manifest.layer == "trusted" else f"refined.{task.table}_dados"
            return replace(task, base=LakeTable(self._spark, name).snapshot(manifest.branch))

        return replace(manifest, tables=tuple(base(task) for task in manifest.tables))
