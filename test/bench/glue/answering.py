"""UpdateTable over HTTP: the endpoint, which saves before it answers, and moto alone in the same kind of process."""

import json
from contextlib import ExitStack
from pathlib import Path

from figures import Figure
from servers import bare_moto, endpoint, running
from states import DATABASE, TABLES, copy_of, table_input, table_name


def measure_answers(folder: Path, states: dict[int, Path], bare_versions: int, times: int) -> list[Figure]:
    bare = Figure(f"moto alone, {TABLES} tables of {bare_versions} versions in memory")
    figures = [bare]
    with ExitStack() as stack:
        servers = [stack.enter_context(running(bare_moto(bare_versions)))]
        for versions, state in states.items():
            figures.append(Figure(f"the endpoint, {TABLES} tables of {versions} versions", bare))
            servers.append(stack.enter_context(running(endpoint(copy_of(state, folder, "answering")))))
        for glue in servers:
            glue.call("GetDatabases", {})
        for turn in range(times):
            name = table_name(turn)
            body = json.dumps({"DatabaseName": DATABASE, "TableInput": table_input(name, turn)}).encode()
            for figure, glue in zip(figures, servers, strict=True):
                figure.time(lambda glue=glue, body=body: glue.send("UpdateTable", body))
    return figures
