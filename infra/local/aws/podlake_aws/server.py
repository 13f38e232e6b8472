"""One WSGI application for all services: it finds the service and the operation, and renders what they answer."""

import logging
from typing import Any, Protocol

from werkzeug.serving import WSGIRequestHandler
from werkzeug.wrappers import Request, Response

from . import aws_json, aws_query
from .errors import ServiceError
from .signature import signed_scope
from .state import StateError

log = logging.getLogger("podlake_aws.server")


class Service(Protocol):
    def call(self, operation: str, payload: dict[str, Any]) -> dict[str, Any] | None: ...


class Application:
    """Routes by X-Amz-Target (JSON services) or by the signature's service name (SNS speaks the query protocol)."""

    def __init__(self, services: dict[str, Service], moto: Any) -> None:
        self.services = services
        self.moto = moto

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        if request.path == "/health":
            return Response('{"status":"ok"}', content_type="application/json")(environ, start_response)
        target, _, operation = request.headers.get("X-Amz-Target", "").partition(".")
        if request.method == "POST" and target in self.services:
            return self._serve(self.services[target], operation, request)(environ, start_response)
        scope = signed_scope(request)
        service = scope.service if scope else None
        if request.method == "POST" and (target == "AWSGlue" or service == "sns"):
            return self.moto(environ, start_response)
        refused = ServiceError(
            "UnsupportedOperation",
            f"This endpoint serves Glue, EMR, Athena and SNS; it does not do {service or target or request.path!r}.",
            501,
        )
        protocol = aws_json if target else aws_query
        return protocol.refusal(refused)(environ, start_response)

    def _serve(self, service: Service, operation: str, request: Request) -> Response:
        try:
            return aws_json.answer(service.call(operation, aws_json.read_payload(request)))
        except ServiceError as error:
            log.info("%s refused: %s", operation, error)
            return aws_json.refusal(error)
        except StateError as error:
            log.exception("%s could not be saved", operation)
            message = f"{operation} could not be saved and did not happen: {error}."
            return aws_json.refusal(ServiceError("InternalServerException", message, 500))
        except Exception as error:
            log.exception("%s failed", operation)
            return aws_json.refusal(ServiceError("InternalServerException", f"{operation} failed: {error!r}", 500))


class RequestHandler(WSGIRequestHandler):
    """Answers leave in one piece: a kill between head and body would leave a client with an empty success."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        log.debug("%s %s %s", self.command, self.headers.get("X-Amz-Target", self.path), code)

    def log_error(self, format: str, *args: Any) -> None:
        log.warning(format, *args)
