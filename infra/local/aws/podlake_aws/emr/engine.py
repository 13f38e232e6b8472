"""What moves clusters and steps from state to state. One thread, woken by requests, by ends of steps and by time."""

import logging
import shutil
import threading
import time
from pathlib import Path

from ..configuration import Configuration
from .spark_submit import command, spark_defaults, write_configuration_folder
from .step_logs import LogStore, steps_prefix
from .step_watch import Outcome, StepWatch
from .store import Document, Store

log = logging.getLogger("podlake_aws.emr")

CLOSE_WAIT = 3.0
# ActionOnFailure's older name is still taken by EMR
TERMINATING_ACTIONS = ("TERMINATE_CLUSTER", "TERMINATE_JOB_FLOW")


class Engine:
    """All reads and writes of the store happen under `lock`; what a request changes is on disk when it returns."""

    def __init__(self, configuration: Configuration, store: Store) -> None:
        self.configuration = configuration
        self.store = store
        self.lock = threading.RLock()
        self.wake = threading.Condition(self.lock)
        self.watches: dict[str, StepWatch] = {}
        self.to_start: list[StepWatch] = []
        # When a cluster came into its state, on the clock that nobody sets; a restart begins anew.
        self.entered: dict[str, tuple[str, float]] = {}
        self.logs = LogStore(configuration)
        self.closed = False
        self.thread = threading.Thread(target=self._loop, name="emr engine", daemon=True)

    def start(self) -> None:
        with self.lock:
            for cluster in self.store.live_clusters():
                for step in self.store.active_steps(cluster["Id"]):
                    if step["State"] == "RUNNING":
                        log.info("adopting step %s (%s) of cluster %s", step["Id"], step["Name"], cluster["Id"])
                        self._watch(cluster, step, start=False)
            self._start_watches()
        self.thread.start()

    def close(self) -> None:
        with self.lock:
            self.closed = True
            self.wake.notify_all()
            watches = list(self.watches.values())
        self.thread.join()
        for watch in watches:
            watch.detach()
        # One that is ending a step or putting its logs takes its time; what it leaves undone the next endpoint does.
        deadline = time.monotonic() + CLOSE_WAIT
        for watch in watches:
            watch.join(max(0.0, deadline - time.monotonic()))

    def _loop(self) -> None:
        with self.lock:
            while not self.closed:
                due = None
                for cluster in self.store.live_clusters():
                    try:
                        with self.store.transaction():
                            wait = self._advance(cluster)
                        self._start_watches()
                    except Exception:
                        self.to_start.clear()
                        log.exception("cluster %s could not be moved on; trying again", cluster["Id"])
                        wait = 1.0
                    due = wait if due is None else due if wait is None else min(due, wait)
                if not self.closed:
                    self.wake.wait(due)

    def _advance(self, cluster: Document) -> float | None:
        """Moves a cluster as far as it can go now; returns the seconds until time alone moves it on, None: never."""
        times = self.configuration.emr
        while True:
            elapsed = self._time_in_state(cluster)
            state = cluster["State"]
            if state == "STARTING":
                if elapsed < times.starting:
                    return times.starting - elapsed
                self.move(cluster, "BOOTSTRAPPING")
            elif state == "BOOTSTRAPPING":
                if elapsed < times.bootstrapping:
                    return times.bootstrapping - elapsed
                cluster["Ready"] = time.time()
                self.move(cluster, "RUNNING", message="Running step")
            elif state == "TERMINATING":
                if any(step["State"] == "RUNNING" for step in self.store.active_steps(cluster["Id"])):
                    return None
                if elapsed < times.terminating:
                    return times.terminating - elapsed
                cluster["Ended"] = time.time()
                final = "TERMINATED_WITH_ERRORS" if cluster["EndsWithErrors"] else "TERMINATED"
                self.move(cluster, final, **cluster["Reason"])
                shutil.rmtree(self._conf_dir(cluster["Id"]), ignore_errors=True)
                return None
            elif not self._run_steps(cluster):
                return self._idle(cluster)
            else:
                return None

    def _run_steps(self, cluster: Document) -> bool:
        """Starts what may run; says whether anything runs."""
        active = self.store.active_steps(cluster["Id"])
        running = sum(step["State"] == "RUNNING" for step in active)
        for step in active:
            if step["State"] == "PENDING" and running < cluster["StepConcurrencyLevel"]:
                running += 1
                step["State"] = "RUNNING"
                step["Started"] = time.time()
                self.store.save_step(step)
                self._watch(cluster, step, start=True)
        if running and cluster["State"] != "RUNNING":
            self.move(cluster, "RUNNING", message="Running step")
        return running > 0

    def _idle(self, cluster: Document) -> float | None:
        if not cluster["KeepAlive"]:
            self.begin_termination(cluster, "ALL_STEPS_COMPLETED", "Steps completed")
            return 0
        if cluster["State"] != "WAITING":
            last = self.store.last_ended_step(cluster["Id"])
            after = f" after last step {last['State'].lower()}." if last else " to run steps."
            self.move(cluster, "WAITING", message=f"Cluster ready{after}")
        limit = cluster["IdleTimeout"]
        if limit is None:
            return None
        left = limit - self._time_in_state(cluster)
        if left > 0:
            return left
        self.begin_termination(cluster, "ALL_STEPS_COMPLETED", f"Auto-terminated after {limit} seconds without work")
        return 0

    def move(self, cluster: Document, state: str, code: str | None = None, message: str | None = None) -> None:
        log.info("cluster %s (%s): %s to %s", cluster["Id"], cluster["Name"], cluster["State"], state)
        cluster["State"] = state
        cluster["Reason"] = {key: value for key, value in (("code", code), ("message", message)) if value}
        self.store.save_cluster(cluster)
        self.entered[cluster["Id"]] = (state, time.monotonic())

    def begin_termination(self, cluster: Document, code: str, message: str, errors: bool = False) -> None:
        """From here the cluster takes no more steps; those that run are ended, it itself once they are gone."""
        cluster["EndsWithErrors"] = errors
        if code == "ALL_STEPS_COMPLETED" and self.store.has_failed_step(cluster["Id"]):
            message += " with errors"
        self.move(cluster, "TERMINATING", code, message)
        for step in self.store.active_steps(cluster["Id"]):
            if step["State"] == "PENDING":
                self.end_step(step, "CANCELLED", message="Job terminated")
            else:
                self.stop_step(step, "END")
        self.wake.notify_all()

    def stop_step(self, step: Document, how: str) -> None:
        """The request is kept with the step, so that an endpoint that adopts it goes on with stopping it."""
        step["Stopping"] = how
        self.store.save_step(step)
        if watch := self.watches.get(step["Id"]):
            watch.stop(how)

    def end_step(self, step: Document, state: str, message: str | None = None) -> None:
        log.info("step %s (%s): %s to %s", step["Id"], step["Name"], step["State"], state)
        step["State"] = state
        step["Message"] = message
        step["Ended"] = step.get("Ended") or time.time()
        self.store.save_step(step)

    def _watch(self, cluster: Document, step: Document, start: bool) -> None:
        conf_dir = self._conf_dir(cluster["Id"])
        folder = self._step_folder(step)

        def prepare() -> Document:
            folder.mkdir(parents=True, exist_ok=True)
            write_configuration_folder(conf_dir, spark_defaults(self.configuration, cluster["SparkDefaults"]))
            return command(self.configuration, step["Arguments"], conf_dir, folder, cluster["Id"], step["Id"])

        log_uri = cluster["LogUri"]
        prefix = steps_prefix(log_uri, cluster["Id"], step["Id"]) if log_uri else None
        grace = self.configuration.emr.kill_grace
        to_prepare = prepare if start else None
        watch = StepWatch(step["Id"], folder, to_prepare, self.logs, prefix, grace, self._step_ended)
        if step.get("Stopping"):
            watch.stop(step["Stopping"])
        self.to_start.append(watch)

    def _start_watches(self) -> None:
        """After the commit alone: a step that runs while its row says PENDING would be started twice."""
        for watch in self.to_start:
            self.watches[watch.step_id] = watch
            watch.start()
        self.to_start.clear()

    def _step_ended(self, step_id: str, outcome: Outcome) -> None:
        with self.lock, self.store.transaction():
            step = self.store.step(step_id)
            assert step
            cluster = self.store.cluster(step["ClusterId"])
            assert cluster
            self.watches.pop(step_id, None)
            folder = self._step_folder(step)
            if outcome.never_started and not step.get("Stopping"):
                # proved not to have begun: it may be started without running twice
                step["State"] = "PENDING"
                step["Launches"] += 1
                self.store.save_step(step)
            else:
                self._settle(cluster, step, outcome)
            self.wake.notify_all()
        if outcome.logs_kept:
            shutil.rmtree(folder.parent, ignore_errors=True)

    def _settle(self, cluster: Document, step: Document, outcome: Outcome) -> None:
        step["Ended"] = outcome.ended
        if step.get("Stopping") == "END":
            self.end_step(step, "INTERRUPTED", "The cluster was terminated while the step ran")
        elif step.get("Stopping"):
            # as on EMR, a cancelled step triggers no ActionOnFailure
            self.end_step(step, "CANCELLED", "Cancelled by user")
        elif outcome.code == 0:
            self.end_step(step, "COMPLETED")
        else:
            details = {"Reason": outcome.reason, "Message": outcome.message, "LogFile": outcome.log_file}
            step["FailureDetails"] = {key: value for key, value in details.items() if value}
            self.end_step(step, "FAILED")
            if cluster["State"] != "TERMINATING":
                self._on_failure(cluster, step)

    def _on_failure(self, cluster: Document, step: Document) -> None:
        action = step["ActionOnFailure"]
        if action in TERMINATING_ACTIONS and not cluster["TerminationProtected"]:
            self.begin_termination(cluster, "STEP_FAILURE", "Shut down as step failed", errors=True)
        elif action != "CONTINUE":
            # CANCEL_AND_WAIT, and what EMR makes of TERMINATE_CLUSTER under termination protection
            for pending in self.store.active_steps(cluster["Id"]):
                if pending["State"] == "PENDING":
                    self.end_step(pending, "CANCELLED", f"Step {step['Id']} failed")
            cluster["KeepAlive"] = True
            self.store.save_cluster(cluster)

    def _time_in_state(self, cluster: Document) -> float:
        now = time.monotonic()
        state, since = self.entered.get(cluster["Id"], (None, now))
        if state != cluster["State"]:
            since = now
            self.entered[cluster["Id"]] = (cluster["State"], now)
        return now - since

    def _conf_dir(self, cluster_id: str) -> Path:
        return self.configuration.state_dir.absolute() / "emr" / cluster_id / "conf"

    def _step_folder(self, step: Document) -> Path:
        root = self.configuration.state_dir.absolute() / "emr" / step["ClusterId"] / "steps"
        return root / step["Id"] / str(step["Launches"])
