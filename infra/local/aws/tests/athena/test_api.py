"""The API's own behaviour: states, files, pages, tokens, workgroups, cancellation, restart."""

import json
import uuid

import pyarrow as pa
import pytest
from endpoint_process import until

from podlake_aws.errors import ServiceError

# Keeps DuckDB busy for minutes without memory, so that a test can stop it.
ENDLESS = "SELECT count(*) FROM UNNEST(sequence(1, 100000)) a (x) CROSS JOIN UNNEST(sequence(1, 10000000)) b (y) WHERE x * y = 7"


def test_an_execution_tells_what_was_asked_and_how_it_went(athena, lake):
    execution = athena.run("SELECT 1 AS a -- fim", ClientRequestToken="t" * 32)
    assert execution["Query"] == "SELECT 1 AS a -- fim"
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "SELECT")
    assert execution["QueryExecutionContext"] == {"Database": lake.database}
    assert execution["WorkGroup"] == "primary"
    status, figures = execution["Status"], execution["Statistics"]
    assert status["State"] == "SUCCEEDED"
    assert status["SubmissionDateTime"] <= status["CompletionDateTime"]
    assert figures["TotalExecutionTimeInMillis"] >= figures["EngineExecutionTimeInMillis"] >= 0
    assert figures["QueryQueueTimeInMillis"] >= 0
    assert figures["DataScannedInBytes"] == 0


def test_the_result_file_is_athenas_csv_with_its_metadata(athena, lake):
    query = (
        "SELECT * FROM (VALUES (1, 'a \"b\", c', NULL), (2, '', CAST(1.50 AS decimal(4,2)))) AS t (n, t, d) ORDER BY n"
    )
    execution = athena.run(query, ResultConfiguration={"OutputLocation": f"{lake.location}/saida"})
    location = f"{lake.location}/saida/{execution['QueryExecutionId']}.csv"
    assert execution["ResultConfiguration"]["OutputLocation"] == location
    key = location.removeprefix("s3://lake/")
    body = lake.client("s3").get_object(Bucket="lake", Key=key)["Body"].read()
    assert body == b'"n","t","d"\n"1","a ""b"", c",\n"2","","1.50"\n'
    metadata = json.loads(lake.client("s3").get_object(Bucket="lake", Key=f"{key}.metadata")["Body"].read())
    assert [c["Type"] for c in metadata["ResultSetMetadata"]["ColumnInfo"]] == ["integer", "varchar", "decimal"]
    assert athena.results(execution["QueryExecutionId"])[2] == ["2", "", "1.50"]


def test_results_come_in_pages_the_header_first(athena):
    execution_id = athena.run("SELECT x FROM UNNEST(sequence(1, 1500)) AS t (x) ORDER BY x")["QueryExecutionId"]

    def page(**more):
        return athena.service.call("GetQueryResults", {"QueryExecutionId": execution_id} | more)

    first = page(MaxResults=3)
    assert [row["Data"] for row in first["ResultSet"]["Rows"]] == [
        [{"VarCharValue": "x"}], [{"VarCharValue": "1"}], [{"VarCharValue": "2"}],
    ]  # fmt: skip
    second = page(MaxResults=3, NextToken=first["NextToken"])
    assert second["ResultSet"]["Rows"][0]["Data"] == [{"VarCharValue": "3"}]
    assert len(page()["ResultSet"]["Rows"]) == 1000
    assert [row[0] for row in athena.results(execution_id)] == ["x", *map(str, range(1, 1501))]
    with pytest.raises(ServiceError, match="MaxResults"):
        page(MaxResults=1001)
    with pytest.raises(ServiceError, match="pagination token"):
        page(NextToken="abc")


def test_null_is_a_cell_without_a_value(athena):
    execution_id = athena.run("SELECT NULL AS a, '' AS b")["QueryExecutionId"]
    answer = athena.service.call("GetQueryResults", {"QueryExecutionId": execution_id})
    assert answer["ResultSet"]["Rows"][1]["Data"] == [{}, {"VarCharValue": ""}]


def test_the_same_token_starts_a_query_once(athena):
    token = str(uuid.uuid4())
    first = athena.start("SELECT 1", ClientRequestToken=token)
    assert athena.start("SELECT 1", ClientRequestToken=token) == first
    with pytest.raises(ServiceError, match="Idempotent parameters do not match"):
        athena.start("SELECT 2", ClientRequestToken=token)


