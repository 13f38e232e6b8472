"""Athena's own view of the catalogue: data catalogues, databases, tables."""

from __future__ import annotations

from ..errors import ServiceError
from .glue import GlueCatalog, columns

_NAME = "AwsDataCatalog"


class Metadata:
    def __init__(self, glue: GlueCatalog):
        self._glue = glue

    def catalogs(self, _: dict) -> dict:
        return {"DataCatalogsSummary": [{"CatalogName": _NAME, "Type": "GLUE"}]}

    def databases(self, payload: dict) -> dict:
        _check(payload)
        found, token = _page([_database(item) for item in self._glue.databases()], payload)
        return {"DatabaseList": found} | token

    def database(self, payload: dict) -> dict:
        _check(payload)
        return {"Database": _database(self._database(payload["DatabaseName"]))}

    def tables(self, payload: dict) -> dict:
        _check(payload)
        self._database(payload["DatabaseName"])
        found, token = _page([_table(item) for item in self._glue.tables(payload["DatabaseName"])], payload)
        return {"TableMetadataList": found} | token

    def table(self, payload: dict) -> dict:
        _check(payload)
        table = self._glue.table(payload["DatabaseName"], payload["TableName"])
        if table is None:
            name = f"{payload['DatabaseName']}.{payload['TableName']}"
            raise ServiceError("MetadataException", f"EntityNotFoundException: Entity {name} was not found")
        return {"TableMetadata": _table(table)}

    def _database(self, name: str) -> dict:
        database = self._glue.database(name)
        if database is None:
            raise ServiceError("MetadataException", f"EntityNotFoundException: Database {name} was not found")
        return database


def _check(payload: dict) -> None:
    if payload.get("CatalogName", _NAME).lower() != _NAME.lower():
        raise ServiceError("InvalidRequestException", f"Data catalog {payload['CatalogName']} was not found")


def _page(items: list[dict], payload: dict) -> tuple[list[dict], dict]:
    start, size = int(payload.get("NextToken") or 0), int(payload.get("MaxResults") or 50)
    token = {"NextToken": str(start + size)} if start + size < len(items) else {}
    return items[start : start + size], token


def _database(item: dict) -> dict:
    return {key: item[key] for key in ("Name", "Description", "Parameters") if key in item}


def _table(item: dict) -> dict:
    keys = {key["Name"] for key in item.get("PartitionKeys", [])}

    def shown(column: dict) -> dict:
        return {key: column[key] for key in ("Name", "Type", "Comment") if key in column}

    listed = columns(item)
    times = {}
    if item.get("CreateTime"):
        times["CreateTime"] = item["CreateTime"].timestamp()
    return times | {
        "Name": item["Name"],
        "TableType": item.get("TableType", ""),
        "Columns": [shown(column) for column in listed if column["Name"] not in keys],
        "PartitionKeys": [shown(column) for column in listed if column["Name"] in keys],
        "Parameters": item.get("Parameters", {}),
    }
