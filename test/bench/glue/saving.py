"""The layer's save by itself: moto has changed its memory, the time is what it takes until the disk has it too."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from figures import Figure
from states import DATABASE, TABLES, close, copy_of, open_state, table_input, table_name

from podlake_aws.durable.rows import Key
from podlake_aws.glue.service import GlueService
from podlake_aws.state import open_database


def measure_saves(folder: Path, states: dict[int, Path], times: int) -> list[Figure]:
    services = {versions: open_state(copy_of(state, folder, "saving")) for versions, state in states.items()}
    written = {versions: written_by_a_save(service) for versions, service in services.items()}
    content = "".join(written[min(written)])

    append = Figure("an append of the same bytes to a file, and fsync", note=f"{len(content)} bytes")
    commit = Figure("a commit of one row of these bytes, SQLite set alike", append)
    saves = {
        versions: Figure(
            f"the save, {TABLES} tables of {versions} versions", append,
            note=f"{len(rows)} rows written, {sum(map(len, rows))} bytes",
        )
        for versions, rows in written.items()
    }  # fmt: skip
    handle = os.open(folder / "appended", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    bare = open_database(folder / "bare.sqlite", 1, "create table rows (number integer primary key, value text)")

    def append_bytes() -> None:
        os.write(handle, content.encode())
        os.fsync(handle)

    def commit_row() -> None:
        bare.execute("insert into rows (value) values (?)", (content,))

    # turn by turn, so that what else the machine does meets all of them alike
    for turn in range(times):
        append.time(append_bytes)
        commit.time(commit_row)
        for versions, service in services.items():
            body = update_in_memory(service, turn)
            saves[versions].time(lambda service=service, body=body: service.save("UpdateTable", body))
    os.close(handle)
    bare.close()
    for service in services.values():
        close(service)
    return [append, commit, *saves.values()]


def update_in_memory(service: GlueService, turn: int) -> bytes:
    """What moto does with an UpdateTable; returns the request's body."""
    name = table_name(turn)
    content = table_input(name, turn)
    service.backend.update_table(DATABASE, name, content)
    return json.dumps({"DatabaseName": DATABASE, "TableInput": content}).encode()


def written_by_a_save(service: GlueService) -> list[str]:
    """The rows that one save hands to SQLite, key and value as text."""
    rows: list[str] = []
    write = service.rows.write

    def note(changed: dict[Key, Any], removed: Iterable[Key]) -> None:
        rows.extend(json.dumps(key) + json.dumps(value) for key, value in changed.items())
        write(changed, removed)

    with patch.object(service.rows, "write", note):
        service.save("UpdateTable", update_in_memory(service, 0))
    return rows