def test_queries_side_by_side_answer_each_for_itself(athena, lake):
    lake.table("n", pa.table({"x": pa.array(range(100), pa.int64())}))
    started = [athena.start(f"SELECT count(*), max(x) FROM n WHERE x < {limit}") for limit in range(1, 21)]
    for limit, execution_id in enumerate(started, start=1):
        assert athena.wait(execution_id)["Status"]["State"] == "SUCCEEDED"
        assert athena.results(execution_id)[1] == [str(limit), str(limit - 1)]


def test_a_running_query_is_stopped(athena):
    execution_id = athena.start(ENDLESS)
    until(lambda: athena.execution(execution_id)["Status"]["State"] == "RUNNING")
    with pytest.raises(ServiceError, match="Query has not yet finished. Current state: RUNNING"):
        athena.results(execution_id)
    athena.service.call("StopQueryExecution", {"QueryExecutionId": execution_id})
    status = athena.wait(execution_id, seconds=5)["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Query cancelled by user")


def test_queries_beyond_the_limit_wait_and_can_be_stopped_while_they_wait(lake, new_service, athena):
    athena.service = new_service(athenaConcurrency=1)
    busy = athena.start(ENDLESS)
    until(lambda: athena.execution(busy)["Status"]["State"] == "RUNNING")
    stopped, waiting = athena.start("SELECT 1"), athena.start("SELECT 2")
    assert athena.execution(waiting)["Status"]["State"] == "QUEUED"
    athena.service.call("StopQueryExecution", {"QueryExecutionId": stopped})
    assert athena.execution(stopped)["Status"]["State"] == "CANCELLED"
    athena.service.call("StopQueryExecution", {"QueryExecutionId": busy})
    execution = athena.wait(waiting, seconds=5)
    assert execution["Status"]["State"] == "SUCCEEDED"
    assert execution["Statistics"]["QueryQueueTimeInMillis"] > 0
    assert athena.execution(stopped)["Status"]["State"] == "CANCELLED"


def test_stopping_a_finished_query_changes_nothing(athena):
    execution = athena.run("SELECT 1")
    athena.service.call("StopQueryExecution", {"QueryExecutionId": execution["QueryExecutionId"]})
    assert athena.execution(execution["QueryExecutionId"]) == execution


def test_history_and_results_survive_a_restart(lake, new_service, athena):
    done = athena.run("SELECT 7 AS sete")["QueryExecutionId"]
    athena.service.close()
    athena.service = new_service()
    assert athena.execution(done)["Status"]["State"] == "SUCCEEDED"
    assert athena.results(done) == [["sete"], ["7"]]
    assert athena.service.call("ListQueryExecutions", {})["QueryExecutionIds"] == [done]


def test_a_query_that_died_with_the_process_is_failed_at_the_next_start(lake, new_service, athena):
    lost = athena.start(ENDLESS)
    until(lambda: athena.execution(lost)["Status"]["State"] == "RUNNING")
    second = new_service()  # what a new process finds after a kill
    status = second.call("GetQueryExecution", {"QueryExecutionId": lost})["QueryExecution"]["Status"]
    assert status["State"] == "FAILED"
    assert status["AthenaError"]["Retryable"] is True


def test_executions_are_listed_newest_first_in_pages(athena):
    ids = [athena.run(f"SELECT {number}")["QueryExecutionId"] for number in range(3)]
    first = athena.service.call("ListQueryExecutions", {"MaxResults": 2})
    rest = athena.service.call("ListQueryExecutions", {"MaxResults": 2, "NextToken": first["NextToken"]})
    assert first["QueryExecutionIds"] + rest["QueryExecutionIds"] == ids[::-1]
    assert "NextToken" not in rest


def test_many_executions_are_asked_for_at_once(athena):
    known = athena.run("SELECT 1")["QueryExecutionId"]
    answer = athena.service.call("BatchGetQueryExecution", {"QueryExecutionIds": [known, "nenhuma"]})
    assert [item["QueryExecutionId"] for item in answer["QueryExecutions"]] == [known]
    assert [item["QueryExecutionId"] for item in answer["UnprocessedQueryExecutionIds"]] == ["nenhuma"]


