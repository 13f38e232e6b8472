"""AutoTerminationPolicy: a cluster without work ends by itself. EMR's shortest time is a minute, so the engine's clock
is moved instead of waited for."""

import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from clusters import Emr
from endpoint_process import ACCESS_KEY, REGION, SECRET_KEY, until

from podlake_aws.configuration import configuration_from
from podlake_aws.emr.service import EmrService


def test_a_policy_is_kept_shown_changed_and_removed(emr: Emr) -> None:
    cluster = emr.cluster(AutoTerminationPolicy={"IdleTimeout": 900})
    assert emr.api.get_auto_termination_policy(ClusterId=cluster)["AutoTerminationPolicy"] == {"IdleTimeout": 900}
    emr.api.put_auto_termination_policy(ClusterId=cluster, AutoTerminationPolicy={"IdleTimeout": 120})
    assert emr.api.get_auto_termination_policy(ClusterId=cluster)["AutoTerminationPolicy"] == {"IdleTimeout": 120}
    emr.api.remove_auto_termination_policy(ClusterId=cluster)
    assert "AutoTerminationPolicy" not in emr.api.get_auto_termination_policy(ClusterId=cluster)


@pytest.mark.parametrize("seconds", [59, 604801])
def test_an_idle_time_out_of_emr_s_bounds_is_refused(emr: Emr, seconds: int) -> None:
    with pytest.raises(ClientError, match="between 60 and 604800") as refused:
        emr.cluster(AutoTerminationPolicy={"IdleTimeout": seconds})
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_cluster_ends_once_it_was_idle_for_its_time_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skipped = 0.0
    real = time.monotonic
    monkeypatch.setattr("podlake_aws.emr.engine.time.monotonic", lambda: real() + skipped)
    settings = {
        "port": 0, "stateDir": str(tmp_path), "region": REGION, "s3Endpoint": "http://127.0.0.1:9",
        "accessKey": ACCESS_KEY, "secretKey": SECRET_KEY, "python": "/nowhere", "javaHome": "/nowhere",
        "sparkHome": "/nowhere", "emr": {"startingSeconds": 0, "bootstrappingSeconds": 0, "terminatingSeconds": 0},
    }  # fmt: skip
    service = EmrService(configuration_from(settings))
    try:
        request = {
            "Name": "idle", "ReleaseLabel": "emr-7.14.0",
            "Instances": {"InstanceCount": 1, "KeepJobFlowAliveWhenNoSteps": True},
            "AutoTerminationPolicy": {"IdleTimeout": 600},
        }  # fmt: skip
        cluster = (service.call("RunJobFlow", request) or {})["JobFlowId"]

        def state() -> str:
            answer = service.call("DescribeCluster", {"ClusterId": cluster}) or {}
            return answer["Cluster"]["Status"]["State"]

        until(lambda: state() == "WAITING")
        skipped = 590.0
        service.call(
            "PutAutoTerminationPolicy",
            {"ClusterId": cluster, "AutoTerminationPolicy": {"IdleTimeout": 600}},
        )
        time.sleep(0.2)
        assert state() == "WAITING"
        skipped = 601.0
        service.call(
            "PutAutoTerminationPolicy",
            {"ClusterId": cluster, "AutoTerminationPolicy": {"IdleTimeout": 600}},
        )
        until(lambda: state() == "TERMINATED")
    finally:
        service.close()
