"""States of Glue with a history, made by the durable layer itself; a measurement that writes works on a copy."""

import itertools
import shutil
from pathlib import Path
from typing import Any

from moto.glue.models import GlueBackend

from podlake_aws.configuration import configuration_from
from podlake_aws.glue.service import GlueService

DATABASE = "trusted"
TABLES = 50
COLUMNS = 40
REGION = "us-east-1"

accounts = itertools.count(1)


def settings(folder: Path, account: str = "123456789012") -> dict[str, Any]:
    """The least that an endpoint is told; port 0 is any free one."""
    return {
        "host": "127.0.0.1", "port": 0, "stateDir": str(folder), "region": REGION, "accountId": account,
        "s3Endpoint": "http://127.0.0.1:9", "accessKey": "podlake", "secretKey": "podlake-local", "python": "python",
        "javaHome": "/nowhere", "sparkHome": "/nowhere", "logLevel": "warning",
    }  # fmt: skip


def open_state(folder: Path) -> GlueService:
    """In this process, under an account of its own, because moto keeps one backend an account and region."""
    folder.mkdir(parents=True, exist_ok=True)
    service = GlueService(configuration_from(settings(folder, f"{next(accounts):012}")))
    service.restore()
    return service


def table_name(number: int) -> str:
    return f"tabela_{number % TABLES:02}"


def table_input(name: str, version: int) -> dict[str, Any]:
    """What Iceberg's Glue catalogue sends for a table of the size that this lake's have."""
    columns = [
        {
            "Name": f"coluna_numero_{n}", "Type": "decimal(18,2)", "Comment": "Valor em reais, como veio da origem.",
            "Parameters": {"iceberg.field.id": str(n), "iceberg.field.optional": "true", "iceberg.field.current": "true"},
        }
        for n in range(COLUMNS)
    ]  # fmt: skip
    location = f"s3://pod-lake-trusted/{DATABASE}/{name}"
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "StorageDescriptor": {"Columns": columns, "Location": location},
        "Parameters": {
            "table_type": "ICEBERG",
            "metadata_location": f"{location}/metadata/{version:05}-0b1f5c52.metadata.json",
            "previous_metadata_location": f"{location}/metadata/{version - 1:05}-0b1f5c52.metadata.json",
        },
    }


def fill(backend: GlueBackend, versions: int) -> None:
    """Tables of so many versions each, in memory."""
    backend.create_database(DATABASE, {"Name": DATABASE})
    for number in range(TABLES):
        name = table_name(number)
        backend.create_table(DATABASE, name, table_input(name, 1))
        for version in range(2, versions + 1):
            backend.update_table(DATABASE, name, table_input(name, version))


def make_state(folder: Path, versions: int) -> Path:
    service = open_state(folder)
    fill(service.backend, versions)
    service.state.save_all()
    close(service)
    return folder


def close(service: GlueService) -> None:
    """Its memory too, of which a long history takes enough to slow down what is measured next."""
    service.close()
    service.backend.databases.clear()


def copy_of(state: Path, folder: Path, use: str) -> Path:
    copy = folder / f"{use}-{state.name}"
    shutil.copytree(state, copy)
    return copy
