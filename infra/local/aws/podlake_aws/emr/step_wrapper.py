"""Runs one step's command and writes down, in files, who runs it and how it ended.

Started as `python step_wrapper.py FOLDER` in a session of its own, it outlives the endpoint that started it: whoever
comes next finds `wrapper.json` (pid and start token) and, after the end, `exit.json` (exit code, times) in the folder.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

if __package__:
    from .processes import start_token
else:
    sys.path.insert(0, str(Path(__file__).parent))
    from processes import start_token


def claim(folder: Path, content: dict[str, object]) -> bool:
    """Writes wrapper.json if nobody did before; the one who does not succeed must not run the command.

    On disk before the command begins: after a power cut the step would else look as if it had never run, and run again.
    """
    draft = folder / f"wrapper.{os.getpid()}.draft"
    try:
        _write_through(draft, content)
        os.link(draft, folder / "wrapper.json")
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(folder)
    return True


def run(folder: Path) -> None:
    # A handler, not SIG_IGN, which the command would inherit: the wrapper stays to record how the command ended.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: None)
    if not claim(folder, {"pid": os.getpid(), "startToken": start_token(os.getpid())}):
        return
    command = json.loads((folder / "command.json").read_text())
    started = time.time()
    with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
        try:
            process = subprocess.Popen(
                command["arguments"],
                env=command["environment"],
                cwd=command["folder"],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
            code = process.wait()
        except OSError as error:
            stderr.write(f"{command['arguments'][0]} cannot be started: {error}\n".encode())
            code = 127
    write_whole(folder / "exit.json", {"code": code, "startedAt": started, "endedAt": time.time()})


def write_whole(path: Path, content: dict[str, object]) -> None:
    """The file is there whole or not at all, also after a power cycle."""
    draft = path.with_suffix(".draft")
    _write_through(draft, content)
    os.replace(draft, path)
    _sync_folder(path.parent)


def _write_through(path: Path, content: dict[str, object]) -> None:
    with path.open("w") as file:
        file.write(json.dumps(content))
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
