"""How every part opens its state: SQLite files in one folder that survive a power cycle and know their format."""

import fcntl
import os
import sqlite3
from pathlib import Path


class StateError(Exception):
    """The state on disk cannot be used; the message says what to do."""


def hold(state_dir: Path) -> int:
    """Takes the folder for this process until it ends, so that no two servers write one state.

    The lock is the kernel's, not a file's existence: a killed process leaves nothing stale behind.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    handle = os.open(state_dir / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise StateError(
            f"The state in {state_dir} is in use by another running endpoint; stop that one first."
        ) from error
    return handle


def open_database(path: Path, version: int, schema: str) -> sqlite3.Connection:
    """Opens (or creates) a database of the given format version, in autocommit mode.

    WAL with full synchronisation: a committed transaction survives a kill and a power cycle alike.
    """
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=2)
    database.row_factory = sqlite3.Row
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = full")
    found = database.execute("pragma user_version").fetchone()[0]
    if found == 0:
        database.executescript(f"begin immediate; {schema}; pragma user_version = {version}; commit;")
    elif found != version:
        database.close()
        raise StateError(
            f"{path} is of format {found} and this version reads format {version}: "
            f"start the version of the project that wrote it, or erase the stack's state and begin anew."
        )
    return database
