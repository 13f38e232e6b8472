"""The endpoint is killed while steps run: the steps go on, and the next endpoint knows them by their ids."""

import json
import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from clusters import Emr, gone, pid_in, step
from endpoint_process import Endpoint, until


@pytest.fixture
def endpoint(new_endpoint: Callable[..., Endpoint], fake_spark_home: Path, versitygw: str) -> Endpoint:
    return new_endpoint(sparkHome=str(fake_spark_home), s3Endpoint=versitygw)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_running_step_goes_on_and_is_adopted_under_its_id(
    endpoint: Endpoint, versitygw: str, tmp_path: Path, how: signal.Signals
) -> None:
    runs, go = tmp_path / "runs", tmp_path / "go"
    emr = Emr(endpoint, versitygw)
    cluster = emr.cluster(step(f"append:{runs}", f"await:{go}", "say:survived"), step("say:next"))
    first, second = emr.step_ids(cluster)
    pid = pid_in(runs)
    started = emr.step_status(cluster, first)["Timeline"]["StartDateTime"]
    endpoint.end(how)
    os.kill(pid, 0)  # it still runs
    endpoint.start()

    status = emr.step_status(cluster, first)
    assert (status["State"], status["Timeline"]["StartDateTime"]) == ("RUNNING", started)
    go.touch()
    emr.wait_step(cluster, first, "COMPLETED")
    emr.wait_step(cluster, second, "COMPLETED")
    assert emr.log(cluster, first, "stdout") == "survived\n"
    assert runs.read_text().splitlines() == [str(pid)], "the step ran once"


def test_a_step_that_ended_while_no_endpoint_ran_keeps_its_exit_code(
    endpoint: Endpoint, versitygw: str, tmp_path: Path
) -> None:
    emr = Emr(endpoint, versitygw)
    good, bad, go = tmp_path / "good", tmp_path / "bad", tmp_path / "go"
    cluster = emr.cluster(
        step(f"append:{good}", f"await:{go}"),
        step(f"append:{bad}", f"await:{go}", "raise:too late"),
        StepConcurrencyLevel=2,
    )
    first, second = emr.step_ids(cluster)
    pids = [pid_in(good), pid_in(bad)]
    endpoint.end(signal.SIGKILL)
    go.touch()
    folders = endpoint.state_dir / "emr" / cluster / "steps"
    until(
        lambda: all((folders / s / "1" / "exit.json").exists() for s in (first, second)),
        what=f"the end of {pids}",
    )
    endpoint.start()
    emr.wait_step(cluster, first, "COMPLETED")
    assert emr.wait_step(cluster, second, "FAILED")["FailureDetails"]["Message"] == "ValueError: too late"


