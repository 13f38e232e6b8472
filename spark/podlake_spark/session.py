"""The Spark session of a step.

What differs between machines (catalogue ``lake``, endpoints, memory) comes from the cluster's ``spark-defaults``.
What is set here are settings that the jobs depend on; they are the same everywhere.
"""

from py4j.java_gateway import java_import
from pyspark.sql import SparkSession

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.defaultCatalog": "lake",
    # A value that does not fit is told apart by the casts of this package, which need null and not an exception.
    "spark.sql.ansi.enabled": "false",
    # With pruning on, the CSV reader does not count the fields of a row of which few columns are wanted.
    "spark.sql.csv.parser.columnPruning.enabled": "false",
    # Spark derives constraints from every expression to find more filters. On a table of 122 columns, each checked and
    # compared, it runs out of memory over that before a row is read.
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.adaptive.enabled": "true",
}

# The classes that PySpark asks for by their bare names, `functions` at every `F.col`.
ASKED_FOR_BY_NAME = (
    "org.apache.spark.sql.functions",
    "org.apache.spark.sql.Column",
    "org.apache.spark.sql.SparkSession",
    "org.apache.spark.sql.api.python.PythonSQLUtils",
    "org.apache.spark.api.python.PythonUtils",
)

DEFAULT_SIDE_BY_SIDE = 4


def open_session(name: str) -> SparkSession:
    builder = SparkSession.builder.appName(name)
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    name_classes(spark)
    return spark


def tables_side_by_side(spark: SparkSession) -> int:
    """How many tables of a layer are worked on at once (setting ``spark.podlake.tablesSideBySide``)."""
    return int(spark.conf.get("spark.podlake.tablesSideBySide", str(DEFAULT_SIDE_BY_SIDE)))


def name_classes(spark: SparkSession) -> None:
    """Says where the classes are that PySpark asks for. Otherwise the JVM looks for them in one package after the other, and
    in each of its jars, at every call: on a table of 122 columns these are thousands.
    """
    for name in ASKED_FOR_BY_NAME:
        java_import(spark.sparkContext._jvm, name)
