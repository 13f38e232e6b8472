"""EMR and Athena on a disk without room: SQLite itself runs out of pages, at a bound that stands for the disk's."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint_process import Endpoint
from werkzeug.test import Client

from podlake_aws.athena import AthenaService
from podlake_aws.configuration import configuration_from
from podlake_aws.emr.service import EmrService
from podlake_aws.server import Application

LARGE = "x" * 100_000
STEP = {"Name": LARGE, "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["spark-submit", "job.py"]}}
CLUSTER = {"Name": "c", "ReleaseLabel": "emr-7.14.0", "Instances": {"InstanceCount": 1}}
WORKGROUP = {"Name": "w", "Description": LARGE}


class Services:
    """In this process, because the bound on pages is the connection's."""

    def __init__(self, folder: Path) -> None:
        # a cluster that is still starting moves nothing by itself
        settings = Endpoint(folder, {"port": 1, "emr": {"startingSeconds": 600}}).settings
        configuration = configuration_from(settings)
        self.state_dir = configuration.state_dir
        self.emr = EmrService(configuration)
        self.athena = AthenaService(configuration.raw, self.state_dir / "athena", "http://127.0.0.1:9")
        self.application = Application({"ElasticMapReduce": self.emr, "AmazonAthena": self.athena}, None)

    def call(self, target: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        answer = Client(self.application).post("/", data=json.dumps(request), headers={"X-Amz-Target": target})
        return answer.status_code, json.loads(answer.data)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = Services(tmp_path)
    yield made
    made.emr.close()
    made.athena.close()


def limit(database: sqlite3.Connection, more: int) -> None:
    pages = database.execute("pragma page_count").fetchone()[0]
    database.execute(f"pragma max_page_count = {pages + more}")


def refusal(operation: str, folder: Path) -> tuple[int, dict[str, Any]]:
    message = f"the disk that holds {folder} is full, free some space there and repeat."
    return 500, {
        "__type": "InternalServerException",
        "message": f"{operation} could not be saved and did not happen: {message}",
    }


def test_steps_that_a_full_disk_does_not_take_are_refused_in_one_sentence(services: Services) -> None:
    _, made = services.call("ElasticMapReduce.RunJobFlow", CLUSTER)
    add = "ElasticMapReduce.AddJobFlowSteps", {"JobFlowId": made["JobFlowId"], "Steps": [STEP]}
    limit(services.emr.store.database, 0)
    assert services.call(*add) == refusal("AddJobFlowSteps", services.state_dir)
    assert services.call("ElasticMapReduce.ListSteps", {"ClusterId": made["JobFlowId"]})[1]["Steps"] == []
    limit(services.emr.store.database, 100)
    assert services.call(*add)[0] == 200


def test_a_workgroup_that_a_full_disk_does_not_take_is_refused_in_one_sentence(services: Services) -> None:
    create = "AmazonAthena.CreateWorkGroup", WORKGROUP
    limit(services.athena._history._db, 0)
    assert services.call(*create) == refusal("CreateWorkGroup", services.state_dir / "athena")
    limit(services.athena._history._db, 100)
    assert services.call(*create)[0] == 200