def test_a_step_whose_machine_went_down_fails_with_that_reason_and_is_not_run_again(
    endpoint: Endpoint, versitygw: str, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    emr = Emr(endpoint, versitygw)
    cluster = emr.cluster(step(f"append:{runs}", "sleep:600"))
    [step_id] = emr.step_ids(cluster)
    pid = pid_in(runs)
    endpoint.end(signal.SIGKILL)
    folder = endpoint.state_dir / "emr" / cluster / "steps" / step_id / "1"
    wrapper = json.loads((folder / "wrapper.json").read_text())
    # as after a power cut: all processes gone at once, and the boot is another one
    os.kill(wrapper["pid"], signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    (folder / "wrapper.json").write_text(json.dumps(wrapper | {"startToken": "an-earlier-boot:1"}))
    endpoint.start()
    details = emr.wait_step(cluster, step_id, "FAILED")["FailureDetails"]
    assert "the machine was restarted" in details["Message"]
    assert len(runs.read_text().splitlines()) == 1


def test_a_step_whose_record_a_power_cut_emptied_fails_as_well(
    endpoint: Endpoint, versitygw: str, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    emr = Emr(endpoint, versitygw)
    cluster = emr.cluster(step(f"append:{runs}", "sleep:600"))
    [step_id] = emr.step_ids(cluster)
    pid = pid_in(runs)
    endpoint.end(signal.SIGKILL)
    folder = endpoint.state_dir / "emr" / cluster / "steps" / step_id / "1"
    os.kill(json.loads((folder / "wrapper.json").read_text())["pid"], signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    for name in ("wrapper.json", "exit.json"):
        (folder / name).write_bytes(b"")
    endpoint.start()
    details = emr.wait_step(cluster, step_id, "FAILED")["FailureDetails"]
    assert "ended without an exit code: the machine was restarted" in details["Message"]
    assert len(runs.read_text().splitlines()) == 1


def test_a_step_whose_wrapper_was_killed_is_ended_whole_and_fails(
    endpoint: Endpoint, versitygw: str, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    emr = Emr(endpoint, versitygw)
    cluster = emr.cluster(step(f"append:{runs}", "sleep:600"))
    [step_id] = emr.step_ids(cluster)
    pid = pid_in(runs)
    wrapper = endpoint.state_dir / "emr" / cluster / "steps" / step_id / "1" / "wrapper.json"
    os.kill(json.loads(wrapper.read_text())["pid"], signal.SIGKILL)
    details = emr.wait_step(cluster, step_id, "FAILED")["FailureDetails"]
    assert "the process that ran it was killed" in details["Message"]
    assert gone(pid)


def test_a_step_that_was_never_started_when_the_endpoint_died_runs_once(
    endpoint: Endpoint, versitygw: str, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    emr = Emr(endpoint, versitygw)
    cluster = emr.cluster(step("sleep:600"), step(f"append:{runs}"))
    first, second = emr.step_ids(cluster)
    emr.wait_step(cluster, first, "RUNNING")
    endpoint.end(signal.SIGKILL)
    # its row says RUNNING and there is no process: what a kill between the two leaves
    with sqlite3.connect(endpoint.state_dir / "emr.sqlite") as database:
        database.execute(
            "update steps set state = 'RUNNING', document = json_set(document, '$.State', 'RUNNING') where id = ?",
            (second,),
        )
    (endpoint.state_dir / "emr" / cluster / "steps" / second / "1").mkdir(parents=True)
    endpoint.start()
    emr.api.cancel_steps(ClusterId=cluster, StepIds=[first], StepCancellationOption="TERMINATE_PROCESS")
    emr.wait_step(cluster, second, "COMPLETED")
    assert len(runs.read_text().splitlines()) == 1


def test_a_cluster_that_was_being_terminated_is_terminated_by_the_next_endpoint(
    endpoint: Endpoint, versitygw: str, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    emr = Emr(endpoint, versitygw)
    cluster = emr.cluster(step("stubborn", f"append:{own}", "sleep:600"))
    pid = pid_in(own)
    emr.api.terminate_job_flows(JobFlowIds=[cluster])
    endpoint.end(signal.SIGKILL)
    endpoint.start()
    emr.wait(cluster, "TERMINATED")
    assert emr.step_states(cluster) == ["INTERRUPTED"]
    assert gone(pid)


def test_acknowledged_clusters_and_steps_are_there_after_a_kill(endpoint: Endpoint, versitygw: str) -> None:
    emr = Emr(endpoint, versitygw)
    cluster = emr.cluster(step("sleep:600"), Tags=[{"Key": "grant", "Value": "7"}])
    added = emr.add(cluster, *[step("say:x", name=f"{n}") for n in range(20)])
    endpoint.end(signal.SIGKILL)
    endpoint.start()
    assert emr.step_ids(cluster)[1:] == added
    assert emr.api.describe_cluster(ClusterId=cluster)["Cluster"]["Tags"] == [{"Key": "grant", "Value": "7"}]
    emr.end_all()
    emr.wait(cluster, "TERMINATED")
