"""Naming and ending processes, with Linux's /proc and with the `ps` of other systems."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from clusters import gone, pid_in
from endpoint_process import until

from podlake_aws.emr import processes

# a leader with a child in a process group of its own
FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen(["sleep", "600"], preexec_fn=os.setpgrp)
with open(sys.argv[1], "w") as file:
    file.write(str(child.pid))
time.sleep(600)
"""


@pytest.fixture(params=["proc", "ps"])
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "ps":
        monkeypatch.setattr(processes, "has_proc", lambda: False)
        monkeypatch.setattr(processes, "boot_id", lambda: "this boot")
    return request.param


@pytest.fixture
def leader(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen([sys.executable, "-c", FAMILY, str(tmp_path / "pids")], start_new_session=True)
    yield started
    processes.end_session(started.pid, spare=None, grace=0)
    started.wait()


def test_a_session_holds_children_in_other_process_groups_too(
    source: str, leader: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    child = pid_in(tmp_path / "pids")
    members = {process.pid: process.parent for process in processes.session_members(leader.pid)}
    assert members[child] == leader.pid
    assert leader.pid in members


def test_ending_a_session_spares_only_whom_it_is_told_to(
    source: str, leader: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    child = pid_in(tmp_path / "pids")
    assert processes.end_session(leader.pid, spare=leader.pid, grace=1)
    assert gone(child)
    assert leader.poll() is None
    assert processes.end_session(leader.pid, spare=None, grace=1)
    assert leader.wait(5) != 0


def test_a_process_is_itself_only_as_long_as_it_lives(source: str) -> None:
    process = subprocess.Popen(["sleep", "600"])
    token = processes.start_token(process.pid)
    assert token == processes.start_token(process.pid)
    # a start is told apart in ticks here and in seconds there
    time.sleep(1.1)
    other = subprocess.Popen(["sleep", "600"])
    assert token != processes.start_token(other.pid)
    for ended in (process, other):
        ended.kill()
    until(lambda: processes.start_token(process.pid) is None, what="the end, before anybody waited for it")
    for ended in (process, other):
        ended.wait()
    assert processes.start_token(process.pid) is None


def test_without_proc_the_boot_is_named_by_what_no_change_of_the_clock_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sysctl = tmp_path / "sysctl"
    sysctl.write_text('#!/bin/sh\n[ "$*" = "-n kern.bootsessionuuid" ] && echo 4B1D-77\n')
    sysctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr(processes, "Path", lambda _: tmp_path / "no boot_id here")
    assert processes.boot_id() == "4B1D-77"
