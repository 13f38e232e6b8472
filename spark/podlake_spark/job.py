"""One step of a run: reads the manifest, does the layer's work, leaves progress and metrics."""

import argparse
import sys
import traceback

from pyspark.sql import SparkSession

from podlake_spark.backfill import BackfillLayer
from podlake_spark.catalogue import parse_catalogue
from podlake_spark.errors import cause
from podlake_spark.files import Files
from podlake_spark.maintenance import MaintenanceLayer
from podlake_spark.manifest import LAYERS, Manifest, parse_manifest
from podlake_spark.publish import PublishLayer
from podlake_spark.raw import RawLayer
from podlake_spark.rebuild import RebuildLayer
from podlake_spark.refined import RefinedLayer
from podlake_spark.report import Report
from podlake_spark.session import open_session
from podlake_spark.side_by_side import run_one_by_one, run_side_by_side
from podlake_spark.trusted import TrustedLayer


def main(arguments: list[str]) -> int:
    """Runs ``<layer> --manifest <uri>``; 0 when every table is done, 1 when one failed.

    The last line of the log then says what failed and where. It goes through the driver's JVM, as ``spark-submit``
    folds Python's standard error into standard output, while a step's failure is looked for in standard error.
    """
    options = _parser().parse_args(arguments)
    spark = open_session(f"podlake {options.layer} {options.manifest}")
    system = spark._jvm.System
    failure = None
    try:
        run(spark, options.layer, options.manifest)
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        failure = f"podlake {options.layer} failed: {cause(error)}"
    spark.stop()
    if failure is not None:
        system.err.println(failure)
        return 1
    return 0


def run(spark: SparkSession, layer: str, manifest_uri: str) -> None:
    """Does one layer in the given session."""
    files = Files(spark)
    manifest = parse_manifest(files.read_text(manifest_uri), layer)
    report = Report(manifest, files, spark.sparkContext.applicationId)
    work = _layer(spark, manifest, files, report)
    # A slot builds on the one before it; the tables of a slot know nothing of each other.
    play = run_one_by_one if manifest.layer == "backfill" else run_side_by_side
    with work.ready():
        play(spark, report, manifest.tables, work.load)
    report.write_metrics()


def _layer(spark: SparkSession, manifest: Manifest, files: Files, report: Report):
    if manifest.layer == "publish":
        return PublishLayer(spark, manifest)
    if manifest.layer == "maintenance":
        return MaintenanceLayer(spark)
    catalogue = parse_catalogue(files.read_text(manifest.catalogue))
    if manifest.layer == "raw":
        return RawLayer(spark, manifest, catalogue, files, report)
    if manifest.layer == "backfill":
        return BackfillLayer(spark, manifest, catalogue, files, report)
    if manifest.layer == "rebuild":
        return RebuildLayer(spark, manifest, catalogue, files, report)
    if manifest.layer == "trusted":
        return TrustedLayer(spark, manifest, catalogue, files, report)
    return RefinedLayer(spark, manifest, catalogue, report)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="podlake_spark", description="One layer of one run of the lake.")
    parser.add_argument("layer", choices=LAYERS)
    parser.add_argument("--manifest", required=True, help="URI of the step's manifest")
    return parser
