"""Cancelling steps and ending clusters: nothing that a step started is left."""

import os
import signal
from pathlib import Path

from clusters import Emr, gone, pid_in, step
from endpoint_process import until


def test_terminating_a_cluster_ends_the_step_s_process_and_its_children(emr: Emr, tmp_path: Path) -> None:
    child, own = tmp_path / "child", tmp_path / "own"
    cluster = emr.cluster(step(f"append:{own}", f"child:{child}", "sleep:600"))
    pids = [pid_in(own), pid_in(child)]
    emr.api.terminate_job_flows(JobFlowIds=[cluster])
    emr.wait(cluster, "TERMINATED")
    assert all(gone(pid) for pid in pids)


def test_a_step_that_ignores_the_request_to_end_is_killed(emr: Emr, tmp_path: Path) -> None:
    own = tmp_path / "own"
    cluster = emr.cluster(step("stubborn", f"append:{own}", "sleep:600"))
    pid = pid_in(own)
    emr.api.terminate_job_flows(JobFlowIds=[cluster])
    emr.wait(cluster, "TERMINATED")
    assert gone(pid)


def test_what_a_completed_step_left_running_is_ended(emr: Emr, tmp_path: Path) -> None:
    child = tmp_path / "child"
    cluster = emr.cluster(step(f"child:{child}"))
    emr.wait_step(cluster, emr.step_ids(cluster)[0], "COMPLETED")
    assert gone(pid_in(child))


def test_cancelling_a_pending_step_takes_it_from_the_queue(emr: Emr, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    cluster = emr.cluster(step("sleep:0.5"), step(f"append:{ran}"), step("say:on"), keep=False)
    _, second, _ = emr.step_ids(cluster)
    [answer] = emr.api.cancel_steps(ClusterId=cluster, StepIds=[second])["CancelStepsInfoList"]
    assert answer == {"StepId": second, "Status": "SUBMITTED"}
    emr.wait(cluster, "TERMINATED")
    assert emr.step_states(cluster) == ["COMPLETED", "CANCELLED", "COMPLETED"]
    assert not ran.exists()


def test_cancelling_a_running_step_interrupts_it_and_triggers_no_action_on_failure(emr: Emr, tmp_path: Path) -> None:
    own, child = tmp_path / "own", tmp_path / "child"
    running = step(f"append:{own}", f"child:{child}", "sleep:600", on_failure="TERMINATE_CLUSTER")
    cluster = emr.cluster(running, step("say:on"))
    pids = [pid_in(own), pid_in(child)]
    first, second = emr.step_ids(cluster)
    emr.api.cancel_steps(ClusterId=cluster, StepIds=[first], StepCancellationOption="SEND_INTERRUPT")
    emr.wait_step(cluster, first, "CANCELLED")
    assert all(gone(pid) for pid in pids)
    emr.wait_step(cluster, second, "COMPLETED")
    assert emr.wait(cluster, "WAITING")


def test_an_interrupt_may_be_ignored_but_terminate_process_may_not(emr: Emr, tmp_path: Path) -> None:
    own = tmp_path / "own"
    cluster = emr.cluster(step("stubborn", f"append:{own}", "sleep:600"))
    pid = pid_in(own)
    [step_id] = emr.step_ids(cluster)
    emr.api.cancel_steps(ClusterId=cluster, StepIds=[step_id], StepCancellationOption="SEND_INTERRUPT")
    assert emr.step_status(cluster, step_id)["State"] == "RUNNING"
    assert not gone(pid)
    emr.api.cancel_steps(ClusterId=cluster, StepIds=[step_id], StepCancellationOption="TERMINATE_PROCESS")
    emr.wait_step(cluster, step_id, "CANCELLED")
    assert gone(pid)


def test_a_step_that_ended_cannot_be_cancelled(emr: Emr) -> None:
    cluster = emr.cluster(step("say:done"))
    [step_id] = emr.step_ids(cluster)
    emr.wait_step(cluster, step_id, "COMPLETED")
    [answer] = emr.api.cancel_steps(ClusterId=cluster, StepIds=[step_id])["CancelStepsInfoList"]
    assert answer["Status"] == "FAILED"
    assert "COMPLETED" in answer["Reason"]


def test_a_step_whose_process_is_killed_by_someone_else_fails_and_says_so(emr: Emr, tmp_path: Path) -> None:
    own = tmp_path / "own"
    cluster = emr.cluster(step(f"append:{own}", "sleep:600"))
    os.kill(pid_in(own), signal.SIGKILL)
    [step_id] = emr.step_ids(cluster)
    details = emr.wait_step(cluster, step_id, "FAILED")["FailureDetails"]
    assert details["Reason"] == "Unknown Error."
    assert "signal 9" in details["Message"]
    assert until(lambda: emr.status(cluster)["State"] == "WAITING")
