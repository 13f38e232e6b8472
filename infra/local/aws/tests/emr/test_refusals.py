"""What cannot be done is refused with EMR's codes, and nothing of it is left behind."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from clusters import Emr, step


def code_of(refused: pytest.ExceptionInfo[ClientError]) -> str:
    return refused.value.response["Error"]["Code"]


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("describe_cluster", {"ClusterId": "j-X"}),
        ("list_steps", {"ClusterId": "j-X"}),
        ("describe_step", {"ClusterId": "j-X", "StepId": "s-X"}),
        ("cancel_steps", {"ClusterId": "j-X", "StepIds": ["s-X"]}),
        ("add_job_flow_steps", {"JobFlowId": "j-X", "Steps": [step("say:x")]}),
        ("terminate_job_flows", {"JobFlowIds": ["j-X"]}),
        ("modify_cluster", {"ClusterId": "j-X", "StepConcurrencyLevel": 2}),
    ],
)
def test_an_unknown_cluster_is_not_valid(emr: Emr, operation: str, request_: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match=r"Cluster id 'j-X' is not valid\.") as refused:
        getattr(emr.api, operation)(**request_)
    assert code_of(refused) == "InvalidRequestException"


def test_a_step_of_another_cluster_is_not_valid(emr: Emr) -> None:
    one, other = emr.cluster(step("say:x")), emr.cluster()
    [step_id] = emr.step_ids(one)
    with pytest.raises(ClientError, match=f"Step id '{step_id}' is not valid."):
        emr.api.describe_step(ClusterId=other, StepId=step_id)


def test_an_ended_cluster_takes_no_steps(emr: Emr) -> None:
    cluster = emr.cluster(keep=False)
    emr.wait(cluster, "TERMINATED")
    with pytest.raises(ClientError, match="shutting down, terminated, or finished") as refused:
        emr.add(cluster, step("say:x"))
    assert code_of(refused) == "ValidationException"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"Jar": "s3://lake/own.jar"}, "command-runner.jar alone"),
        ({"Args": ["bash", "-c", "true"]}, "not 'bash'"),
        ({"Args": []}, "spark-submit"),
        ({"MainClass": "Main"}, "MainClass"),
    ],
)
def test_a_step_that_this_machine_cannot_run_is_refused_and_none_beside_it_is_added(
    emr: Emr, changed: dict[str, Any], says: str
) -> None:
    cluster = emr.cluster()
    bad = step("say:x")
    bad["HadoopJarStep"] |= changed
    with pytest.raises(ClientError, match=says) as refused:
        emr.add(cluster, step("say:x"), bad)
    assert code_of(refused) == "ValidationException"
    assert emr.step_ids(cluster) == []


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (
            {"BootstrapActions": [{"Name": "b", "ScriptBootstrapAction": {"Path": "s3://x/y"}}]},
            "BootstrapActions",
        ),
        ({"ReleaseLabel": "emr-latest"}, "release label is invalid"),
        ({"LogUri": "/var/log"}, "LogUri"),
        ({"StepConcurrencyLevel": 257}, "between 1 and 256"),
        (
            {"Configurations": [{"Classification": "yarn-site", "Properties": {"a": "b"}}]},
            "yarn-site",
        ),
        ({"Steps": [step("say:x", on_failure="PANIC")]}, "ActionOnFailure"),
    ],
)
def test_a_cluster_that_this_machine_cannot_be_is_refused(emr: Emr, request_: dict[str, Any], says: str) -> None:
    wanted = {
        "Name": "refused",
        "ReleaseLabel": "emr-7.14.0",
        "Instances": {"InstanceCount": 1},
    } | request_
    with pytest.raises(ClientError, match=says) as refused:
        emr.api.run_job_flow(**wanted)
    assert code_of(refused) == "ValidationException"
    pages = emr.api.get_paginator("list_clusters").paginate()
    assert "refused" not in [cluster["Name"] for page in pages for cluster in page["Clusters"]]


def test_an_operation_that_is_not_done_says_so(emr: Emr) -> None:
    with pytest.raises(ClientError, match="does not do DescribeReleaseLabel") as refused:
        emr.api.describe_release_label(ReleaseLabel="emr-7.14.0")
    assert code_of(refused) == "UnsupportedOperation"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_marker_that_no_list_gave_is_refused(emr: Emr) -> None:
    with pytest.raises(ClientError, match="marker"):
        emr.api.list_clusters(Marker="made up")


def test_a_state_that_does_not_exist_is_refused(emr: Emr) -> None:
    with pytest.raises(ClientError, match="'DONE' is not valid"):
        emr.api.list_clusters(ClusterStates=["DONE"])
