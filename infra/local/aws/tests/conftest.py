"""Fixtures of all the endpoint's tests: an S3 server, endpoints that come and go, a spark-submit that is quick."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint_process import (
    ACCESS_KEY,
    REGION,
    SECRET_KEY,
    Endpoint,
    answers,
    free_port,
    tool,
    until,
)
from fake_spark import make_spark_home


@pytest.fixture(scope="session")
def versitygw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an S3 server with the bucket `lake`."""
    binary = tool("PODLAKE_VERSITYGW")
    root = tmp_path_factory.mktemp("s3")
    (root / "lake").mkdir()
    port = free_port()
    environment = os.environ | {
        "ROOT_ACCESS_KEY": ACCESS_KEY,
        "ROOT_SECRET_KEY": SECRET_KEY,
    }
    process = subprocess.Popen(
        [binary, "--port", f"127.0.0.1:{port}", "--region", REGION, "--quiet", "--health", "/health",
         "posix", str(root)],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(
            lambda: answers(f"http://127.0.0.1:{port}/health"),
            what="versitygw's health",
        )
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def new_endpoint(tmp_path: Path) -> Iterator[Callable[..., Endpoint]]:
    """Makes endpoints that are stopped after the test, whatever it did to them."""
    made: list[Endpoint] = []

    def make(**settings: Any) -> Endpoint:
        folder = tmp_path / f"endpoint-{len(made)}"
        folder.mkdir()
        made.append(Endpoint(folder, settings))
        return made[-1].start()

    yield make
    for endpoint in made:
        endpoint.end_for_good()


@pytest.fixture(scope="session")
def fake_spark_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_spark_home(tmp_path_factory.mktemp("spark"))


@pytest.fixture(scope="session")
def lasting_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """One for all tests that neither stop it nor mind what others made on it."""
    running = Endpoint(tmp_path_factory.mktemp("lasting"), {}).start()
    yield running
    running.end_for_good()
