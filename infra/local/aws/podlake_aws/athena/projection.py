"""Partition projection of type `date`: a format of Java's, and a range whose ends may be counted from now."""

from __future__ import annotations

import datetime
import re

from .failures import QueryFailure

# Java's letters of the formats that are read here. Others are said, not guessed.
_LETTERS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_NOW = re.compile(r"NOW\s*(?:([+-])\s*(\d+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?", re.IGNORECASE)


def in_dates(value: str, name: str, parameters: dict[str, str]) -> bool:
    """Whether a partition's value has the column's format and lies in its range, both ends included."""
    pattern = _pattern(parameters.get(f"projection.{name}.format", ""), name)
    moment = _moment(value, pattern)
    # Another way to write the same date, as 2026-1 for 2026-01, is the name of no folder that Athena looks into.
    if moment is None or moment.strftime(pattern) != value:
        return False
    low, high = (_end(text, pattern, name) for text in parameters.get(f"projection.{name}.range", ",").split(",", 1))
    return low <= moment <= high


def _pattern(java: str, name: str) -> str:
    parts = re.findall(r"[A-Za-z]+|[^A-Za-z]+", java)
    unknown = [part for part in parts if part.isalpha() and part not in _LETTERS]
    if not parts or unknown:
        raise QueryFailure(
            "INVALID_TABLE_PROPERTY", f"projection.{name}.format '{java}' is not read by the local Athena"
        )
    return "".join(_LETTERS.get(part, part.replace("%", "%%")) for part in parts)


def _end(text: str, pattern: str, name: str) -> datetime.datetime:
    found = _NOW.fullmatch(text.strip())
    if found:
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        sign, count, unit = found.groups()
        return _moved(now, int(f"{sign}{count}"), unit.upper()) if unit else now
    moment = _moment(text.strip(), pattern)
    if moment is None:
        raise QueryFailure("INVALID_TABLE_PROPERTY", f"projection.{name}.range has no end of its format: '{text}'")
    return moment


def _moved(now: datetime.datetime, count: int, unit: str) -> datetime.datetime:
    if unit not in ("YEAR", "MONTH"):
        return now + count * datetime.timedelta(**{f"{unit.lower()}s": 1})
    months = now.year * 12 + now.month - 1 + count * (12 if unit == "YEAR" else 1)
    # The day is of no account to a month, and every month has a 28th.
    return now.replace(year=months // 12, month=months % 12 + 1, day=min(now.day, 28))


def _moment(text: str, pattern: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.strptime(text, pattern)
    except ValueError:
        return None
