"""How Athena writes a value: in a result file and in GetQueryResults, where every value is text or null."""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Callable
from typing import Any

import pyarrow as pa
from sqlglot import exp

from .types import INTEGERS, T, as_decimal, fields


def writer(kind: exp.DataType) -> Callable[[Any], str | None]:
    """The function that turns a column's values, as pyarrow gives them, into text; None stays None."""
    write = _writer(kind)
    return lambda value: None if value is None else write(value)


def _writer(kind: exp.DataType) -> Callable[[Any], str]:
    if kind.this in INTEGERS:
        return lambda value: str(int(value))
    if kind.this == T.DECIMAL:
        scale = as_decimal(kind)[1]
        unit = decimal.Decimal(1).scaleb(-scale)
        context = decimal.Context(prec=76, rounding=decimal.ROUND_HALF_UP)
        return lambda value: format(decimal.Decimal(str(value)).quantize(unit, context=context), "f")
    if kind.this in (T.DOUBLE, T.FLOAT):
        return lambda value: double(float(value))
    if kind.this == T.BOOLEAN:
        return lambda value: "true" if value else "false"
    if kind.this == T.TIMESTAMP:
        return _clock
    if kind.this == T.TIMESTAMPTZ:
        return lambda value: f"{_clock(value)} UTC"
    if kind.this == T.TIMESTAMPLTZ:
        zone = kind.args["zone"].name
        return lambda value: f"{_clock(value)} {zone}"
    if kind.this == T.ARRAY:
        inner = writer(kind.expressions[0])
        return lambda value: "[" + ", ".join(_or_null(inner(item)) for item in value) + "]"
    if kind.this == T.MAP:
        key, item = writer(kind.expressions[0]), writer(kind.expressions[1])
        return lambda value: "{" + ", ".join(f"{_or_null(key(k))}={_or_null(item(v))}" for k, v in value) + "}"
    if kind.this == T.STRUCT:
        parts = [(name, shown, writer(of)) for name, shown, of in fields(kind)]
        return lambda value: "{" + ", ".join(f"{shown}={_or_null(w(value[name]))}" for name, shown, w in parts) + "}"
    return _any


def _or_null(text: str | None) -> str:
    return "null" if text is None else text


def _clock(value: datetime.datetime | datetime.date) -> str:
    """Milliseconds, as in Athena; microseconds only where a value has them, so that none is lost."""
    if not isinstance(value, datetime.datetime):
        return f"{value.isoformat()} 00:00:00.000"
    micros = value.microsecond
    fraction = f"{micros // 1000:03d}" if micros % 1000 == 0 else f"{micros:06d}"
    return f"{value.strftime('%Y-%m-%d %H:%M:%S') if value.year > 999 else str(value)[:19]}.{fraction}"


def double(value: float) -> str:
    """As Java writes a double: `0.1`, `599026.0`, `1.0E7`, `1.0E-4`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0.0" if math.copysign(1, value) < 0 else "0.0"
    sign, digits, exponent = decimal.Decimal(repr(value)).normalize().as_tuple()
    figures = "".join(map(str, digits))
    point = len(figures) + exponent  # the digits before the decimal point
    minus = "-" if sign else ""
    if not 1e-3 <= abs(value) < 1e7:
        return f"{minus}{figures[0]}.{figures[1:] or '0'}E{point - 1}"
    if point <= 0:
        return f"{minus}0.{'0' * -point}{figures}"
    return f"{minus}{figures[:point].ljust(point, '0')}.{figures[point:] or '0'}"


def _any(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex(" ")
    if isinstance(value, datetime.datetime):
        return _clock(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, pa.MonthDayNano):
        return _interval(*value)
    return str(value)


def _interval(months: int, days: int, nanos: int) -> str:
    """`2-3` for years and months, `1 02:03:04.000` for the rest, as Trino shows intervals."""
    if months:
        return f"{'-' if months < 0 else ''}{abs(months) // 12}-{abs(months) % 12}"
    millis = days * 86_400_000 + nanos // 1_000_000
    seconds, rest = divmod(abs(millis), 1000)
    minutes, hours = seconds // 60, seconds // 3600
    minus = "-" if millis < 0 else ""
    return f"{minus}{hours // 24} {hours % 24:02d}:{minutes % 60:02d}:{seconds % 60:02d}.{rest:03d}"
