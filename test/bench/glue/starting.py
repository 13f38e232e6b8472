"""A start, until Glue has answered for the first time: moto loads a service with its first request, not before."""

import time
from pathlib import Path

from figures import Figure
from servers import bare_moto, endpoint, running
from states import TABLES, copy_of


def measure_starts(folder: Path, states: dict[int, Path], times: int) -> list[Figure]:
    bare = Figure("moto alone, nothing in it")
    empty = Figure("the endpoint, nothing in it", bare, note="loads DuckDB for Athena too")
    commands = [(bare, bare_moto(0)), (empty, endpoint(folder / "starting-empty"))]
    for versions, state in states.items():
        figure = Figure(f"the endpoint, {TABLES * versions} versions ({TABLES} tables of {versions})", bare)
        commands.append((figure, endpoint(copy_of(state, folder, "starting"))))

    for _ in range(times):
        for figure, command in commands:
            begin = time.perf_counter()
            with running(command) as glue:
                glue.call("GetDatabases", {})
                figure.times.append(time.perf_counter() - begin)
    for figure, _ in commands[2:]:
        figure.note = f"{figure.median - empty.median:+.2f} s against nothing in it"
    return [figure for figure, _ in commands]
