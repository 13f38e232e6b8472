"""Glue as the durable layer sees it: which operations write, what is checked before, what is saved after."""

import json
from typing import Any

from moto.glue.models import FakeTable, glue_backends

from .. import aws_json
from ..configuration import Configuration
from ..durable.rows import Rows
from .operations import TABLE_WRITES, is_write
from .optimistic_lock import check_version, drop_archived
from .state import GlueState


class GlueService:
    name = "glue"

    def __init__(self, configuration: Configuration) -> None:
        self.backend = glue_backends[configuration.account_id][configuration.region]
        self.rows = Rows(configuration.state_dir / "glue.sqlite")
        self.state = GlueState(self.backend, self.rows)

    def is_write(self, operation: str) -> bool:
        return is_write(operation)

    def before(self, operation: str, body: bytes) -> None:
        if operation == "UpdateTable":
            request = aws_json.parse_body(body)
            check_version(self._table(*named_table(request)), request)

    def save(self, operation: str, body: bytes) -> None:
        if operation not in TABLE_WRITES:
            self.state.save_all()
            return
        request = json.loads(body)
        database, name = named_table(request)
        table = self._table(database, name)
        if operation == "UpdateTable" and table:
            drop_archived(table, request)
        self.state.save_table(database, name)

    def restore(self) -> None:
        self.state.restore()

    def close(self) -> None:
        self.rows.close()

    def _table(self, database: str, name: str) -> FakeTable | None:
        found = self.backend.databases.get(database)
        return found.tables.get(name) if found else None


def named_table(request: dict[str, Any]) -> tuple[str, str]:
    """The database and table that a request on one table names, whichever of the three ways it uses."""
    table_input = request.get("TableInput") or {}
    name = table_input.get("Name") or request.get("TableName") or request.get("Name") or ""
    return request.get("DatabaseName") or "", name
