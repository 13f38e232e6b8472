"""A small lake for Athena: Glue in process, objects on the S3 server, tables written by pyiceberg and pyarrow."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from endpoint_process import ACCESS_KEY, REGION, SECRET_KEY
from moto.server import ThreadedMotoServer
from pyiceberg.catalog import Catalog, load_catalog

from podlake_aws.athena import AthenaService


@dataclass
class Lake:
    """Where a test puts its tables. Each has a database and a folder of its own."""

    glue_endpoint: str
    s3_endpoint: str
    database: str

    @property
    def location(self) -> str:
        return f"s3://lake/{self.database}"

    def client(self, service: str):
        return boto3.client(
            service,
            endpoint_url=self.glue_endpoint if service == "glue" else self.s3_endpoint,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(s3={"addressing_style": "path"}),
        )

    def catalog(self) -> Catalog:
        return load_catalog(
            "lake",
            **{
                "type": "glue",
                "glue.endpoint": self.glue_endpoint,
                "glue.region": REGION,
                "client.access-key-id": ACCESS_KEY,
                "client.secret-access-key": SECRET_KEY,
                "s3.endpoint": self.s3_endpoint,
                "s3.region": REGION,
                "s3.access-key-id": ACCESS_KEY,
                "s3.secret-access-key": SECRET_KEY,
            },
        )

    def table(self, name: str, content, **options):
        """An Iceberg table with these rows."""
        table = self.catalog().create_table(
            f"{self.database}.{name}", schema=content.schema, location=f"{self.location}/{name}", **options
        )
        table.append(content)
        return table

    def put(self, key: str, body: bytes) -> None:
        self.client("s3").put_object(Bucket="lake", Key=f"{self.database}/{key}", Body=body)

    def external_table(self, name: str, columns: dict, serde: str, keys: dict | None = None, parameters=None) -> None:
        def listed(kinds: dict) -> list[dict]:
            return [{"Name": column, "Type": kind} for column, kind in kinds.items()]

        self.client("glue").create_table(
            DatabaseName=self.database,
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": parameters or {},
                "PartitionKeys": listed(keys or {}),
                "StorageDescriptor": {
                    "Columns": listed(columns),
                    "Location": f"{self.location}/{name}/",
                    "SerdeInfo": {"SerializationLibrary": serde},
                },
            },
        )


@pytest.fixture(scope="session")
def glue_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def make_lake(glue_endpoint: str, s3_endpoint: str) -> Lake:
    lake = Lake(glue_endpoint, s3_endpoint, f"db_{uuid.uuid4().hex[:10]}")
    lake.client("glue").create_database(DatabaseInput={"Name": lake.database})
    return lake


@pytest.fixture
def lake(glue_endpoint: str, versitygw: str) -> Lake:
    return make_lake(glue_endpoint, versitygw)


@pytest.fixture(scope="module")
def module_lake(glue_endpoint: str, versitygw: str) -> Lake:
    return make_lake(glue_endpoint, versitygw)


class Athena:
    """The service as a client uses it: start, wait, read all pages."""

    def __init__(self, service: AthenaService, database: str):
        self.service = service
        self.database = database

    def start(self, sql: str, **more) -> str:
        payload = {"QueryString": sql, "QueryExecutionContext": {"Database": self.database}} | more
        return self.service.call("StartQueryExecution", payload)["QueryExecutionId"]

    def execution(self, execution_id: str) -> dict:
        return self.service.call("GetQueryExecution", {"QueryExecutionId": execution_id})["QueryExecution"]

    def wait(self, execution_id: str, seconds: float = 30) -> dict:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            execution = self.execution(execution_id)
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return execution
            time.sleep(0.01)
        raise AssertionError(f"query {execution_id} did not end within {seconds} s")

    def run(self, sql: str, **more) -> dict:
        return self.wait(self.start(sql, **more))

    def rows(self, sql: str, **more) -> list[list[str | None]]:
        """Header and rows as GetQueryResults gives them."""
        execution = self.run(sql, **more)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"].get("StateChangeReason")
        return self.results(execution["QueryExecutionId"])

    def results(self, execution_id: str) -> list[list[str | None]]:
        rows, token = [], {}
        while True:
            answer = self.service.call("GetQueryResults", {"QueryExecutionId": execution_id} | token)
            rows += [[cell.get("VarCharValue") for cell in row["Data"]] for row in answer["ResultSet"]["Rows"]]
            if "NextToken" not in answer:
                return rows
            token = {"NextToken": answer["NextToken"]}

    def types(self, sql: str) -> list[str]:
        execution = self.run(sql)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"].get("StateChangeReason")
        answer = self.service.call("GetQueryResults", {"QueryExecutionId": execution["QueryExecutionId"]})
        return [
            f"decimal({c['Precision']},{c['Scale']})" if c["Type"] == "decimal" else c["Type"]
            for c in answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        ]

    def failure(self, sql: str, **more) -> str:
        status = self.run(sql, **more)["Status"]
        assert status["State"] == "FAILED", status
        assert status["AthenaError"]["ErrorMessage"] == status["StateChangeReason"]
        return status["StateChangeReason"]


def make_service(lake: Lake, folder: Path, **more) -> AthenaService:
    config = {
        "region": REGION,
        "s3Endpoint": lake.s3_endpoint,
        "accessKey": ACCESS_KEY,
        "secretKey": SECRET_KEY,
        "athenaOutput": "s3://lake/athena-results/",
    } | more
    return AthenaService(config, folder, lake.glue_endpoint)


@pytest.fixture
def new_service(lake: Lake, tmp_path: Path) -> Iterator[Callable[..., AthenaService]]:
    """Makes services over one state folder, closed after the test."""
    made = []

    def make(**more) -> AthenaService:
        made.append(make_service(lake, tmp_path / "athena", **more))
        return made[-1]

    yield make
    for service in made:
        service.close()


@pytest.fixture
def athena(lake: Lake, new_service: Callable[..., AthenaService]) -> Athena:
    return Athena(new_service(), lake.database)


@pytest.fixture(scope="module")
def module_athena(module_lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Athena]:
    """For tests that only ask, of tables that a module's fixture makes once."""
    service = make_service(module_lake, tmp_path_factory.mktemp("athena"))
    yield Athena(service, module_lake.database)
    service.close()
