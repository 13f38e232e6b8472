"""One long Spark session for the property test: plays the steps of many runs one after the other.

Each line of standard input is a request in JSON, each line of standard output that begins with ``answer`` its answer:
``{"layer", "manifest"}`` does a step as the cluster would, ``{"tables"}`` gives the rows of each, ``{"forget": true}`` drops
every table, so that the next sequence finds an empty lake.
"""

import json
import os
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

PACKAGE_ROOT = str(Path(__file__).parents[2] / "spark")
# Spark's Python workers are other processes: they find the package by the environment, not by this process's path.
sys.path.insert(0, PACKAGE_ROOT)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [PACKAGE_ROOT, os.environ.get("PYTHONPATH")]))
os.environ["PYSPARK_PYTHON"] = sys.executable
os.environ["TZ"] = "America/Sao_Paulo"  # A machine's own time zone must not show in any result.
os.environ["JAVA_HOME"] = os.environ["PODLAKE_JAVA_HOME"]

from pyspark.sql import Row, SparkSession  # noqa: E402

from podlake_spark import job  # noqa: E402
from podlake_spark.errors import cause  # noqa: E402
from podlake_spark.session import SETTINGS, name_classes  # noqa: E402

NAMESPACES = ("trusted", "refined", "controle")


def open_session(defaults: dict[str, str]) -> SparkSession:
    """The local EMR's defaults; Iceberg's catalogue and its files stay in memory, raw and the CSV files are on S3."""
    settings = {
        **defaults,
        **SETTINGS,
        "spark.jars": os.environ["PODLAKE_JARS"].replace(":", ","),
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        "spark.sql.catalog.lake": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.lake.catalog-impl": "org.apache.iceberg.inmemory.InMemoryCatalog",
        # A handful of rows a table: what plans and schedules costs more than what computes.
        "spark.sql.shuffle.partitions": "1",
        # Every sequence plays the same queries, more than the 100 whose code Spark keeps by default.
        "spark.sql.codegen.cache.maxEntries": "2000",
        # Of each query's plan Spark writes a text for its UI, which nobody opens here: the short one.
        "spark.sql.ui.explainMode": "simple",
    }
    builder = SparkSession.builder.appName("podlake property test")
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    name_classes(spark)
    return spark


def answer(spark: SparkSession, request: dict) -> dict:
    if "layer" in request:
        return play(spark, request["layer"], request["manifest"])
    if "tables" in request:
        with ThreadPoolExecutor(max_workers=2) as pool:
            return dict(
                zip(request["tables"], pool.map(lambda name: rows(spark, name), request["tables"]), strict=True)
            )
    return forget(spark)


def play(spark: SparkSession, layer: str, manifest: str) -> dict:
    """A step that fails says so in its answer, as it does to EMR by its exit code."""
    try:
        job.run(spark, layer, manifest)
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        return {"failure": cause(error)}
    return {"failure": None}


def rows(spark: SparkSession, table: str) -> list:
    """All rows of the table's main branch; none of one that no step has made yet."""
    if not spark.catalog.tableExists(f"lake.{table}"):
        return []
    return [plain(row) for row in spark.table(f"lake.{table}").collect()]


def forget(spark: SparkSession) -> dict:
    for namespace in NAMESPACES:
        spark.sql(f"create namespace if not exists lake.{namespace}")
        for row in spark.sql(f"show tables in lake.{namespace}").collect():
            # Without "purge", which looks for the files by jobs: the next sequence has other buckets.
            spark.sql(f"drop table lake.{namespace}.{row['tableName']}")
    return {}


def plain(value):
    """As JSON has it: decimals and times as text, so that no digit is lost."""
    if isinstance(value, Row):
        return {name: plain(part) for name, part in value.asDict().items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value


def main() -> None:
    spark = open_session(json.loads(sys.stdin.readline()))
    print("answer {}", flush=True)
    for line in sys.stdin:
        print("answer", json.dumps(answer(spark, json.loads(line))), flush=True)
    spark.stop()


main()
