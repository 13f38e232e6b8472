"""The real spark-submit, from s3:// to s3://: a job as EMR runs it, with its package, Iceberg through Glue, and its
failure."""

import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from clusters import Emr
from endpoint_process import ACCESS_KEY, REGION, SECRET_KEY, Endpoint, free_port, tool, until

JOB = """
import sys
from greeting import GREETING
from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("job").getOrCreate()
spark.sql("create namespace if not exists lake.trusted")
spark.sql("create table lake.trusted.t (a bigint) using iceberg location 's3://lake/spark/t'")
spark.range(1000).selectExpr("id as a").writeTo("lake.trusted.t").append()
spark.table("lake.trusted.t").coalesce(1).write.parquet("s3://lake/spark/copy/")
print(GREETING, sys.argv[1:], spark.read.parquet("s3://lake/spark/copy/").count())
spark.sql("select nothing_like_it from lake.trusted.t")
"""
CATALOG = "spark.sql.catalog.lake"


def machine_settings(glue: str, s3: str) -> dict[str, str]:
    """What this machine needs in place of AWS: where the endpoints are, and that all stays on it."""
    return {
        "spark.master": "local[2]",
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.endpoint": s3,
        "spark.hadoop.fs.s3a.endpoint.region": REGION,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
        "spark.hadoop.fs.s3a.access.key": ACCESS_KEY,
        "spark.hadoop.fs.s3a.secret.key": SECRET_KEY,
        "spark.hadoop.fs.s3a.directory.marker.retention": "keep",
        f"{CATALOG}.glue.endpoint": glue,
        f"{CATALOG}.s3.endpoint": s3,
        f"{CATALOG}.s3.path-style-access": "true",
        f"{CATALOG}.client.region": REGION,
    }


CLUSTER_SETTINGS = {
    "spark.master": "yarn",
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    CATALOG: "org.apache.iceberg.spark.SparkCatalog",
    f"{CATALOG}.type": "glue",
    f"{CATALOG}.warehouse": "s3://lake/",
    f"{CATALOG}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
}


@pytest.fixture
def endpoint(new_endpoint: Callable[..., Endpoint], versitygw: str) -> Endpoint:
    port = free_port()
    return new_endpoint(
        port=port,
        s3Endpoint=versitygw,
        sparkHome=tool("PODLAKE_SPARK_HOME"),
        javaHome=tool("PODLAKE_JAVA_HOME"),
        jars=tool("PODLAKE_JARS").split(":"),
        sparkDefaults=machine_settings(f"http://127.0.0.1:{port}", versitygw),
        python=sys.executable,
    )


def test_a_job_runs_from_s3_as_on_emr_and_its_failure_says_what_was_wrong(
    endpoint: Endpoint, versitygw: str, tmp_path: Path
) -> None:
    emr = Emr(endpoint, versitygw)
    with zipfile.ZipFile(tmp_path / "package.zip", "w") as package:
        package.writestr("greeting.py", "GREETING = 'bom dia'")
    emr.s3.upload_file(str(tmp_path / "package.zip"), "lake", "jobs/package.zip")
    emr.s3.put_object(Bucket="lake", Key="jobs/main.py", Body=JOB.encode())

    arguments = ["spark-submit", "--deploy-mode", "client", "--py-files", "s3://lake/jobs/package.zip"]
    job = {"Jar": "command-runner.jar", "Args": [*arguments, "s3://lake/jobs/main.py", "raw", "--manifest", "m.json"]}
    cluster = emr.cluster(
        {"Name": "podlake", "ActionOnFailure": "CONTINUE", "HadoopJarStep": job},
        Configurations=[{"Classification": "spark-defaults", "Properties": CLUSTER_SETTINGS}],
        keep=False,
    )
    [step_id] = emr.step_ids(cluster)
    until(lambda: emr.step_status(cluster, step_id)["State"] in ("FAILED", "COMPLETED"), 180, "the end of the job")

    status = emr.step_status(cluster, step_id)
    assert "bom dia ['raw', '--manifest', 'm.json'] 1000" in emr.log(cluster, step_id, "stdout")
    assert status["State"] == "FAILED"
    assert status["FailureDetails"]["Reason"].endswith("AnalysisException")
    assert "`nothing_like_it` cannot be resolved" in status["FailureDetails"]["Message"]
    assert status["FailureDetails"]["LogFile"] == f"s3://lake/logs/{cluster}/steps/{step_id}/stdout.gz"
    table = endpoint.client("glue").get_table(DatabaseName="trusted", Name="t")["Table"]
    assert table["Parameters"]["table_type"] == "ICEBERG"
    assert table["Parameters"]["metadata_location"].startswith("s3://lake/spark/t/metadata/")
    emr.wait(cluster, "TERMINATED")
