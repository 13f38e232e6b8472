"""AWS JSON 1.1, the protocol of EMR, Athena and Glue: X-Amz-Target names the operation, the body is one JSON object."""

import json
from typing import Any
from uuid import uuid4

from werkzeug.wrappers import Request, Response

from .errors import ServiceError

CONTENT_TYPE = "application/x-amz-json-1.1"


def parse_body(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body or b"{}")
    except ValueError as error:
        raise ServiceError("SerializationException", f"The request's body is not JSON: {error}.") from error
    if not isinstance(payload, dict):
        raise ServiceError("SerializationException", "The request's body must be a JSON object.")
    return payload


def read_payload(request: Request) -> dict[str, Any]:
    return parse_body(request.get_data())


def answer(payload: dict[str, Any] | None) -> Response:
    body = json.dumps(payload) if payload is not None else ""
    return Response(body, 200, {"x-amzn-RequestId": str(uuid4())}, content_type=CONTENT_TYPE)


def refusal(error: ServiceError) -> Response:
    body = json.dumps({"__type": error.code, "message": error.message})
    headers = {"x-amzn-RequestId": str(uuid4()), "x-amzn-ErrorType": error.code}
    return Response(body, error.status, headers, content_type=CONTENT_TYPE)
