"""Steps are processes: their states, order, concurrency, environment and what a failure does to the rest."""

import time
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from clusters import Emr, step
from endpoint_process import Endpoint, until


def test_a_step_runs_to_its_end_and_its_logs_lie_where_emr_puts_them(emr: Emr) -> None:
    cluster = emr.cluster(step("say:twelve rows", "complain:slow disk", "sleep:0.3"))
    [step_id] = emr.step_ids(cluster)
    timeline = emr.wait_step(cluster, step_id, "COMPLETED")["Timeline"]
    assert timeline["CreationDateTime"] <= timeline["StartDateTime"]
    assert timeline["EndDateTime"] - timeline["StartDateTime"] >= timedelta(seconds=0.3)
    assert emr.log(cluster, step_id, "stdout") == "twelve rows\n"
    assert emr.log(cluster, step_id, "stderr") == "slow disk\n"
    assert "exit code 0" in emr.log(cluster, step_id, "controller")


def test_steps_run_one_after_the_other_in_the_order_they_were_added(emr: Emr, tmp_path: Path) -> None:
    order = tmp_path / "order"
    cluster = emr.cluster(
        *[step("sleep:0.1", f"append:{order}", f"say:{n}") for n in range(3)],
        keep=False,
    )
    emr.wait(cluster, "TERMINATED")
    starts = [emr.step_status(cluster, s)["Timeline"] for s in emr.step_ids(cluster)]
    assert all(one["EndDateTime"] <= next_one["StartDateTime"] for one, next_one in pairwise(starts))
    assert len(order.read_text().splitlines()) == 3


def test_as_many_steps_run_side_by_side_as_the_concurrency_level_says(emr: Emr) -> None:
    cluster = emr.cluster(*[step("sleep:60") for _ in range(3)], StepConcurrencyLevel=2)
    until(lambda: emr.step_states(cluster) == ["RUNNING", "RUNNING", "PENDING"])
    time.sleep(0.3)
    assert emr.step_states(cluster) == ["RUNNING", "RUNNING", "PENDING"]
    assert emr.api.modify_cluster(ClusterId=cluster, StepConcurrencyLevel=3)["StepConcurrencyLevel"] == 3
    until(lambda: emr.step_states(cluster) == ["RUNNING"] * 3)


def test_continue_goes_on_after_a_failure(emr: Emr) -> None:
    cluster = emr.cluster(step("exit:1", on_failure="CONTINUE"), step("say:on"))
    emr.wait(cluster, "WAITING")
    assert emr.step_states(cluster) == ["FAILED", "COMPLETED"]


def test_cancel_and_wait_cancels_the_rest_and_keeps_the_cluster(emr: Emr) -> None:
    failing = step("sleep:0.2", "exit:1", on_failure="CANCEL_AND_WAIT")
    cluster = emr.cluster(failing, step("say:never"), step("say:never"), keep=False)
    emr.wait(cluster, "WAITING")
    assert emr.step_states(cluster) == ["FAILED", "CANCELLED", "CANCELLED"]
    [later] = emr.add(cluster, step("say:on"))
    emr.wait_step(cluster, later, "COMPLETED")


def test_terminate_cluster_ends_it_with_errors(emr: Emr) -> None:
    failing = step("sleep:0.2", "exit:1", on_failure="TERMINATE_CLUSTER")
    cluster = emr.cluster(failing, step("say:never"))
    reason = emr.wait(cluster, "TERMINATED_WITH_ERRORS")["StateChangeReason"]
    assert reason == {"Code": "STEP_FAILURE", "Message": "Shut down as step failed"}
    assert emr.step_states(cluster) == ["FAILED", "CANCELLED"]


def test_termination_protection_outweighs_a_failed_step(emr: Emr) -> None:
    failing = step("exit:1", on_failure="TERMINATE_CLUSTER")
    cluster = emr.cluster(failing, Instances={"TerminationProtected": True})
    emr.wait(cluster, "WAITING")
    assert emr.step_states(cluster) == ["FAILED"]


def test_a_step_sees_what_emr_would_give_it_and_nothing_of_the_stack_s_shell(
    emr: Emr,
) -> None:
    names = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "EMR_STEP_ID", "PYTHONPATH"]
    cluster = emr.cluster(step(*[f"environment:{name}" for name in names]))
    [step_id] = emr.step_ids(cluster)
    emr.wait_step(cluster, step_id, "COMPLETED")
    # the endpoint itself runs with a PYTHONPATH
    assert emr.log(cluster, step_id, "stdout").splitlines() == [
        "us-east-1",
        "podlake",
        step_id,
        "None",
    ]


def test_ended_steps_leave_no_scratch_files(emr: Emr, endpoint: Endpoint) -> None:
    cluster = emr.cluster(step("say:done"), keep=False)
    emr.wait(cluster, "TERMINATED")
    left = [path for path in (endpoint.state_dir / "emr" / cluster).rglob("*") if path.is_file()]
    assert until(lambda: [path for path in left if path.exists()] == [])


def test_a_step_whose_spark_submit_is_not_there_fails_and_says_so(
    new_endpoint: Callable[..., Endpoint], versitygw: str
) -> None:
    emr = Emr(new_endpoint(sparkHome="/no/spark/here", s3Endpoint=versitygw), versitygw)
    cluster = emr.cluster(step("say:x"))
    [step_id] = emr.step_ids(cluster)
    details = emr.wait_step(cluster, step_id, "FAILED")["FailureDetails"]
    assert "/no/spark/here/bin/spark-submit cannot be started" in details["Message"]
