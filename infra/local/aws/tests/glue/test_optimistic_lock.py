"""UpdateTable with a VersionId: of two who read the same version, one wins and the other is told."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_process import Endpoint


def table_input(pointer: str) -> dict[str, Any]:
    return {"Name": "t", "TableType": "EXTERNAL_TABLE", "Parameters": {"metadata_location": pointer}}


@pytest.fixture
def table(lasting_endpoint: Endpoint) -> Iterator[Any]:
    glue = lasting_endpoint.client("glue")
    glue.create_database(DatabaseInput={"Name": "trusted"})
    glue.create_table(DatabaseName="trusted", TableInput=table_input("v0"))
    yield glue
    glue.delete_database(Name="trusted")


def current(glue: Any) -> dict[str, Any]:
    return glue.get_table(DatabaseName="trusted", Name="t")["Table"]


def test_an_update_for_the_current_version_is_taken_and_the_version_rises(table: Any) -> None:
    version = current(table)["VersionId"]
    table.update_table(DatabaseName="trusted", TableInput=table_input("v1"), VersionId=version)
    assert current(table)["Parameters"]["metadata_location"] == "v1"
    assert int(current(table)["VersionId"]) == int(version) + 1


def test_an_update_for_an_older_version_is_refused_and_changes_nothing(table: Any) -> None:
    old = current(table)["VersionId"]
    table.update_table(DatabaseName="trusted", TableInput=table_input("winner"), VersionId=old)
    after = current(table)
    with pytest.raises(table.exceptions.ConcurrentModificationException):
        table.update_table(DatabaseName="trusted", TableInput=table_input("loser"), VersionId=old)
    assert current(table) == after


def test_an_update_that_names_no_version_is_taken(table: Any) -> None:
    table.update_table(DatabaseName="trusted", TableInput=table_input("v1"))
    assert current(table)["Parameters"]["metadata_location"] == "v1"


def test_of_many_who_read_one_version_exactly_one_wins(table: Any, lasting_endpoint: Endpoint) -> None:
    version = current(table)["VersionId"]
    start = threading.Barrier(8)
    won: list[int] = []
    lost: list[str] = []

    def writer(number: int) -> None:
        glue = lasting_endpoint.client("glue")
        start.wait()
        try:
            glue.update_table(DatabaseName="trusted", TableInput=table_input(f"{number}"), VersionId=version)
            won.append(number)
        except ClientError as error:
            lost.append(error.response["Error"]["Code"])

    threads = [threading.Thread(target=writer, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert lost == ["ConcurrentModificationException"] * 7
    assert current(table)["Parameters"]["metadata_location"] == f"{won[0]}"


def versions(glue: Any) -> list[int]:
    found = glue.get_table_versions(DatabaseName="trusted", TableName="t")["TableVersions"]
    return sorted(int(version["VersionId"]) for version in found)


def test_versions_are_archived_unless_the_update_says_not_to(table: Any) -> None:
    for number in range(2):
        table.update_table(DatabaseName="trusted", TableInput=table_input(f"v{number}"))
    assert versions(table) == [1, 2, 3]
    for number in range(5):
        table.update_table(
            DatabaseName="trusted", TableInput=table_input(f"w{number}"), SkipArchive=True,
            VersionId=current(table)["VersionId"],
        )  # fmt: skip
    assert versions(table) == [1, 2, 8]
    assert current(table)["Parameters"]["metadata_location"] == "w4"
