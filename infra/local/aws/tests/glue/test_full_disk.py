"""A disk without room: SQLite itself runs out of pages, at a bound that stands for the disk's."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint_process import Endpoint
from werkzeug.test import Client, TestResponse

from podlake_aws.configuration import configuration_from
from podlake_aws.durable.application import DurableMoto, durable_moto

SIGNED = "AWS4-HMAC-SHA256 Credential=podlake/20260105/us-east-1/glue/aws4_request, SignedHeaders=host, Signature=0"
LARGE = {"k": "x" * 100_000}


def opened(folder: Path) -> DurableMoto:
    """In this process, because the bound on pages is the connection's."""
    settings = Endpoint(folder, {"port": 1}).settings
    (folder / "state").mkdir(exist_ok=True)
    return durable_moto(configuration_from(settings))


def call(moto: DurableMoto, operation: str, **request: Any) -> TestResponse:
    headers = {"X-Amz-Target": f"AWSGlue.{operation}", "Authorization": SIGNED}
    return Client(moto).post("/", data=json.dumps(request), headers=headers)


def parameters(moto: DurableMoto) -> dict[str, str]:
    return json.loads(call(moto, "GetTable", DatabaseName="d", Name="t").data)["Table"]["Parameters"]


def unreadable() -> Iterator[Any]:
    raise sqlite3.OperationalError("disk I/O error")
    yield


@pytest.fixture
def moto(tmp_path: Path) -> DurableMoto:
    moto = opened(tmp_path)
    call(moto, "CreateDatabase", DatabaseInput={"Name": "d"})
    call(moto, "CreateTable", DatabaseName="d", TableInput={"Name": "t", "Parameters": {"k": "kept"}})
    return moto


def test_an_update_on_a_full_disk_is_refused_in_one_sentence_and_did_not_happen(
    moto: DurableMoto, tmp_path: Path
) -> None:
    sqlite = moto.services["glue"].rows.database
    pages = sqlite.execute("pragma page_count").fetchone()[0]
    sqlite.execute(f"pragma max_page_count = {pages}")
    update = {"DatabaseName": "d", "TableInput": {"Name": "t", "Parameters": LARGE}, "VersionId": "1"}

    refused = call(moto, "UpdateTable", **update)
    assert refused.status_code == 500
    assert json.loads(refused.data) == {
        "__type": "InternalServiceException",
        "message": "UpdateTable could not be saved and did not happen: "
        f"the disk that holds {tmp_path / 'state'} is full, free some space there and repeat.",
    }
    assert parameters(moto) == {"k": "kept"}

    sqlite.execute(f"pragma max_page_count = {pages + 100}")
    assert call(moto, "UpdateTable", **update).status_code == 200
    moto.close()
    again = opened(tmp_path)
    assert parameters(again) == LARGE
    again.close()


def test_a_state_that_cannot_be_read_again_is_not_taken_for_an_empty_one(
    moto: DurableMoto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = moto.services["glue"].state
    with monkeypatch.context() as broken:
        broken.setattr(state.rows, "read", unreadable)
        with pytest.raises(sqlite3.OperationalError):
            state.restore()
    call(moto, "CreateDatabase", DatabaseInput={"Name": "another"})
    moto.close()
    again = opened(tmp_path)
    assert parameters(again) == {"k": "kept"}
    again.close()


def test_topics_that_cannot_be_read_again_are_not_taken_for_none(
    moto: DurableMoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = moto.services["sns"].state
    topic = state.backend.create_topic("kept")
    state.save()
    with monkeypatch.context() as broken:
        broken.setattr(state.rows, "read", unreadable)
        with pytest.raises(sqlite3.OperationalError):
            state.restore()
    state.save()
    state.restore()
    assert topic.arn in state.backend.topics
    moto.close()
