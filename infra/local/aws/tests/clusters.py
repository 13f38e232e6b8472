"""EMR as its tests speak of it: clusters, steps by what their spark-submit does, waits for states."""

import gzip
import os
from pathlib import Path
from typing import Any

from endpoint_process import Endpoint, client, until

FINAL_CLUSTER = ("TERMINATED", "TERMINATED_WITH_ERRORS")
FINAL_STEP = ("COMPLETED", "FAILED", "CANCELLED", "INTERRUPTED")


def step(*verbs: str, name: str = "a step", on_failure: str = "CONTINUE") -> dict[str, Any]:
    return {
        "Name": name,
        "ActionOnFailure": on_failure,
        "HadoopJarStep": {
            "Jar": "command-runner.jar",
            "Args": ["spark-submit", *verbs],
        },
    }


class Emr:
    def __init__(self, endpoint: Endpoint, s3: str) -> None:
        self.api = endpoint.client("emr")
        self.s3 = client("s3", s3)
        self.made: list[str] = []

    def cluster(
        self,
        *steps: dict[str, Any],
        keep: bool = True,
        name: str = "a cluster",
        **request: Any,
    ) -> str:
        instances = {
            "InstanceCount": 1,
            "MasterInstanceType": "m7g.xlarge",
            "KeepJobFlowAliveWhenNoSteps": keep,
        }
        instances |= request.pop("Instances", {})
        answer = self.api.run_job_flow(
            Name=name,
            ReleaseLabel="emr-7.14.0",
            LogUri="s3://lake/logs/",
            Instances=instances,
            Steps=list(steps),
            **request,
        )
        self.made.append(answer["JobFlowId"])
        return answer["JobFlowId"]

    def add(self, cluster: str, *steps: dict[str, Any]) -> list[str]:
        return self.api.add_job_flow_steps(JobFlowId=cluster, Steps=list(steps))["StepIds"]

    def status(self, cluster: str) -> dict[str, Any]:
        return self.api.describe_cluster(ClusterId=cluster)["Cluster"]["Status"]

    def step_ids(self, cluster: str) -> list[str]:
        """In the order in which they were added."""
        return [found["Id"] for found in self.api.list_steps(ClusterId=cluster)["Steps"]][::-1]

    def step_status(self, cluster: str, step_id: str) -> dict[str, Any]:
        return self.api.describe_step(ClusterId=cluster, StepId=step_id)["Step"]["Status"]

    def step_states(self, cluster: str) -> list[str]:
        return [found["Status"]["State"] for found in self.api.list_steps(ClusterId=cluster)["Steps"]][::-1]

    def wait(self, cluster: str, *states: str) -> dict[str, Any]:
        def reached() -> dict[str, Any] | None:
            status = self.status(cluster)
            assert status["State"] not in FINAL_CLUSTER or status["State"] in states, status
            return status if status["State"] in states else None

        return until(reached, what=f"{cluster} in {' or '.join(states)}")

    def wait_step(self, cluster: str, step_id: str, *states: str) -> dict[str, Any]:
        def reached() -> dict[str, Any] | None:
            status = self.step_status(cluster, step_id)
            assert status["State"] not in FINAL_STEP or status["State"] in states, status
            return status if status["State"] in states else None

        return until(reached, what=f"{step_id} in {' or '.join(states)}")

    def log(self, cluster: str, step_id: str, name: str) -> str:
        key = f"logs/{cluster}/steps/{step_id}/{name}.gz"
        return gzip.decompress(self.s3.get_object(Bucket="lake", Key=key)["Body"].read()).decode()

    def end_all(self) -> None:
        """Protection off first, or a test's cluster outlives it."""
        for cluster in self.made:
            if self.status(cluster)["State"] not in (*FINAL_CLUSTER, "TERMINATING"):
                self.api.set_termination_protection(JobFlowIds=[cluster], TerminationProtected=False)
                self.api.terminate_job_flows(JobFlowIds=[cluster])


def pid_in(path: Path) -> int:
    """The pid that a step writes once it runs."""
    return int(until(lambda: path.exists() and path.read_text().strip(), what=f"a pid in {path}"))


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # one that ended and waits for its parent to notice is no longer running
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
