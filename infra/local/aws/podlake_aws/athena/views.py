"""Athena's views, as Glue keeps them: a comment in ViewOriginalText that holds base64 of JSON."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass

from sqlglot import exp

from . import types
from .failures import QueryFailure

_FORM = re.compile(r"^\s*/\*\s*Presto View:\s*(\S+)\s*\*/\s*$")


@dataclass(frozen=True)
class View:
    sql: str
    catalog: str
    schema: str
    columns: list[tuple[str, exp.DataType]]


def decode(table: dict) -> View:
    name = f"{table.get('DatabaseName')}.{table.get('Name')}"
    found = _FORM.match(table.get("ViewOriginalText", ""))
    if not found:
        raise QueryFailure("INVALID_VIEW", f"View '{name}' holds no definition of Athena's")
    try:
        content = json.loads(base64.b64decode(found.group(1), validate=True))
        columns = [(column["name"].lower(), types.from_trino(column["type"])) for column in content["columns"]]
        return View(content["originalSql"], content.get("catalog", ""), content.get("schema", ""), columns)
    except (binascii.Error, ValueError, KeyError) as error:
        raise QueryFailure("INVALID_VIEW", f"The definition of view '{name}' cannot be decoded: {error}") from error


def table_input(name: str, sql: str, catalog: str, schema: str, columns: list[tuple[str, exp.DataType]]) -> dict:
    """The TableInput by which Athena creates a view in Glue."""
    content = {
        "originalSql": sql,
        "catalog": catalog,
        "schema": schema,
        "columns": [{"name": column, "type": types.text(kind)} for column, kind in columns],
    }
    encoded = base64.b64encode(json.dumps(content, ensure_ascii=False).encode()).decode()
    return {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": types.hive(kind)} for column, kind in columns],
            "Location": "",
            "SerdeInfo": {},
        },
        "ViewOriginalText": f"/* Presto View: {encoded} */",
        "ViewExpandedText": "/* Presto View */",
    }
