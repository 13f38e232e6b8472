"""One thread for each running step: it starts the process (or finds it again), waits for its end, gathers the logs."""

import json
import logging
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGTERM
from typing import Any

from . import step_wrapper
from .failure_details import describe_exit, failure_of
from .processes import boot_id, end_session, session_members, signal_children, start_token
from .step_logs import LogStore

log = logging.getLogger("podlake_aws.emr")

POLL = 0.1
RETRY = 1.0
# How long a wrapper that a dying endpoint just started may take to say that it is there
ADOPTION_GRACE = 3.0
# The endpoint's own claim, in the stead of a wrapper that never came: the command has not run and will not
NOBODY: dict[str, Any] = {"pid": 0, "startToken": None}
# What stands for a wrapper.json that a power cut emptied: somebody claimed the step, and went down with the machine
LOST: dict[str, Any] = {"pid": 0, "startToken": ""}


@dataclass(frozen=True)
class Outcome:
    """How a step's process ended. `code` is None if nobody was left to record it."""

    code: int | None
    ended: float
    never_started: bool = False
    reason: str = ""
    message: str = ""
    log_name: str = "stderr"
    log_file: str | None = None
    logs_kept: bool = False


class StepWatch(threading.Thread):
    """`prepare` makes what the command needs and returns it; None adopts a step that an earlier endpoint started.

    `on_end` is called from this thread, after the logs are where they belong.
    """

    def __init__(
        self,
        step_id: str,
        folder: Path,
        prepare: Callable[[], dict[str, Any]] | None,
        logs: LogStore,
        log_prefix: str | None,
        kill_grace: float,
        on_end: Callable[[str, Outcome], None],
    ) -> None:
        super().__init__(name=f"step {step_id}", daemon=True)
        self.step_id = step_id
        self.folder = folder
        self.prepare = prepare
        self.logs = logs
        self.log_prefix = log_prefix
        self.kill_grace = kill_grace
        self.on_end = on_end
        self.stopping: str | None = None
        self.interrupted = False
        self.closed = False
        self.poke = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None

    def stop(self, how: str) -> None:
        """SEND_INTERRUPT signals the step's process, TERMINATE_PROCESS kills all of it, END asks first, then kills."""
        self.stopping = how
        self.poke.set()

    def detach(self) -> None:
        """Stops watching and leaves the process alone, for the next endpoint to adopt."""
        self.closed = True
        self.poke.set()

    def run(self) -> None:
        outcome = None
        # the end must be found and told, or the step runs forever: while it cannot be (a full disk), again and again
        while not self.closed:
            try:
                outcome = outcome or self._outcome()
                if outcome is not None:
                    self.on_end(self.step_id, outcome)
                return
            except Exception:
                log.exception("the end of step %s could not be found or saved; trying again", self.step_id)
                self._pause(RETRY)

    def _outcome(self) -> Outcome | None:
        """None if the watch was given up while the step runs. May be called again after an error."""
        if self.prepare is not None and self.process is None and not self._begun(self.prepare):
            # nothing began: the next endpoint finds no wrapper, and starts the step if nobody wanted to stop it
            return None if self.closed else Outcome(None, time.time(), never_started=True)
        outcome = self._wait()
        if outcome is None or outcome.never_started:
            return outcome
        self._end_leftovers()
        return self._with_logs(outcome)

    def _begun(self, prepare: Callable[[], dict[str, Any]]) -> bool:
        """Tries until the machine lets the step begin (a full disk does not); False if it is not wanted any more."""
        while not self.closed:
            try:
                self._start(prepare())
                return True
            except OSError as error:
                if self.stopping:
                    return False
                log.warning("step %s could not be started, trying again: %s", self.step_id, error)
                self._pause(RETRY)
        return False

    def _start(self, command: dict[str, Any]) -> None:
        step_wrapper.write_whole(self.folder / "command.json", command)
        self.process = subprocess.Popen(
            [sys.executable, step_wrapper.__file__, str(self.folder)],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _wait(self) -> Outcome | None:
        began = time.monotonic()
        while not self.closed:
            if self.process:
                self.process.poll()  # else it stays a zombie
            alive = self._wrapper_lives()
            # looked for after the wrapper, which may write it as its last act
            if recorded := self._read("exit.json"):
                return self._recorded(recorded)
            if self._read("wrapper.json") == NOBODY:
                return Outcome(None, time.time(), never_started=True)
            if alive is False:
                return self._died()
            if alive is None and (self.process is None or self.process.returncode is not None):
                given_up = self.process is not None or time.monotonic() - began > ADOPTION_GRACE
                # claimed in the wrapper's stead: should it still come, it will not run the command
                if given_up:
                    step_wrapper.claim(self.folder, NOBODY)
                    continue  # to whoever's claim is there now
            elif alive and self.stopping:
                self._apply_stop()
            self._pause(POLL)
        return None

    def _pause(self, seconds: float) -> None:
        self.poke.wait(seconds)
        self.poke.clear()

    def _wrapper_lives(self) -> bool | None:
        """None: it has not said yet that it is there."""
        wrapper = self._read("wrapper.json")
        if wrapper is None:
            return None
        return start_token(wrapper["pid"]) == wrapper["startToken"] if wrapper["pid"] else False

    def _apply_stop(self) -> None:
        wrapper = self._read("wrapper.json")
        assert wrapper
        if self.stopping == "SEND_INTERRUPT":
            # once: a second signal would cut the program's own clean-up short
            if not self.interrupted and any(p.parent == wrapper["pid"] for p in session_members(wrapper["pid"])):
                signal_children(wrapper["pid"], SIGTERM)
                self.interrupted = True
        else:
            grace = self.kill_grace if self.stopping == "END" else 0
            end_session(wrapper["pid"], spare=wrapper["pid"], grace=grace)

    def _recorded(self, recorded: dict[str, Any]) -> Outcome:
        code = int(recorded["code"])
        self._write_controller(recorded["startedAt"], recorded["endedAt"], describe_exit(code))
        outcome = Outcome(code, float(recorded["endedAt"]))
        if code == 0:
            return outcome
        failure = failure_of(self.folder, code)
        return replace(outcome, reason=failure.reason, message=failure.message, log_name=failure.log_name)

    def _died(self) -> Outcome:
        wrapper = self._read("wrapper.json") or {}
        rebooted = not str(wrapper.get("startToken")).startswith(boot_id())
        why = "the machine was restarted" if rebooted else "the process that ran it was killed"
        message = f"The step ended without an exit code: {why} while it ran."
        self._write_controller(None, time.time(), "ended without an exit code")
        return Outcome(None, time.time(), reason="Unknown Error.", message=message)

    def _end_leftovers(self) -> None:
        """Ends what the step left running, unless the session's number belongs to somebody else by now."""
        wrapper = self._read("wrapper.json")
        if not wrapper or not wrapper["pid"] or not str(wrapper["startToken"]).startswith(boot_id()):
            return
        if start_token(wrapper["pid"]) in (None, wrapper["startToken"]):
            end_session(wrapper["pid"], spare=wrapper["pid"], grace=min(2.0, self.kill_grace))
        if self.process:
            self.process.wait()
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)

    def _write_controller(self, started: float | None, ended: float, how: str) -> None:
        command = self._read("command.json") or {}
        lines = [f"command: {json.dumps(command.get('arguments'))}", f"folder: {self.folder}"]
        if started is not None:
            lines += [f"started: {_clock(started)}", f"seconds: {ended - started:.1f}"]
        lines += [f"ended: {_clock(ended)}", f"the process {how}"]
        try:
            (self.folder / "controller").write_text("\n".join(lines) + "\n", encoding="utf-8")
        except OSError as error:
            log.warning("the controller log of step %s could not be written: %s", self.step_id, error)

    def _with_logs(self, outcome: Outcome) -> Outcome:
        kept = self.logs.put(self.log_prefix, self.folder) if self.log_prefix else False
        log_file = f"{self.log_prefix}{outcome.log_name}.gz" if kept else None
        return replace(outcome, log_file=log_file, logs_kept=kept)

    def _read(self, name: str) -> dict[str, Any] | None:
        """None if it is not there. All are written whole: one that is empty or no JSON is what a power cut left."""
        try:
            return json.loads((self.folder / name).read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            return LOST if name == "wrapper.json" else None


def _clock(instant: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(instant))
