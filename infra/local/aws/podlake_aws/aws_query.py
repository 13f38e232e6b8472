"""The query protocol, which SNS speaks: a form with an Action goes in, XML comes out."""

from html import escape
from urllib.parse import parse_qs

from werkzeug.wrappers import Response

from .errors import ServiceError


def operation(body: bytes) -> str:
    return parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]


def refusal(error: ServiceError) -> Response:
    fault = "Sender" if error.status < 500 else "Receiver"
    body = (
        f"<ErrorResponse><Error><Type>{fault}</Type><Code>{error.code}</Code>"
        f"<Message>{escape(error.message)}</Message></Error></ErrorResponse>"
    )
    return Response(body, error.status, content_type="text/xml")
