"""What Glue acknowledged is there after the server was killed, as it was."""

import signal
import sqlite3
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_process import Endpoint


def columns(*names: str) -> dict[str, Any]:
    return {"Columns": [{"Name": name, "Type": "string"} for name in names]}


def restart(endpoint: Endpoint) -> Any:
    endpoint.end(signal.SIGKILL)
    endpoint.start()
    return endpoint.client("glue")


def everything(glue: Any) -> dict[str, Any]:
    """All that a client can see of the catalogue."""
    found: dict[str, Any] = {"databases": glue.get_databases()["DatabaseList"]}
    for database in found["databases"]:
        tables = glue.get_tables(DatabaseName=database["Name"])["TableList"]
        found[database["Name"]] = tables
        for table in tables:
            name = {"DatabaseName": database["Name"], "TableName": table["Name"]}
            found[f"{database['Name']}.{table['Name']}"] = (
                glue.get_table_versions(**name)["TableVersions"],
                glue.get_partitions(**name)["Partitions"],
            )
    return found


def test_databases_tables_versions_partitions_and_tags_survive_a_kill(glue: Any, endpoint: Endpoint) -> None:
    glue.create_database(DatabaseInput={"Name": "refined", "Description": "números"}, Tags={"owner": "crédito"})
    glue.create_database(DatabaseInput={"Name": "controle"})
    for name in ("b", "a"):
        glue.create_table(
            DatabaseName="refined",
            TableInput={"Name": name, "StorageDescriptor": columns("x"), "Parameters": {"k": "1"}},
        )
    for number in range(3):
        glue.update_table(
            DatabaseName="refined", TableInput={"Name": "a", "StorageDescriptor": columns("x", f"y{number}")}
        )
    glue.delete_table_version(DatabaseName="refined", TableName="a", VersionId="2")
    glue.batch_create_partition(
        DatabaseName="refined",
        TableName="b",
        PartitionInputList=[{"Values": [day], "StorageDescriptor": columns("x")} for day in ("02", "01", "03")],
    )
    glue.delete_partition(DatabaseName="refined", TableName="b", PartitionValues=["01"])
    glue.create_table(DatabaseName="controle", TableInput={"Name": "dropped"})
    glue.delete_table(DatabaseName="controle", Name="dropped")
    arn = "arn:aws:glue:us-east-1:123456789012:database/refined"

    before, tags = everything(glue), glue.get_tags(ResourceArn=arn)["Tags"]
    assert [table["Name"] for table in before["refined"]] == ["b", "a"]
    assert [partition["Values"] for partition in before["refined.b"][1]] == [["02"], ["03"]]
    after = restart(endpoint)
    assert everything(after) == before
    assert after.get_tags(ResourceArn=arn)["Tags"] == tags == {"owner": "crédito"}


def test_a_table_made_again_under_its_name_begins_anew_also_after_a_kill(glue: Any, endpoint: Endpoint) -> None:
    glue.create_database(DatabaseInput={"Name": "d"})
    glue.create_table(DatabaseName="d", TableInput={"Name": "t", "Parameters": {"life": "first"}})
    for _ in range(3):
        glue.update_table(DatabaseName="d", TableInput={"Name": "t", "Parameters": {"life": "first"}})
    glue.delete_database(Name="d")
    glue.create_database(DatabaseInput={"Name": "d"})
    glue.create_table(DatabaseName="d", TableInput={"Name": "t", "Parameters": {"life": "second"}})
    before = everything(glue)
    assert [version["VersionId"] for version in before["d.t"][0]] == ["1"]
    assert everything(restart(endpoint)) == before


def test_the_lock_counts_on_after_a_kill(glue: Any, endpoint: Endpoint) -> None:
    glue.create_database(DatabaseInput={"Name": "d"})
    glue.create_table(DatabaseName="d", TableInput={"Name": "t"})
    glue.update_table(DatabaseName="d", TableInput={"Name": "t"}, VersionId="1", SkipArchive=True)
    glue = restart(endpoint)
    with pytest.raises(glue.exceptions.ConcurrentModificationException):
        glue.update_table(DatabaseName="d", TableInput={"Name": "t"}, VersionId="1")
    glue.update_table(DatabaseName="d", TableInput={"Name": "t"}, VersionId="2")


def test_what_cannot_be_saved_is_refused_and_did_not_happen(glue: Any, endpoint: Endpoint) -> None:
    glue.create_database(DatabaseInput={"Name": "d"})
    glue.create_table(DatabaseName="d", TableInput={"Name": "t", "Parameters": {"k": "kept"}})
    # a writer who holds the file stands for a disk that takes nothing
    with sqlite3.connect(endpoint.state_dir / "glue.sqlite", isolation_level=None) as held:
        held.execute("begin immediate")
        with pytest.raises(ClientError, match="could not be saved") as refused:
            glue.update_table(DatabaseName="d", TableInput={"Name": "t", "Parameters": {"k": "lost"}})
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        held.execute("rollback")
    assert glue.get_table(DatabaseName="d", Name="t")["Table"]["Parameters"] == {"k": "kept"}
    glue.update_table(DatabaseName="d", TableInput={"Name": "t", "Parameters": {"k": "new"}}, VersionId="1")
    assert restart(endpoint).get_table(DatabaseName="d", Name="t")["Table"]["Parameters"] == {"k": "new"}


def test_an_operation_that_moto_would_only_pretend_to_do_is_refused(lasting_endpoint: Endpoint) -> None:
    glue = lasting_endpoint.client("glue")
    with pytest.raises(ClientError, match="does not do 'CreateJob'") as refused:
        glue.create_job(Name="j", Role="r", Command={"Name": "glueetl"})
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
