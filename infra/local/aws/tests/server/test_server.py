"""The process itself: how it starts, stops, refuses, and what it does not let through."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_process import PACKAGE_ROOT, Endpoint


@pytest.fixture
def endpoint(new_endpoint: Callable[..., Endpoint]) -> Endpoint:
    return new_endpoint()


def start_and_fail(endpoint: Endpoint, config: str | None = None) -> str:
    """Starts a second process with the endpoint's configuration; returns its words of refusal."""
    path = endpoint.folder / "second.json"
    path.write_text(config if config is not None else json.dumps(endpoint.settings))
    second = subprocess.run(
        [sys.executable, "-m", "podlake_aws", "--config", str(path)],
        cwd=endpoint.folder, env={"PYTHONPATH": str(PACKAGE_ROOT)}, capture_output=True, text=True, timeout=30,
        check=False,
    )  # fmt: skip
    assert second.returncode == 2
    assert second.stdout == ""
    assert len(second.stderr.splitlines()) == 1, second.stderr
    return second.stderr


def test_it_says_that_it_is_well_and_stops_cleanly_when_asked(endpoint: Endpoint) -> None:
    with urllib.request.urlopen(f"{endpoint.url}/health", timeout=5) as response:
        assert response.status == 200
    for number in (signal.SIGTERM, signal.SIGINT):
        assert endpoint.end(number) == 0
        endpoint.start()


def test_a_second_server_on_the_same_state_is_refused_in_one_sentence(endpoint: Endpoint) -> None:
    assert "in use by another running endpoint" in start_and_fail(endpoint)


def test_a_killed_server_leaves_no_stale_lock(endpoint: Endpoint) -> None:
    endpoint.end(signal.SIGKILL)
    endpoint.start()


def test_a_taken_port_is_named_in_one_sentence(endpoint: Endpoint) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        changed = endpoint.settings | {"port": port, "stateDir": str(endpoint.folder / "other")}
        assert f"Port {port} of 127.0.0.1 cannot be taken" in start_and_fail(endpoint, json.dumps(changed))


@pytest.mark.parametrize(
    ("config", "says"),
    [("{", "is not JSON"), ("[]", "one JSON object"), ('{"port": 1}', "lacks `stateDir`"), ('{"port": "1"}', "`port`")],
)
def test_a_configuration_that_cannot_be_used_says_what_is_wrong(endpoint: Endpoint, config: str, says: str) -> None:
    assert says in start_and_fail(endpoint, config)


def test_state_of_another_format_is_refused_and_left_alone(endpoint: Endpoint) -> None:
    endpoint.end(signal.SIGTERM)
    with sqlite3.connect(endpoint.state_dir / "glue.sqlite") as database:
        database.execute("pragma user_version = 99")
    said = start_and_fail(endpoint)
    assert "format 99" in said
    with sqlite3.connect(endpoint.state_dir / "glue.sqlite") as database:
        assert database.execute("pragma user_version").fetchone() == (99,)
        database.execute("pragma user_version = 1")
    endpoint.start()


def test_services_that_are_not_there_are_refused_by_name(lasting_endpoint: Endpoint) -> None:
    with pytest.raises(ClientError, match="it does not do 'sts'"):
        lasting_endpoint.client("sts").get_caller_identity()
    with pytest.raises(ClientError) as refused:
        lasting_endpoint.client("dynamodb").list_tables()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_moto_s_own_pages_which_could_erase_everything_are_not_served(lasting_endpoint: Endpoint) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{lasting_endpoint.url}/moto-api/reset", data=b"", timeout=5)
    assert refused.value.code == 501


def test_another_region_is_refused_because_its_state_would_not_be_kept(lasting_endpoint: Endpoint) -> None:
    with pytest.raises(ClientError, match="serves us-east-1, not region sa-east-1"):
        lasting_endpoint.client("glue", region="sa-east-1").get_databases()


def test_a_body_that_is_not_json_is_refused(lasting_endpoint: Endpoint) -> None:
    request = urllib.request.Request(
        lasting_endpoint.url, data=b"{", headers={"X-Amz-Target": "ElasticMapReduce.ListClusters"}, method="POST"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    assert json.loads(refused.value.read())["__type"] == "SerializationException"


def test_an_operation_that_no_service_has_is_refused(lasting_endpoint: Endpoint) -> None:
    request = urllib.request.Request(
        lasting_endpoint.url, data=b"{}", headers={"X-Amz-Target": "ElasticMapReduce.Fly"}, method="POST"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    assert json.loads(refused.value.read())["__type"] == "UnknownOperationException"


def test_topics_and_subscriptions_survive_a_kill(endpoint: Endpoint) -> None:
    sns = endpoint.client("sns")
    arn = sns.create_topic(Name="podlake-alertas", Tags=[{"Key": "owner", "Value": "lake"}])["TopicArn"]
    sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="Alertas")
    kept = sns.subscribe(
        TopicArn=arn, Protocol="email", Endpoint="data@example.org", ReturnSubscriptionArn=True,
        Attributes={"FilterPolicy": '{"severity": ["error"]}'},
    )["SubscriptionArn"]  # fmt: skip
    ended = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="old@example.org")["SubscriptionArn"]
    sns.unsubscribe(SubscriptionArn=ended)

    def seen(client: Any) -> list[Any]:
        return [
            client.get_topic_attributes(TopicArn=arn)["Attributes"],
            client.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"],
            client.get_subscription_attributes(SubscriptionArn=kept)["Attributes"],
            client.list_tags_for_resource(ResourceArn=arn)["Tags"],
        ]

    before = seen(sns)
    assert [found["Endpoint"] for found in before[1]] == ["data@example.org"]
    endpoint.end(signal.SIGKILL)
    endpoint.start()
    after = endpoint.client("sns")
    assert seen(after) == before
    assert after.publish(TopicArn=arn, Message="a held delivery")["MessageId"]


def test_a_deleted_topic_takes_its_subscriptions_along_also_after_a_kill(endpoint: Endpoint) -> None:
    sns = endpoint.client("sns")
    kept, ended = (sns.create_topic(Name=name)["TopicArn"] for name in ("kept", "ended"))
    for arn in (kept, ended):
        sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="data@example.org")
    sns.delete_topic(TopicArn=ended)
    endpoint.end(signal.SIGKILL)
    endpoint.start()
    sns = endpoint.client("sns")
    assert [topic["TopicArn"] for topic in sns.list_topics()["Topics"]] == [kept]
    assert [found["TopicArn"] for found in sns.list_subscriptions()["Subscriptions"]] == [kept]


def test_an_sns_operation_that_is_not_done_is_refused(lasting_endpoint: Endpoint) -> None:
    with pytest.raises(ClientError, match="does not do 'CreatePlatformApplication'"):
        lasting_endpoint.client("sns").create_platform_application(Name="a", Platform="GCM", Attributes={})