def test_an_unknown_execution_is_an_error(athena):
    with pytest.raises(ServiceError, match="QueryExecution nenhuma was not found"):
        athena.execution("nenhuma")


def test_without_an_output_location_nothing_starts(lake, new_service, athena):
    athena.service = new_service(athenaOutput=None)
    athena.service.call(
        "UpdateWorkGroup",
        {
            "WorkGroup": "primary",
            "ConfigurationUpdates": {"ResultConfigurationUpdates": {"RemoveOutputLocation": True}},
        },
    )
    with pytest.raises(ServiceError, match="No output location provided") as caught:
        athena.start("SELECT 1")
    assert caught.value.code == "InvalidRequestException"


def test_an_output_bucket_that_is_not_there_fails_the_query(athena):
    message = athena.failure("SELECT 1", ResultConfiguration={"OutputLocation": "s3://nao-existe/x/"})
    assert "Unable to verify/create output bucket nao-existe" in message


def test_a_workgroup_decides_where_its_results_go(athena, lake):
    call = athena.service.call
    location = f"{lake.location}/grupo/"
    configuration = {"ResultConfiguration": {"OutputLocation": location}, "EnforceWorkGroupConfiguration": True}
    call("CreateWorkGroup", {"Name": "analistas", "Description": "d", "Configuration": configuration})
    with pytest.raises(ServiceError, match="already created"):
        call("CreateWorkGroup", {"Name": "analistas"})
    asked = {"OutputLocation": "s3://lake/outro/"}
    execution = athena.run("SELECT 1", WorkGroup="analistas", ResultConfiguration=asked)
    assert execution["ResultConfiguration"]["OutputLocation"].startswith(location)
    assert call("ListQueryExecutions", {"WorkGroup": "analistas"})["QueryExecutionIds"] == [
        execution["QueryExecutionId"]
    ]
    assert [group["Name"] for group in call("ListWorkGroups", {})["WorkGroups"]] == ["analistas", "primary"]
    call("UpdateWorkGroup", {"WorkGroup": "analistas", "State": "DISABLED"})
    assert call("GetWorkGroup", {"WorkGroup": "analistas"})["WorkGroup"]["State"] == "DISABLED"
    with pytest.raises(ServiceError, match="disabled"):
        athena.start("SELECT 1", WorkGroup="analistas")
    with pytest.raises(ServiceError, match="is not empty"):
        call("DeleteWorkGroup", {"WorkGroup": "analistas"})
    call("DeleteWorkGroup", {"WorkGroup": "analistas", "RecursiveDeleteOption": True})
    with pytest.raises(ServiceError, match="WorkGroup analistas is not found"):
        call("GetWorkGroup", {"WorkGroup": "analistas"})


def test_the_catalogue_is_told_as_glue_has_it(athena, lake):
    lake.table("t", pa.table({"id": pa.array([1], pa.int64())}))
    call = athena.service.call
    assert call("ListDataCatalogs", {})["DataCatalogsSummary"] == [{"CatalogName": "AwsDataCatalog", "Type": "GLUE"}]
    where = {"CatalogName": "AwsDataCatalog", "DatabaseName": lake.database}
    assert call("GetDatabase", where)["Database"]["Name"] == lake.database
    names = [item["Name"] for item in call("ListDatabases", {"CatalogName": "AwsDataCatalog"})["DatabaseList"]]
    assert lake.database in names
    (listed,) = call("ListTableMetadata", where)["TableMetadataList"]
    assert listed == call("GetTableMetadata", where | {"TableName": "t"})["TableMetadata"]
    assert [(column["Name"], column["Type"]) for column in listed["Columns"]] == [("id", "bigint")]
    with pytest.raises(ServiceError, match="Entity .*nada was not found"):
        call("GetTableMetadata", where | {"TableName": "nada"})


@pytest.mark.parametrize("operation", ["CreateNamedQuery", "CreatePreparedStatement", "StartSession", "Inexistente"])
def test_an_operation_that_is_not_done_is_an_error(athena, operation):
    with pytest.raises(ServiceError, match=f"does not do {operation}"):
        athena.service.call(operation, {})


def test_a_call_without_what_it_needs_says_what(athena):
    with pytest.raises(ServiceError, match="QueryString"):
        athena.service.call("StartQueryExecution", {})
