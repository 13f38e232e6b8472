"""The same service by the SDK's client, through the endpoint's HTTP: Glue and Athena at one port."""

import time

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from endpoint_process import ACCESS_KEY, REGION, SECRET_KEY
from pyiceberg.catalog import load_catalog


@pytest.fixture
def endpoint(new_endpoint, versitygw):
    return new_endpoint(s3Endpoint=versitygw, athenaOutput="s3://lake/athena-results/")


@pytest.fixture
def athena(endpoint):
    return endpoint.client("athena")


def finished(athena, execution_id: str) -> dict:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        execution = athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return execution
        time.sleep(0.02)
    raise AssertionError("the query did not end within 20 s")


def test_a_table_written_through_glue_is_read_through_athena(endpoint, athena, versitygw):
    catalog = load_catalog(
        "lake",
        **{
            "type": "glue",
            "glue.endpoint": endpoint.url,
            "glue.region": REGION,
            "client.access-key-id": ACCESS_KEY,
            "client.secret-access-key": SECRET_KEY,
            "s3.endpoint": versitygw,
            "s3.region": REGION,
            "s3.access-key-id": ACCESS_KEY,
            "s3.secret-access-key": SECRET_KEY,
        },
    )
    catalog.create_namespace("trusted")
    rows = pa.table({"id": pa.array(range(5), pa.int64()), "nome": ["a", "b", "c", "d", None]})
    catalog.create_table("trusted.http", schema=rows.schema, location="s3://lake/http").append(rows)

    started = athena.start_query_execution(
        QueryString="SELECT id, nome FROM http ORDER BY id",
        QueryExecutionContext={"Database": "trusted", "Catalog": "AwsDataCatalog"},
    )
    execution = finished(athena, started["QueryExecutionId"])
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    assert execution["Status"]["SubmissionDateTime"].year > 2000
    pages = athena.get_paginator("get_query_results").paginate(
        QueryExecutionId=started["QueryExecutionId"], PaginationConfig={"PageSize": 4}
    )
    cells = [[c.get("VarCharValue") for c in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]
    assert cells == [["id", "nome"], ["0", "a"], ["1", "b"], ["2", "c"], ["3", "d"], ["4", None]]
    info = athena.get_query_results(QueryExecutionId=started["QueryExecutionId"])["ResultSet"]["ResultSetMetadata"]
    assert [(c["Name"], c["Type"]) for c in info["ColumnInfo"]] == [("id", "bigint"), ("nome", "varchar")]


def test_errors_reach_the_client_as_athenas(athena):
    with pytest.raises(ClientError) as caught:
        athena.get_query_execution(QueryExecutionId="nenhuma")
    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"
    assert caught.value.response["Error"]["Message"] == "QueryExecution nenhuma was not found"
    failed = finished(athena, athena.start_query_execution(QueryString="SELECT * FROM nada")["QueryExecutionId"])
    assert failed["Status"]["State"] == "FAILED"
    assert failed["Status"]["AthenaError"]["ErrorMessage"].startswith("SCHEMA_NOT_FOUND: line 1:15")


def test_workgroups_and_stop_answer_as_the_client_expects(athena):
    athena.create_work_group(Name="g", Configuration={"ResultConfiguration": {"OutputLocation": "s3://lake/g/"}})
    assert athena.get_work_group(WorkGroup="g")["WorkGroup"]["Configuration"]["EnforceWorkGroupConfiguration"] is True
    started = athena.start_query_execution(QueryString="SELECT 1", WorkGroup="g")
    finished(athena, started["QueryExecutionId"])
    athena.stop_query_execution(QueryExecutionId=started["QueryExecutionId"])
    assert athena.list_query_executions(WorkGroup="g")["QueryExecutionIds"] == [started["QueryExecutionId"]]
    athena.delete_work_group(WorkGroup="g", RecursiveDeleteOption=True)
