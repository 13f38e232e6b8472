"""UpdateTable's VersionId: who read version n may write n + 1 only if nobody else did.

This is what Iceberg's Glue catalogue builds its commits on. moto takes every update, so that of writers side by side
all but the last are acknowledged and lost.
"""

from typing import Any

from moto.glue.models import FakeTable

from ..errors import ServiceError


def check_version(table: FakeTable | None, request: dict[str, Any]) -> None:
    """Raises ConcurrentModificationException for the loser; a request without VersionId claims nothing."""
    wanted = request.get("VersionId")
    if table is None or wanted is None:
        return
    current = str(table._current_version)
    if str(wanted) != current:
        raise ServiceError(
            "ConcurrentModificationException",
            f"Update table failed due to concurrent modifications: {table.database_name}.{table.name} "
            f"is at version {current}, the update was made for version {wanted}.",
        )


def drop_archived(table: FakeTable, request: dict[str, Any]) -> None:
    """SkipArchive: the number still rises by one, but the version before it is not kept."""
    if request.get("SkipArchive"):
        table.versions.pop(str(table._current_version - 1), None)
