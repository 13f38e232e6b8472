"""Servers as processes, the endpoint on a state and moto alone, and a client of Glue for either."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from states import REGION, settings

SIGNED = f"AWS4-HMAC-SHA256 Credential=podlake/20260105/{REGION}/glue/aws4_request, SignedHeaders=host, Signature=0"


def endpoint(state: Path) -> list[str]:
    config = state.parent / f"{state.name}.json"
    config.write_text(json.dumps(settings(state)))
    return [sys.executable, "-m", "podlake_aws", "--config", str(config)]


def bare_moto(versions: int) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name("bare_moto.py")), str(versions)]


@contextmanager
def running(command: list[str]) -> Iterator["Glue"]:
    """From the start of the process; ends it afterwards."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server did not start: {' '.join(command)}")
        yield Glue(json.loads(line)["port"])
    finally:
        process.terminate()
        process.wait(timeout=20)


class Glue:
    """As thin as a client can be, so that the server's time is what is measured; a connection a request, as it closes."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port)

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        return self.send(operation, json.dumps(request).encode())

    def send(self, operation: str, body: bytes) -> dict[str, Any]:
        headers = {"X-Amz-Target": f"AWSGlue.{operation}", "Authorization": SIGNED}
        self.connection.request("POST", "/", body, headers)
        with self.connection.getresponse() as answer:
            content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{operation} was refused: {content.decode()}")
        return json.loads(content or b"{}")
