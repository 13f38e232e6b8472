"""How every part opens its state: SQLite files in one folder that survive a power cycle and know their format."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What SQLite takes to open a database in WAL mode, for the index of the log; if it gets less, it speaks of an I/O error
ROOM_TO_OPEN = 64 * 1024


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
    try:
        database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=2)
        database.row_factory = sqlite3.Row
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = full")
        found = database.execute("pragma user_version").fetchone()[0]
        if found == 0:
            database.executescript(f"begin immediate; {schema}; pragma user_version = {version}; commit;")
    except sqlite3.Error as error:
        raise StateError(f"{path} cannot be opened: {reason(error, path)}.") from error
    if found not in (0, version):
        database.close()
        raise StateError(
            f"{path} is of format {found} and this version reads format {version}: "
            f"start the version of the project that wrote it, or erase the stack's state and begin anew."
        )
    return database


@contextmanager
def transaction(database: sqlite3.Connection, path: Path) -> Iterator[None]:
    """All writes of the block are kept, or none; StateError, the end of a sentence, if the disk does not take them."""
    try:
        database.execute("begin immediate")
        yield
        database.execute("commit")
    except sqlite3.Error as error:
        raise StateError(reason(error, path)) from error
    finally:
        # a commit that failed may leave it open; a full disk may have ended it already
        if database.in_transaction:
            database.execute("rollback")


def reason(error: sqlite3.Error, path: Path) -> str:
    """Why SQLite refused, as the end of a sentence; for a full disk, of which it has two names, what to do as well."""
    room = os.statvfs(path.parent)
    # by its words, because Python 3.10 does not tell SQLite's codes
    if "is full" in str(error) or ("disk I/O" in str(error) and room.f_bavail * room.f_frsize < ROOM_TO_OPEN):
        return f"the disk that holds {path.parent} is full, free some space there and repeat"
    return str(error)
