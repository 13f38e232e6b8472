"""Processes as the kernel knows them: whether one is still the one we started, and all that a session holds.

A pid alone proves nothing after a reboot or a long run, so that a process is named by its pid and a start token.
"""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple


class Process(NamedTuple):
    pid: int
    parent: int
    session: int


def has_proc() -> bool:
    """Linux shows processes as files; elsewhere `ps` is asked, which is slower."""
    return Path("/proc/self/stat").exists()


def start_token(pid: int) -> str | None:
    """What sets this incarnation of the pid apart from all others; None if no such process lives (a zombie does not).

    On Linux: the boot's id and the start in ticks since it, which no change of the clock can move.
    """
    if has_proc():
        fields = _stat(pid)
        if fields is None or fields[0] == "Z":
            return None
        return f"{boot_id()}:{fields[19]}"
    shown = subprocess.run(["ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = shown.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else f"{boot_id()}:{started.strip()}"


def boot_id() -> str:
    source = Path("/proc/sys/kernel/random/boot_id")
    if source.exists():
        return source.read_text().strip()
    # not kern.boottime, which moves when the clock is set
    shown = subprocess.run(["sysctl", "-n", "kern.bootsessionuuid"], capture_output=True, text=True, check=False)
    return shown.stdout.strip()


def session_members(leader: int) -> list[Process]:
    """Every live process of the session that `leader` began, whichever parent or process group it has by now."""
    if has_proc():
        found = []
        for entry in os.listdir("/proc"):
            fields = _stat(int(entry)) if entry.isdigit() else None
            if fields is not None and fields[0] != "Z" and int(fields[3]) == leader:
                found.append(Process(int(entry), int(fields[1]), leader))
        return found
    # Elsewhere ps shows no session numbers: the leader's process group and all that descends from it.
    shown = subprocess.run(["ps", "-axo", "pid=,ppid=,pgid=,state="], capture_output=True, text=True, check=True)
    lines = [line.split() for line in shown.stdout.splitlines()]
    rows = [(int(pid), int(parent), int(group)) for pid, parent, group, state in lines if state[0] != "Z"]
    members = {pid for pid, _, group in rows if group == leader}
    grew = True
    while grew:
        children = {pid for pid, parent, _ in rows if parent in members} - members
        members |= children
        grew = bool(children)
    return [Process(pid, parent, leader) for pid, parent, _ in rows if pid in members]


def end_session(leader: int, spare: int | None, grace: float) -> bool:
    """Asks every process of the session to end, then makes it; `spare` (the one that records the end) is let be.

    Returns whether all are gone.
    """

    def rest() -> list[Process]:
        return [process for process in session_members(leader) if process.pid != spare]

    _signal_all(rest(), signal.SIGTERM)
    deadline = time.monotonic() + grace
    while rest() and time.monotonic() < deadline:
        time.sleep(0.05)
    deadline = time.monotonic() + 5
    # again and again: what is forked while the list is read must not get away
    while left := rest():
        _signal_all(left, signal.SIGKILL)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def signal_children(parent: int, number: signal.Signals) -> None:
    """Signals the direct children of a session's leader alone."""
    _signal_all([process for process in session_members(parent) if process.parent == parent], number)


def _signal_all(processes: list[Process], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat after the name: state, parent, group, session, ... start ticks at 19."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text[text.rindex(")") + 2 :].split()
