"""Markers of EMR's lists: opaque to the caller, inside the number of the last row shown."""

import base64
import binascii
from typing import Any

from .requests import invalid_request

PAGE = 50


def row_number(marker: str | None) -> int | None:
    if not marker:
        return None
    try:
        return int(base64.urlsafe_b64decode(marker.encode()).decode())
    except (binascii.Error, ValueError) as error:
        raise invalid_request("The marker is not one that this list gave.") from error


def next_marker(number: int | None) -> dict[str, Any]:
    return {} if number is None else {"Marker": base64.urlsafe_b64encode(str(number).encode()).decode()}
