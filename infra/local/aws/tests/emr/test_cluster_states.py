"""A cluster's way through its states, and what each says of itself."""

import time

import pytest
from botocore.exceptions import ClientError
from clusters import Emr, step


def test_a_cluster_goes_through_the_states_of_emr_in_their_order(emr: Emr) -> None:
    cluster = emr.cluster(step("sleep:0.4"), keep=False)
    seen = [emr.status(cluster)["State"]]
    while seen[-1] != "TERMINATED":
        state = emr.status(cluster)["State"]
        if state != seen[-1]:
            seen.append(state)
        time.sleep(0.005)
    assert seen == ["STARTING", "BOOTSTRAPPING", "RUNNING", "TERMINATING", "TERMINATED"]


def test_a_cluster_that_is_kept_waits_for_steps_and_runs_what_is_added(
    emr: Emr,
) -> None:
    cluster = emr.cluster()
    waiting = emr.wait(cluster, "WAITING")
    assert waiting["StateChangeReason"] == {"Message": "Cluster ready to run steps."}
    assert waiting["Timeline"]["ReadyDateTime"] > waiting["Timeline"]["CreationDateTime"]

    [added] = emr.add(cluster, step("sleep:0.3"))
    emr.wait(cluster, "RUNNING")
    assert emr.wait(cluster, "WAITING")["StateChangeReason"]["Message"] == "Cluster ready after last step completed."
    assert emr.step_status(cluster, added)["State"] == "COMPLETED"


def test_a_cluster_that_is_not_kept_ends_after_its_last_step(emr: Emr) -> None:
    cluster = emr.cluster(step("say:done"), keep=False)
    reason = emr.wait(cluster, "TERMINATED")["StateChangeReason"]
    assert reason == {"Code": "ALL_STEPS_COMPLETED", "Message": "Steps completed"}
    assert emr.step_states(cluster) == ["COMPLETED"]


def test_an_ended_cluster_says_if_steps_failed_on_the_way(emr: Emr) -> None:
    cluster = emr.cluster(step("exit:1"), step("say:done"), keep=False)
    reason = emr.wait(cluster, "TERMINATED")["StateChangeReason"]
    assert reason == {
        "Code": "ALL_STEPS_COMPLETED",
        "Message": "Steps completed with errors",
    }
    assert emr.step_states(cluster) == ["FAILED", "COMPLETED"]


def test_terminating_cancels_what_waits_and_interrupts_what_runs(emr: Emr) -> None:
    cluster = emr.cluster(step("sleep:60"), step("say:never"))
    first, _ = emr.step_ids(cluster)
    emr.wait_step(cluster, first, "RUNNING")
    emr.api.terminate_job_flows(JobFlowIds=[cluster])
    reason = emr.wait(cluster, "TERMINATED")["StateChangeReason"]
    assert reason == {"Code": "USER_REQUEST", "Message": "Terminated by user request"}
    assert emr.step_states(cluster) == ["INTERRUPTED", "CANCELLED"]


def test_terminating_twice_is_no_error(emr: Emr) -> None:
    cluster = emr.cluster()
    for _ in range(2):
        emr.api.terminate_job_flows(JobFlowIds=[cluster])
    emr.wait(cluster, "TERMINATED")
    emr.api.terminate_job_flows(JobFlowIds=[cluster])


def test_a_protected_cluster_is_not_terminated_until_the_protection_is_lifted(
    emr: Emr,
) -> None:
    cluster = emr.cluster(Instances={"TerminationProtected": True})
    with pytest.raises(ClientError, match="termination protected"):
        emr.api.terminate_job_flows(JobFlowIds=[cluster])
    assert emr.api.describe_cluster(ClusterId=cluster)["Cluster"]["TerminationProtected"] is True
    emr.api.set_termination_protection(JobFlowIds=[cluster], TerminationProtected=False)
    emr.api.terminate_job_flows(JobFlowIds=[cluster])
    emr.wait(cluster, "TERMINATED")


def test_tags_are_added_replaced_and_removed(emr: Emr) -> None:
    cluster = emr.cluster(Tags=[{"Key": "slot", "Value": "1"}, {"Key": "grant", "Value": "7"}])
    emr.api.add_tags(
        ResourceId=cluster,
        Tags=[{"Key": "grant", "Value": "8"}, {"Key": "owner", "Value": "lake"}],
    )
    emr.api.remove_tags(ResourceId=cluster, TagKeys=["slot"])
    tags = emr.api.describe_cluster(ClusterId=cluster)["Cluster"]["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"grant": "8", "owner": "lake"}


def test_a_cluster_shows_the_machine_as_its_one_instance(emr: Emr) -> None:
    cluster = emr.cluster(Instances={"MasterInstanceType": "m7g.2xlarge"})
    emr.wait(cluster, "WAITING")
    [group] = emr.api.list_instance_groups(ClusterId=cluster)["InstanceGroups"]
    assert (
        group["InstanceGroupType"],
        group["InstanceType"],
        group["RunningInstanceCount"],
    ) == (
        "MASTER",
        "m7g.2xlarge",
        1,
    )
    [instance] = emr.api.list_instances(ClusterId=cluster)["Instances"]
    assert instance["InstanceGroupId"] == group["Id"]
    assert instance["Status"]["State"] == "RUNNING"
