"""The Spark session that all tests share, and what they use to make tables and deliveries."""

import os
import shutil
import sys
from decimal import Decimal
from pathlib import Path

import pytest

PACKAGE_ROOT = str(Path(__file__).parents[1])

# Spark's Python workers are other processes: they find the package by the environment, not by this process's path.
sys.path.insert(0, PACKAGE_ROOT)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [PACKAGE_ROOT, os.environ.get("PYTHONPATH")]))
os.environ["PYSPARK_PYTHON"] = sys.executable
os.environ["TZ"] = "America/Sao_Paulo"  # A machine's own time zone must not show in any result.
if "PODLAKE_JAVA_HOME" in os.environ:
    os.environ["JAVA_HOME"] = os.environ["PODLAKE_JAVA_HOME"]

from lake import Lake  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402
from saved_lake import SavedLake, Tables  # noqa: E402

from podlake_spark.session import SETTINGS, name_classes  # noqa: E402


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    """Two cores, Iceberg's in-memory catalogue as ``lake``: tables live for the session, S3 locations are only names."""
    builder = (
        SparkSession.builder.master("local[2]")
        .appName("podlake tests")
        .config("spark.jars", os.environ["PODLAKE_JARS"].replace(":", ","))
        .config("spark.driver.memory", "2g")
        # The tests' queries are many and small: most would end before the second compiler had paid for itself. What they
        # compile would fill the 48 MB that the JVM keeps for one compiler. Their garbage is little.
        .config(
            "spark.driver.extraJavaOptions",
            "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=512m -XX:+UseSerialGC",
        )
        # Spark keeps the code of 100 queries by default and compiles the others again when the next test asks for them.
        .config("spark.sql.codegen.cache.maxEntries", "2000")
        # Of each query's plan Spark writes a text for its UI, which nobody opens here: the short one.
        .config("spark.sql.ui.explainMode", "simple")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
        .config("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog")
        .config("spark.sql.catalog.lake.catalog-impl", "org.apache.iceberg.inmemory.InMemoryCatalog")
        .config("spark.sql.catalog.lake.warehouse", "s3://podbank-trusted/")
    )
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    name_classes(session)
    yield session
    session.stop()


@pytest.fixture(scope="session")
def tables(spark):
    return Tables(spark)


@pytest.fixture(scope="session")
def lake_folder(tmp_path_factory):
    """The same for all tests: manifests and metrics of a lake that is put back name its files by their whole paths."""
    return tmp_path_factory.mktemp("lake")


@pytest.fixture
def lake(spark, tables, lake_folder):
    """A lake of one's own: no file and no table is left over from another test."""
    shutil.rmtree(lake_folder)
    lake_folder.mkdir()
    lake = Lake(spark, lake_folder)
    lake.drop_tables()
    tables.forget_files()
    return lake


@pytest.fixture(scope="session")
def saved_lakes():
    return {}


@pytest.fixture
def begun(lake, tables, saved_lakes, tmp_path_factory):
    """Gives the lake as a function leaves it: ``begun(build)`` calls it for the first test alone, then puts a copy back."""

    def begin(build):
        if build not in saved_lakes:
            build(lake)
            saved_lakes[build] = SavedLake(lake, tables, tmp_path_factory.mktemp("saved") / "lake")
        # The first test too begins with the copy: what a copy lacks must not depend on the order of tests.
        saved_lakes[build].restore(lake)
        return lake

    return begin


@pytest.fixture
def trusted_tables(spark):
    """Makes ``trusted.<name>`` stand for rows given in the test: call it with ``{name: (columns, rows)}``.

    With ``database="refined"`` it does so for what earlier slots published.

    Columns are written as in DDL (``sk_id_curr bigint, target int``), rows as tuples in that order. The tables are
    views of literals in Spark's built-in catalogue, in memory: no Iceberg and no files.
    """
    before = spark.catalog.currentCatalog()
    spark.catalog.setCurrentCatalog("spark_catalog")
    databases = ("trusted", "refined")
    for database in databases:
        spark.sql(f"create database if not exists {database}")

    def make(tables, database="trusted"):
        for name, (columns, rows) in tables.items():
            literals = _literal_rows(spark.createDataFrame([], columns).schema, rows)
            spark.sql(f"create or replace view {database}.{name} as {literals}")

    yield make
    for database in databases:
        spark.sql(f"drop database spark_catalog.{database} cascade")
    spark.catalog.setCurrentCatalog(before)


def _literal_rows(fields, rows):
    """A query that gives the rows. Values go in as text and are cast, so that decimals keep every digit."""
    casts = ", ".join(f"cast({f.name} as {f.dataType.simpleString()}) as {f.name}" for f in fields)
    names = ", ".join(field.name for field in fields)
    values = ", ".join(f"({', '.join(_literal(value) for value in row)})" for row in rows)
    if not rows:
        return f"select {casts} from values ({', '.join('null' for _ in fields)}) as given({names}) where false"
    return f"select {casts} from values {values} as given({names})"


def _literal(value):
    if value is None:
        return "null"
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
