"""The Glue catalogue as Athena sees it: databases, tables and views, read anew for every query."""

from __future__ import annotations

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from .settings import Settings

CATALOG = "awsdatacatalog"


class GlueCatalog:
    def __init__(self, settings: Settings):
        self.client = boto3.client(
            "glue",
            endpoint_url=settings.glue_endpoint,
            region_name=settings.region,
            aws_access_key_id=settings.access_key,
            aws_secret_access_key=settings.secret_key,
            config=Config(retries={"max_attempts": 2}),
        )

    def database(self, name: str) -> dict | None:
        return self._or_none(lambda: self.client.get_database(Name=name)["Database"])

    def table(self, database: str, name: str) -> dict | None:
        return self._or_none(lambda: self.client.get_table(DatabaseName=database, Name=name)["Table"])

    def databases(self) -> list[dict]:
        pages = self.client.get_paginator("get_databases").paginate()
        return sorted((item for page in pages for item in page["DatabaseList"]), key=lambda item: item["Name"])

    def tables(self, database: str) -> list[dict]:
        pages = self.client.get_paginator("get_tables").paginate(DatabaseName=database)
        return sorted((item for page in pages for item in page["TableList"]), key=lambda item: item["Name"])

    def partitions(self, database: str, name: str) -> list[dict]:
        pages = self.client.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=name)
        return [item for page in pages for item in page["Partitions"]]

    @staticmethod
    def _or_none(call):
        try:
            return call()
        except ClientError as error:
            if error.response["Error"]["Code"] == "EntityNotFoundException":
                return None
            raise


def is_iceberg(table: dict) -> bool:
    return table.get("Parameters", {}).get("table_type", "").upper() == "ICEBERG"


def is_view(table: dict) -> bool:
    return table.get("TableType") == "VIRTUAL_VIEW"


def columns(table: dict) -> list[dict]:
    """Glue's columns of a table, those that Iceberg keeps for schemas of the past left out; partition keys last."""
    listed = table.get("StorageDescriptor", {}).get("Columns", [])
    current = [c for c in listed if c.get("Parameters", {}).get("iceberg.field.current", "true") != "false"]
    return current + list(table.get("PartitionKeys", []))
