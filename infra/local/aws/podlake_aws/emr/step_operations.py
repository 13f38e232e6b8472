"""EMR's operations on steps. Each takes the request's members and returns the answer's."""

from typing import Any

from . import views
from .cluster_operations import OPEN, ClusterOperations
from .engine import Engine
from .paging import PAGE, next_marker, row_number
from .requests import MAX_ACTIVE_STEPS, invalid, invalid_request, steps_from
from .store import Document

STATES = ("PENDING", "CANCEL_PENDING", "RUNNING", "COMPLETED", "CANCELLED", "FAILED", "INTERRUPTED")
CANCELLATIONS = ("SEND_INTERRUPT", "TERMINATE_PROCESS")
MAX_STEP_IDS = 10


class StepOperations:
    def __init__(self, engine: Engine, clusters: ClusterOperations) -> None:
        self.engine = engine
        self.store = engine.store
        self.clusters = clusters

    def find(self, cluster_id: str, step_id: str) -> Document:
        step = self.store.step(step_id)
        if step is None or step["ClusterId"] != cluster_id:
            raise invalid_request(f"Step id '{step_id}' is not valid.")
        return step

    def add_job_flow_steps(self, payload: dict[str, Any]) -> dict[str, Any]:
        if payload.get("ExecutionRoleArn"):
            raise invalid("The local EMR does not do ExecutionRoleArn: steps run as the user of this machine.")
        with self.engine.lock, self.store.transaction():
            cluster = self.clusters.find(payload["JobFlowId"])
            if cluster["State"] not in OPEN:
                raise invalid("A job flow that is shutting down, terminated, or finished may not be modified.")
            steps = steps_from(payload["Steps"], cluster["Id"])
            if len(self.store.active_steps(cluster["Id"])) + len(steps) > MAX_ACTIVE_STEPS:
                raise invalid("Maximum number of active steps for job flow exceeded.")
            for step in steps:
                self.store.add_step(step)
            self.engine.wake.notify_all()
        return {"StepIds": [step["Id"] for step in steps]}

    def describe_step(self, payload: dict[str, Any]) -> dict[str, Any]:
        with self.engine.lock:
            self.clusters.find(payload["ClusterId"])
            return {"Step": views.step_summary(self.find(payload["ClusterId"], payload["StepId"]))}

    def list_steps(self, payload: dict[str, Any]) -> dict[str, Any]:
        states, ids = payload.get("StepStates") or [], payload.get("StepIds") or []
        unknown = sorted(set(states) - set(STATES))
        if unknown:
            raise invalid_request(f"Step state '{unknown[0]}' is not valid; there are {', '.join(STATES)}.")
        if len(ids) > MAX_STEP_IDS:
            raise invalid_request(f"At most {MAX_STEP_IDS} step ids may be given, there are {len(ids)}.")
        with self.engine.lock:
            cluster = self.clusters.find(payload["ClusterId"])
            if ids:
                # in the order in which they were asked for
                found = [self.find(cluster["Id"], step_id) for step_id in ids]
                page, number = [step for step in found if not states or step["State"] in states], None
            else:
                page, number = self.store.page_of_steps(cluster["Id"], states, row_number(payload.get("Marker")), PAGE)
        return {"Steps": [views.step_summary(step) for step in page], **next_marker(number)}

    def cancel_steps(self, payload: dict[str, Any]) -> dict[str, Any]:
        how = payload.get("StepCancellationOption", "SEND_INTERRUPT")
        if how not in CANCELLATIONS:
            raise invalid_request(f"StepCancellationOption must be one of {', '.join(CANCELLATIONS)}, it is {how!r}.")
        with self.engine.lock, self.store.transaction():
            cluster = self.clusters.find(payload["ClusterId"])
            answers = [self._cancel(self.find(cluster["Id"], step_id), how) for step_id in payload["StepIds"]]
            self.engine.wake.notify_all()
        return {"CancelStepsInfoList": answers}

    def _cancel(self, step: Document, how: str) -> dict[str, Any]:
        if step["State"] == "PENDING":
            self.engine.end_step(step, "CANCELLED", "Cancelled by user")
        elif step["State"] == "RUNNING" and step["Stopping"] != "END":
            self.engine.stop_step(step, how)
        else:
            reason = f"Step is in {step['State']} state and cannot be cancelled."
            return {"StepId": step["Id"], "Status": "FAILED", "Reason": reason}
        return {"StepId": step["Id"], "Status": "SUBMITTED"}
