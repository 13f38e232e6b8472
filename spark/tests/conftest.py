"""The Spark session that all tests share, and what they use to make tables and deliveries."""

import os
import sys
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

from pyspark.sql import SparkSession  # noqa: E402

from podlake_spark.session import SETTINGS  # noqa: E402
from lake import Lake  # noqa: E402


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    """Two cores, Iceberg's in-memory catalogue as ``lake``: tables live for the session, S3 locations are only names."""
    builder = (
        SparkSession.builder.master("local[2]")
        .appName("podlake tests")
        .config("spark.jars", os.environ["PODLAKE_JARS"].replace(":", ","))
        .config("spark.driver.memory", "2g")
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
    yield session
    session.stop()


@pytest.fixture
def lake(spark, tmp_path):
    """A lake of one's own: files under a temporary folder, and no table left over from another test."""
    lake = Lake(spark, tmp_path)
    lake.drop_tables()
    return lake
