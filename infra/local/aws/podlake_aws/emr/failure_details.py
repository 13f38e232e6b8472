"""What a failed step says of itself: the exception that ended it, for FailureDetails, found in its logs.

spark-submit writes its own errors to stderr, but in client mode it merges both streams of a Python program into its
stdout: a traceback of the job is there, under Spark's log lines nowhere.
"""

import re
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import NamedTuple

TAIL_BYTES = 512 * 1024
MESSAGE_CHARACTERS = 1000
MESSAGE_LINES = 12

_TRACEBACK = "Traceback (most recent call last):"
_CLASS = r"(?:[A-Za-z_$][\w$]*\.)+[A-Z][\w$]*(?:Exception|Error)"
_IN_MAIN = re.compile(rf'^Exception in thread "main" (?={_CLASS})')
_JAVA = re.compile(rf"^(?={_CLASS}(?::|$))")
_NAME = re.compile(r"^([A-Za-z_$][\w$.]*)(?::\s|$)")
# spark-submit's own word that the Python program ended with an error: never the cause
_ECHO = "org.apache.spark.SparkUserAppException"
# where a message of several lines ends: a log line, a stack frame, a cause, the next traceback
_STOP = re.compile(r"^(\d\d/\d\d/\d\d |\d{4}-\d\d-\d\d[ T]|\s+at |\t|Caused by: |Traceback |\s+File )")


class Failure(NamedTuple):
    reason: str
    message: str
    log_name: str


def failure_of(folder: Path, code: int) -> Failure:
    """The reason is the exception's class; without an exception it is EMR's `Unknown Error.`, with the last line.

    What a process says while a signal ends it explains nothing: then the signal is the cause.
    """
    stderr, stdout = _tail(folder / "stderr"), _tail(folder / "stdout")
    candidates = (
        (_last_java(stderr, _IN_MAIN), "stderr"),
        (_last_traceback(stdout), "stdout"),
        (_last_traceback(stderr), "stderr"),
        (_last_java(stderr, _JAVA), "stderr"),
    )
    for found, log_name in candidates:
        if found and not _ended_by_signal(code):
            name = _NAME.match(found)
            reason = name.group(1) if name else "Unknown Error."
            return Failure(reason, found[:MESSAGE_CHARACTERS], log_name)
    spoken = [line.strip() for line in stderr if line.strip()]
    last = f"Its last words: {spoken[-1]}" if spoken else "It wrote nothing to stderr."
    message = f"The step's process {describe_exit(code)}. {last}"
    return Failure("Unknown Error.", message[:MESSAGE_CHARACTERS], "stderr")


def _ended_by_signal(code: int) -> bool:
    """A program that ends because of a signal tells 128 + its number, if it is not ended by the signal itself."""
    return code < 0 or code in (128 + SIGKILL, 128 + SIGTERM)


def describe_exit(code: int) -> str:
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - TAIL_BYTES))
            return file.read().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []


def _last_traceback(lines: list[str]) -> str | None:
    starts = [number for number, line in enumerate(lines) if line == _TRACEBACK]
    for start in reversed(starts):
        for number in range(start + 1, len(lines)):
            if lines[number].strip() and not lines[number].startswith(" "):
                return _message(lines, number)
    return None


def _last_java(lines: list[str], start: re.Pattern[str]) -> str | None:
    for number in range(len(lines) - 1, -1, -1):
        found = start.match(lines[number])
        if found and _ECHO not in lines[number]:
            return _message(lines, number)[found.end() :]
    return None


def _message(lines: list[str], start: int) -> str:
    """The exception's line and those of its message that follow, as one text."""
    taken = [lines[start].rstrip()]
    for line in lines[start + 1 : start + MESSAGE_LINES]:
        if not line.strip() or _STOP.match(line):
            break
        taken.append(line.rstrip())
    return "\n".join(taken)
