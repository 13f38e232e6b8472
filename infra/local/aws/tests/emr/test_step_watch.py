"""A step's watch on a machine that refuses: it tries again, and never starts the step twice."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint_process import until

from podlake_aws.emr import step_watch, step_wrapper
from podlake_aws.emr.step_watch import Outcome, StepWatch


def full_disk() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


class FailsAtFirst:
    """Does what `real` does, after so many refusals."""

    def __init__(self, real: Callable[..., Any], times: int) -> None:
        self.real = real
        self.left = times

    def __call__(self, *arguments: Any) -> Any:
        if self.left > 0:
            self.left -= 1
            raise full_disk()
        return self.real(*arguments)


@pytest.fixture
def ends() -> list[Outcome]:
    return []


@pytest.fixture
def watch(tmp_path: Path, ends: list[Outcome], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., StepWatch]]:
    monkeypatch.setattr(step_watch, "RETRY", 0.05)
    monkeypatch.setattr(step_watch, "ADOPTION_GRACE", 0.0)
    made: list[StepWatch] = []

    def make(prepare: Callable[[], dict[str, Any]] | None) -> StepWatch:
        logs: Any = None  # a cluster without LogUri
        made.append(StepWatch("s-1", tmp_path, prepare, logs, None, 1.0, lambda _, outcome: ends.append(outcome)))
        return made[-1]

    yield make
    for one in made:
        one.detach()
        if one.ident:
            one.join(5)


def command(folder: Path) -> dict[str, Any]:
    return {"arguments": ["/bin/sh", "-c", "echo ran >> runs"], "environment": {}, "folder": str(folder)}


def test_a_step_that_a_full_disk_did_not_let_begin_begins_once_there_is_room(
    watch: Callable[..., StepWatch], ends: list[Outcome], tmp_path: Path
) -> None:
    watch(FailsAtFirst(lambda: command(tmp_path), times=2)).start()
    until(lambda: ends, what="the end")
    assert ends[0].code == 0, ends
    assert (tmp_path / "runs").read_text() == "ran\n"


def test_a_step_that_cannot_begin_ends_as_never_started_when_it_is_to_stop(
    watch: Callable[..., StepWatch], ends: list[Outcome], tmp_path: Path
) -> None:
    prepare = FailsAtFirst(lambda: command(tmp_path), times=1000)
    waiting = watch(prepare)
    waiting.start()
    until(lambda: prepare.left < 998, what="another try")
    assert not ends
    waiting.stop("TERMINATE_PROCESS")
    until(lambda: ends, what="the end")
    assert ends[0].never_started
    assert not (tmp_path / "runs").exists()


def test_a_program_that_is_not_there_fails_the_step(
    watch: Callable[..., StepWatch], ends: list[Outcome], tmp_path: Path
) -> None:
    watch(lambda: command(tmp_path) | {"arguments": ["/nowhere/spark-submit"]}).start()
    until(lambda: ends, what="the end")
    assert ends[0].code == 127
    assert "/nowhere/spark-submit cannot be started" in ends[0].message


def test_an_error_after_the_start_is_tried_again_without_a_second_start(
    watch: Callable[..., StepWatch], ends: list[Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_watch, "describe_exit", FailsAtFirst(step_watch.describe_exit, times=2))
    watch(lambda: command(tmp_path)).start()
    until(lambda: ends, what="the end")
    assert ends[0].code == 0, ends
    assert (tmp_path / "runs").read_text() == "ran\n"


def test_a_full_disk_at_the_endpoint_s_own_claim_is_tried_again(
    watch: Callable[..., StepWatch], ends: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_wrapper, "claim", FailsAtFirst(step_wrapper.claim, times=2))
    watch(None).start()
    until(lambda: ends, what="the end")
    assert ends[0].never_started


def test_a_step_that_an_endpoint_claimed_before_it_ended_itself_was_never_started(
    watch: Callable[..., StepWatch], ends: list[Outcome], tmp_path: Path
) -> None:
    step_wrapper.claim(tmp_path, step_watch.NOBODY)
    watch(None).start()
    until(lambda: ends, what="the end")
    assert ends[0].never_started


def test_a_claim_is_on_disk_before_the_command_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_ino))
    assert step_wrapper.claim(tmp_path, {"pid": 1, "startToken": "a"})
    claim = tmp_path / "wrapper.json"
    assert synced == [claim.stat().st_ino, tmp_path.stat().st_ino]
    assert not step_wrapper.claim(tmp_path, {"pid": 2, "startToken": "b"})
    assert list(tmp_path.iterdir()) == [claim]
