"""Where a request is meant to go, by its SigV4 signature, which itself is not checked: the port is on loopback."""

from typing import NamedTuple

from werkzeug.wrappers import Request


class Scope(NamedTuple):
    region: str
    service: str


def signed_scope(request: Request) -> Scope | None:
    """From `Credential=<key>/<date>/<region>/<service>/aws4_request`; None for an unsigned request."""
    _, found, credential = request.headers.get("Authorization", "").partition("Credential=")
    parts = credential.split(",")[0].split("/")
    return Scope(parts[2], parts[3].lower()) if found and len(parts) >= 5 else None
