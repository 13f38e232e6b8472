"""Which spark-defaults a step gets: the cluster's, with the machine's over them, in the form that Spark reads."""

from collections.abc import Callable
from pathlib import Path

from clusters import Emr, step
from endpoint_process import Endpoint


def test_the_machine_s_settings_win_over_the_cluster_s(
    new_endpoint: Callable[..., Endpoint], fake_spark_home: Path, versitygw: str
) -> None:
    machine = {
        "spark.master": "local[2]",
        "spark.jars": None,
        "spark.driver.extraClassPath": "/machine",
    }
    endpoint = new_endpoint(
        sparkHome=str(fake_spark_home),
        s3Endpoint=versitygw,
        sparkDefaults=machine,
        jars=["/jars/a.jar", "/jars/b.jar"],
    )
    emr = Emr(endpoint, versitygw)
    cluster = emr.cluster(
        step("conf:"),
        keep=False,
        Configurations=[
            {
                "Classification": "spark-defaults",
                "Properties": {
                    "spark.master": "yarn",
                    "spark.jars": "/usr/share/only-on-emr.jar",
                    "spark.note": "a=b: C:\\x\nção",
                },
            },
            {
                "Classification": "iceberg-defaults",
                "Properties": {"iceberg.enabled": "true"},
            },
        ],
    )
    emr.wait(cluster, "TERMINATED")
    assert emr.log(cluster, emr.step_ids(cluster)[0], "stdout").splitlines()[:4] == [
        "spark.driver.extraClassPath=/jars/a.jar:/jars/b.jar:/machine",
        "spark.executor.extraClassPath=/jars/a.jar:/jars/b.jar",
        "spark.master=local[2]",
        "spark.note=a=b: C:\\\\x\\n\\u00e7\\u00e3o",
    ]
