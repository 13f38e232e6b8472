"""Glue on an endpoint that tests may kill."""

from collections.abc import Callable
from typing import Any

import pytest
from endpoint_process import Endpoint


@pytest.fixture
def endpoint(new_endpoint: Callable[..., Endpoint]) -> Endpoint:
    return new_endpoint()


@pytest.fixture
def glue(endpoint: Endpoint) -> Any:
    return endpoint.client("glue")
