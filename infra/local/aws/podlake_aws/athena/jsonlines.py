"""Lines of JSON as the OpenX SerDe reads them: one object a line, names in any case, what is missing is null."""

from __future__ import annotations

import datetime
import decimal
import gzip
import json
import re
from typing import Any

from sqlglot import exp

from .failures import QueryFailure
from .types import INTEGERS, TEXT, T


def rows(body: bytes, uri: str, kinds: dict[str, exp.DataType]) -> list[dict]:
    text = (gzip.decompress(body) if uri.endswith(".gz") else body).decode("utf-8-sig")
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            content = json.loads(line, parse_float=decimal.Decimal)
        except ValueError as error:
            raise QueryFailure("HIVE_CURSOR_ERROR", f"Row is not a valid JSON Object: {uri} line {number}") from error
        if not isinstance(content, dict):
            raise QueryFailure("HIVE_CURSOR_ERROR", f"Row is not a valid JSON Object: {uri} line {number}")
        lower = {name.lower(): item for name, item in content.items()}
        found.append({name: value(lower.get(name), kind, f"{uri} line {number}") for name, kind in kinds.items()})
    return found


def value(item: Any, kind: exp.DataType, where: str) -> Any:
    """A JSON value as the Python value of a column's type."""
    if item is None:
        return None
    try:
        return _value(item, kind, where)
    except (ValueError, TypeError, ArithmeticError) as error:
        shown = json.dumps(item, default=str)
        raise QueryFailure(
            "HIVE_BAD_DATA", f"{shown} is no value of type {kind.sql('hive').lower()}: {where}"
        ) from error


def _value(item: Any, kind: exp.DataType, where: str) -> Any:
    if kind.this in TEXT:
        return item if isinstance(item, str) else json.dumps(item, default=str, ensure_ascii=False)
    if kind.this in INTEGERS:
        return int(item)
    if kind.this in (T.DOUBLE, T.FLOAT):
        return float(item)
    if kind.this == T.DECIMAL:
        return decimal.Decimal(str(item)).quantize(decimal.Decimal(1).scaleb(-int((kind.expressions[1]).name)))
    if kind.this == T.BOOLEAN:
        return item if isinstance(item, bool) else str(item).lower() == "true"
    if kind.this == T.DATE:
        return datetime.date.fromisoformat(item)
    if kind.this in (T.TIMESTAMP, T.TIMESTAMPTZ):
        return _instant(item)
    if kind.this == T.ARRAY:
        return [value(part, kind.expressions[0], where) for part in item]
    if kind.this == T.MAP:
        return [(key, value(part, kind.expressions[1], where)) for key, part in item.items()]
    if kind.this == T.STRUCT:
        lower = {name.lower(): part for name, part in item.items()}
        return {f.name: value(lower.get(f.name.lower()), f.args["kind"], where) for f in kind.expressions}
    return item


def _instant(item: Any) -> datetime.datetime:
    """ISO 8601, the same with a blank for the T, or milliseconds since 1970; always UTC's wall clock."""
    if isinstance(item, (int, decimal.Decimal)):
        return datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=int(item))
    # Python 3.10 reads fractions of three and of six digits only.
    text = re.sub(r"\.(\d{1,6})\d*", lambda part: "." + part.group(1).ljust(6, "0"), str(item).strip())
    found = datetime.datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    return found.astimezone(datetime.timezone.utc).replace(tzinfo=None) if found.tzinfo else found
