"""A step as the cluster starts it: a process with arguments, an exit code and a log."""

import json
import os
import subprocess
import sys
from pathlib import Path

MAIN = Path(__file__).parents[1] / "main.py"


def test_a_step_that_fails_ends_with_its_cause_and_table_in_the_last_line_of_the_log(tmp_path):
    manifest = {
        "format": 1,
        "slot": "20261124T090000Z",
        "slotInstant": "2026-11-24T09:00:00Z",
        "attempt": 1,
        "grant": 1,
        "layer": "publish",
        "catalogue": "none",
        "branch": "run_20261124T090000Z",
        "metrics": f"file:{tmp_path}/metrics.json",
        "progress": f"file:{tmp_path}/progress.json",
        "locations": {"trusted": "s3://t", "refined": "s3://r", "controle": "s3://c"},
        "publication": 1,
        "tag": "slot_20261124T090000Z",
        "tables": [{"table": "trusted.bureau", "from": "1", "to": "2"}],
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    settings = {
        "spark.master": "local[1]",
        "spark.jars": os.environ["PODLAKE_JARS"].replace(":", ","),
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        "spark.sql.catalog.lake": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.lake.catalog-impl": "org.apache.iceberg.inmemory.InMemoryCatalog",
    }
    conf = [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]
    submit = [sys.executable, "-m", "pyspark.find_spark_home"]
    spark_home = subprocess.run(submit, capture_output=True, text=True, check=True).stdout.strip()
    step = subprocess.run(
        [f"{spark_home}/bin/spark-submit", *conf, str(MAIN), "publish", "--manifest", f"file:{tmp_path}/manifest.json"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )

    assert step.returncode == 1
    assert step.stderr.strip().splitlines()[-1] == (
        "podlake publish failed: table trusted.bureau: the plan names this table, but it is not in the lake."
    )
    assert not (tmp_path / "metrics.json").exists()
