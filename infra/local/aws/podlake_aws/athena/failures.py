"""Why a query fails, in the words that Athena uses.

A QueryFailure ends one query (state FAILED); it is no error of the API call that started it.
"""

from __future__ import annotations

import re

SYSTEM, USER, OTHER = 1, 2, 3  # AthenaError.ErrorCategory


class QueryFailure(Exception):
    """A query that cannot be answered: an error name of the engine, a message, and where in the statement."""

    def __init__(self, name: str, message: str, at: tuple[int, int] | None = None, category: int = USER):
        place = f"line {at[0]}:{at[1]}: " if at else ""
        super().__init__(f"{name}: {place}{message}")
        self.name = name
        self.at = at
        self.category = category


class QueryCancelled(Exception):
    """The query was stopped by StopQueryExecution, or by the end of the process."""


def unsupported(what: str, at: tuple[int, int] | None = None) -> QueryFailure:
    return QueryFailure("NOT_SUPPORTED", what, at)


# The first pattern that is found in DuckDB's message tells the error; groups fill the message.
_KNOWN = [
    (r"Division by zero", "DIVISION_BY_ZERO", "Division by zero"),
    (r"PODLAKE (\w+): (.*)", None, None),
    (
        r"More than one row returned by a subquery",
        "SUBQUERY_MULTIPLE_ROWS",
        "Scalar sub-query has returned multiple rows",
    ),
    (r"invalid date field format: \"(.*?)\"", "INVALID_CAST_ARGUMENT", "Value cannot be cast to date: {0}"),
    (r"date field value out of range: \"(.*?)\"", "INVALID_CAST_ARGUMENT", "Value cannot be cast to date: {0}"),
    (r"timestamp field.*?: \"(.*?)\"", "INVALID_CAST_ARGUMENT", "Value cannot be cast to timestamp: {0}"),
    (r"Could not convert string ['\"](.*?)['\"] to (\S+)", "INVALID_CAST_ARGUMENT", "Cannot cast '{0}' to {1}"),
    (
        r"Type \w+ with value (\S+) can't be cast because the value is out of range for the destination type INT(\d+)",
        "NUMERIC_VALUE_OUT_OF_RANGE",
        "Out of range for {1}: {0}",
    ),
    (r"Could not cast value (\S+) to (\S+)", "INVALID_CAST_ARGUMENT", "Cannot cast value {0} to {1}"),
    (r"Overflow in (\w+) of INT(\d+) \((.*)\)", "NUMERIC_VALUE_OUT_OF_RANGE", "{1} {0} overflow: {2}"),
    (r"Overflow|out of range", "NUMERIC_VALUE_OUT_OF_RANGE", "A value is out of the range of its type"),
    (
        r"column \"(.*?)\" must appear in the GROUP BY clause",
        "EXPRESSION_NOT_AGGREGATE",
        "'{0}' must be an aggregate expression or appear in GROUP BY clause",
    ),
    (
        r"(WHERE|GROUP BY) clause cannot contain aggregates",
        "EXPRESSION_NOT_SCALAR",
        "{0} clause cannot contain aggregations, window functions or grouping operations",
    ),
    (r"(?:Scalar|Aggregate|Table) Function with name (\w+)", "FUNCTION_NOT_FOUND", "Function '{0}' not registered"),
    (
        r"No function matches the given name and argument types '(\w+)\((.*?)\)'",
        "FUNCTION_NOT_FOUND",
        "Unexpected parameters ({1}) for function {0}",
    ),
    (
        r"Out of Memory|failed to allocate",
        "EXCEEDED_LOCAL_MEMORY_LIMIT",
        "Query exhausted resources at this scale factor",
    ),
]
_INTEGERS = {"8": "tinyint", "16": "smallint", "32": "integer", "64": "bigint", "128": "decimal"}
_TYPES = {"INT32": "INT", "INT64": "BIGINT", "BOOL": "BOOLEAN", "FLOAT": "REAL", "INT16": "SMALLINT", "INT8": "TINYINT"}


def from_duckdb(error: Exception) -> QueryFailure:
    """Puts an error of DuckDB into Athena's words; one that has no counterpart keeps its own first line."""
    text = str(error)
    for pattern, name, message in _KNOWN:
        found = re.search(pattern, text)
        if not found:
            continue
        if name is None:
            return QueryFailure(found.group(1), found.group(2))
        groups = list(found.groups())
        if name == "NUMERIC_VALUE_OUT_OF_RANGE" and len(groups) > 1:
            groups[1] = _INTEGERS.get(groups[1], groups[1])
        if name == "INVALID_CAST_ARGUMENT" and len(groups) > 1:
            groups[1] = _TYPES.get(groups[1], groups[1])
        return QueryFailure(name, message.format(*groups))
    first_line = text.split("\n", 1)[0]
    return QueryFailure("GENERIC_USER_ERROR", re.sub(r"^[A-Z]\w+(?: \w+)* Error: ", "", first_line))
