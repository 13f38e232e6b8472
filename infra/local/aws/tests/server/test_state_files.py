"""State that this version cannot use is refused in one sentence, and left as it is."""

import sqlite3
from pathlib import Path

import pytest

from podlake_aws.state import StateError, open_database

SCHEMA = "create table rows (value text)"


@pytest.mark.parametrize("written", [1, 3])
def test_an_older_and_a_newer_format_are_refused_and_left_alone(tmp_path: Path, written: int) -> None:
    path = tmp_path / "glue.sqlite"
    open_database(path, written, SCHEMA).close()
    with pytest.raises(StateError) as refused:
        open_database(path, 2, SCHEMA)
    assert str(refused.value) == (
        f"{path} is of format {written} and this version reads format 2: start the version of the project "
        "that wrote it, or erase the stack's state and begin anew."
    )
    with sqlite3.connect(path) as database:
        assert database.execute("pragma user_version").fetchone() == (written,)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "glue.sqlite"
    path.write_text("someone's notes " * 100)
    with pytest.raises(StateError) as refused:
        open_database(path, 1, SCHEMA)
    assert str(refused.value) == f"{path} cannot be opened: file is not a database."
    assert path.read_text() == "someone's notes " * 100


def test_a_database_is_written_through_to_the_disk_at_each_commit(tmp_path: Path) -> None:
    database = open_database(tmp_path / "glue.sqlite", 1, SCHEMA)
    assert database.execute("pragma journal_mode").fetchone()[0] == "wal"
    assert database.execute("pragma synchronous").fetchone()[0] == 2  # full
    database.close()
