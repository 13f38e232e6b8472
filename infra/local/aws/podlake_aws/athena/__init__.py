"""Athena for one machine: its API over sqlglot, DuckDB and pyiceberg."""

from .service import AthenaService

__all__ = ["AthenaService"]
