"""Runs moto for the services of which it keeps the state: one request at a time, saved before it is answered.

One at a time, reads too: moto's dictionaries are not made for threads, a check and its write must be one, and nobody
may see what is not on disk yet.
"""

import gc
import io
import logging
import threading
from collections.abc import Iterable
from typing import Any, Protocol

from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Request, Response

from .. import aws_json, aws_query
from ..configuration import Configuration
from ..errors import ServiceError
from ..signature import signed_scope

log = logging.getLogger("podlake_aws.moto")


class DurableService(Protocol):
    """What the layer needs to know of one of moto's services."""

    name: str

    def is_write(self, operation: str) -> bool:
        """Raises ServiceError for an operation that is not done."""
        ...

    def before(self, operation: str, body: bytes) -> None:
        """Refuses (ServiceError) what moto would wrongly accept."""
        ...

    def save(self, operation: str, body: bytes) -> None:
        """Brings the disk up to what memory has become by the operation."""
        ...

    def restore(self) -> None:
        """Makes memory what the disk says."""
        ...

    def close(self) -> None: ...


class DurableMoto:
    def __init__(self, services: Iterable[DurableService], region: str) -> None:
        self.region = region
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.services = {service.name: service for service in services}
        self.locks = {name: threading.Lock() for name in self.services}
        self._restore_all()

    def _restore_all(self) -> None:
        # A long history is objects by the hundred thousand, and none of them is garbage: looking for some among them
        # takes three times as long as reading them, and would hold up requests for tenths of a second later on.
        gc.disable()
        try:
            for service in self.services.values():
                service.restore()
        finally:
            gc.freeze()
            gc.enable()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        body = request.get_data()
        target, _, operation = request.headers.get("X-Amz-Target", "").partition(".")
        name = "glue" if target == "AWSGlue" else "sns"
        if name == "sns":
            operation = aws_query.operation(body)
        try:
            self._check_region(request)
            response = self._perform(self.services[name], operation, body, environ)
        except ServiceError as error:
            response = aws_json.refusal(error) if name == "glue" else aws_query.refusal(error)
        return response(environ, start_response)

    def _check_region(self, request: Request) -> None:
        """moto keeps each region apart, and only this one is kept on disk."""
        scope = signed_scope(request)
        if scope is None or scope.region != self.region:
            given = f"region {scope.region}" if scope else "no region (the request is not signed)"
            raise ServiceError("InvalidSignatureException", f"This endpoint serves {self.region}, not {given}.", 403)

    def _perform(self, service: DurableService, operation: str, body: bytes, environ: dict[str, Any]) -> Response:
        write = service.is_write(operation)
        with self.locks[service.name]:
            service.before(operation, body)
            environ["wsgi.input"] = io.BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
            try:
                response = Response.from_app(self.moto, environ, buffered=True)
            except Exception as error:
                log.exception("%s %s failed in moto", service.name, operation)
                if write:
                    service.restore()
                raise ServiceError("InternalServiceException", f"{operation} failed: {error!r}", 500) from error
            if write and response.status_code < 300:
                self._save(service, operation, body)
            return response

    def _save(self, service: DurableService, operation: str, body: bytes) -> None:
        try:
            service.save(operation, body)
        except Exception as error:
            # Nobody was told: memory goes back to what the disk says, and the caller may try again.
            log.exception("the state after %s %s could not be saved", service.name, operation)
            service.restore()
            raise ServiceError(
                "InternalServiceException", f"{operation} could not be saved and did not happen: {error}.", 500
            ) from error

    def close(self) -> None:
        for name, service in self.services.items():
            with self.locks[name]:
                service.close()


def durable_moto(configuration: Configuration) -> DurableMoto:
    from ..glue.service import GlueService
    from ..sns.service import SnsService

    if configuration.account_id != DEFAULT_ACCOUNT_ID:
        raise RuntimeError(f"moto was loaded for account {DEFAULT_ACCOUNT_ID}, not {configuration.account_id}")
    return DurableMoto([GlueService(configuration), SnsService(configuration)], configuration.region)
