"""A running EMR endpoint for all tests of this folder, and clusters on it in one call."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clusters import Emr
from endpoint_process import Endpoint


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory, fake_spark_home: Path, versitygw: str) -> Iterator[Endpoint]:
    settings = {"sparkHome": str(fake_spark_home), "s3Endpoint": versitygw}
    running = Endpoint(tmp_path_factory.mktemp("emr"), settings).start()
    yield running
    running.end_for_good()


@pytest.fixture
def emr(endpoint: Endpoint, versitygw: str) -> Iterator[Emr]:
    made = Emr(endpoint, versitygw)
    yield made
    made.end_all()
