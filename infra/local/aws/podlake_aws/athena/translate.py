"""From a typed tree of Trino to the text that makes DuckDB compute the same.

What is alike in both engines is left to sqlglot; here stands what differs in a result: integer and decimal
arithmetic, means of decimals, dates, time zones, casts, and functions of another name or habit.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp
from sqlglot.errors import ErrorLevel, UnsupportedError

from . import types
from .arithmetic import WRAPPERS, aggregate, divide, remainder
from .failures import unsupported
from .nodes import call, cast, checked, kind, text
from .types import T


def translate(tree: exp.Expr) -> exp.Expr:
    """Rewrites in place, leaves first, and gives the root, which may be a new one."""
    for node in reversed(list(tree.dfs())):
        rewrite = _REWRITES.get(type(node))
        if rewrite is None:
            continue
        replacement = rewrite(node)
        if replacement is not None and replacement is not node:
            if replacement.type is None:
                replacement.type = node.type
            if node is tree:
                tree = replacement
            elif node.parent is not None:
                node.replace(replacement)
    return tree


def duckdb_sql(tree: exp.Expr) -> str:
    """DuckDB's text; what has none fails, as a near miss would be a wrong number."""
    try:
        return tree.sql(dialect="duckdb", comments=False, unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError as error:
        raise unsupported(f"The local Athena cannot do this: {error}") from error


def _decimal_sum(node: exp.Binary) -> exp.Expr | None:
    """DuckDB adds decimals in the type of the operands and overflows; Trino's result has one digit more."""
    result = node.type
    if result is not None and result.this == T.DECIMAL:
        return type(node)(this=cast(node.left, result), expression=cast(node.right, result))
    if result is not None and result.this == T.INTERVAL and kind(node.left).this == kind(node.right).this == T.DATE:
        return call("to_days", cast(exp.paren(node.copy()), "integer"))
    return _keep_time(node)


def _keep_time(node: exp.Expr) -> exp.Expr | None:
    """A date plus or minus an interval, or cut to a unit, stays a date; DuckDB makes a timestamp of it."""
    return cast(node, node.type) if node.type is not None and node.type.this == T.DATE else None


def _to(node: exp.Cast) -> exp.Expr | None:
    source, target = kind(node.this), types.from_trino(node.to.sql("athena"))
    node.set("to", target.copy())
    if source.this in types.TEXT and target.this in types.INTEGERS:
        name = types.text(target).upper().replace("INTEGER", "INT")
        node.set("this", checked(node, "whole", node.this, text(name)))
    elif source.this in (T.DOUBLE, T.FLOAT) and target.this in types.INTEGERS:
        node.set("this", call("round", node.this))
    elif target.this == T.TIMESTAMPTZ and source.this == T.TIMESTAMPLTZ:
        return _instant(node.this)
    elif target.this in types.TEXT and source.this in (T.TIMESTAMP, T.TIMESTAMPTZ, T.TIMESTAMPLTZ):
        shown = call("strftime", node.this, text("%Y-%m-%d %H:%M:%S.%g"))
        if source.this == T.TIMESTAMP:
            return shown
        zone = source.args["zone"] if source.this == T.TIMESTAMPLTZ else text("UTC")
        return exp.paren(exp.DPipe(this=exp.DPipe(this=shown, expression=text(" ")), expression=zone.copy()))
    return None


def _instant(node: exp.Expr) -> exp.Expr:
    """A wall clock with its zone, as the point in time that it is."""
    of = kind(node)
    if of.this != T.TIMESTAMPLTZ:
        return node
    back = exp.AtTimeZone(this=node.copy(), zone=of.args["zone"].copy())
    back.type = types.TIMESTAMPTZ
    return back


def _compare(node: exp.Expr) -> None:
    sides = [key for key in ("this", "expression", "low", "high") if node.args.get(key) is not None]
    if any(kind(node.args[key]).this == T.TIMESTAMPLTZ for key in sides):
        for key in sides:
            node.set(key, _instant(node.args[key]))


def _at_zone(this: exp.Expr, zone: exp.Expr) -> exp.Expr:
    inner = _instant(this)
    if kind(inner).this in (T.TIMESTAMP, T.DATE):
        inner = exp.AtTimeZone(this=cast(inner, types.TIMESTAMP), zone=text("UTC"))
    return exp.AtTimeZone(this=inner.copy(), zone=zone.copy())


def _date_diff(node: exp.DateDiff) -> exp.Expr:
    # Trino counts whole units that have passed, DuckDB's date_diff the borders between them that were crossed.
    start, end = (_instant(side.unnest()) for side in (node.expression, node.this))
    return call("date_sub", text(node.text("unit").lower() or "day"), start, end)


def _extract(node: exp.Extract) -> None:
    part = {
        "DOW": "ISODOW",
        "DAYOFWEEK": "ISODOW",
        "DAY_OF_WEEK": "ISODOW",
        "YOW": "ISOYEAR",
        "YEAR_OF_WEEK": "ISOYEAR",
    }
    if node.name.upper() in part:
        node.set("this", exp.var(part[node.name.upper()]))


def _group(node: exp.RegexpExtract) -> exp.Expr:
    return call("podlake_group", node.this, node.expression, node.args.get("group") or exp.Literal.number(0))


def _format(node: exp.Expr) -> exp.Expr:
    arguments = node.expressions if isinstance(node, exp.Anonymous) else [node.this, *node.expressions]
    pattern = arguments[0]
    if not isinstance(pattern, exp.Literal) or "%," in pattern.name:
        raise unsupported("format() with a computed pattern or with the flag ',' is not done by the local Athena")
    values = [cast(v, "double") if kind(v).this == T.DECIMAL else v for v in arguments[1:]]
    specifiers = list(pattern.name.replace("%%", "").split("%")[1:])
    for index, part in enumerate(specifiers):
        if part.lstrip("-0123456789.")[:1] == "s" and index < len(values):
            values[index] = cast(arguments[1 + index], types.VARCHAR)
    return call("printf", pattern, *values)


def _subscript(node: exp.Bracket) -> None:
    # sqlglot takes a whole number for a place in an array and counts it from 0; in a map it is a key.
    index = node.expressions[0]
    literal = isinstance(node.this, (exp.Map, exp.VarMap))
    if kind(node.this).this == T.MAP and not literal and node.args.get("offset") is None and index.is_int:
        node.set("expressions", [exp.Literal.number(int(index.name) + 1)])


def _random(node: exp.Rand) -> exp.Expr | None:
    limit = node.this
    return (
        cast(call("floor", exp.Mul(this=exp.Rand(), expression=exp.paren(limit.copy()))), kind(limit))
        if limit
        else None
    )


def _replace_groups(node: exp.RegexpReplace) -> None:
    replacement = node.args.get("replacement")
    if isinstance(replacement, exp.Literal):
        node.set("replacement", text(re.sub(r"\$(\d)", r"\\\1", replacement.name)))


def _slice(node: exp.ArraySlice) -> exp.Expr:
    """Trino's slice takes a length where DuckDB takes the last place."""
    start, length = exp.paren(node.args["start"].copy()), exp.paren(node.args["end"].copy())
    last = exp.Sub(this=exp.Add(this=start.copy(), expression=length), expression=exp.Literal.number(1))
    return call("list_slice", node.this, start, last)


def _sequence(node: exp.GenerateSeries) -> exp.Expr | None:
    element = node.type.expressions[0] if node.type is not None and node.type.expressions else types.UNKNOWN
    return cast(node, "date[]") if element.this == T.DATE else None


def _to_millis(node: exp.Expr) -> exp.Expr | None:
    cut = call("date_trunc", text("milliseconds"), node)
    cut.type = node.type
    return cut


def _unnest(node: exp.Unnest) -> None:
    if len(node.expressions) > 1 or any(kind(item).this == T.MAP for item in node.expressions):
        raise unsupported("UNNEST of a map, or of several arrays at once, is not done by the local Athena")


def _no_identity(node: exp.Expr) -> None:
    raise unsupported(f"{node.sql('athena').lower()} is not known to the local Athena")


def _named(node: exp.Anonymous) -> exp.Expr | None:
    name, arguments = node.name.lower(), node.expressions
    simple = {
        "at_timezone": lambda: _at_zone(*arguments),
        "nan": lambda: cast(text("NaN"), "double"),
        "infinity": lambda: cast(text("Infinity"), "double"),
        "map_agg": lambda: call("map", call("array_agg", arguments[0]), call("array_agg", arguments[1])),
        "is_finite": lambda: call("isfinite", *arguments),
        "is_infinite": lambda: call("isinf", *arguments),
        "every": lambda: call("bool_and", *arguments),
        "format": lambda: _format(node),
        "to_iso8601": lambda: call(
            "strftime",
            arguments[0],
            text("%Y-%m-%d" if kind(arguments[0]).this == T.DATE else "%Y-%m-%dT%H:%M:%S.%g"),
        ),
    }
    return simple[name]() if name in simple else None


_REWRITES: dict[type, Callable] = {
    exp.Div: divide,
    exp.Mod: remainder,
    exp.Add: _decimal_sum,
    exp.Sub: _decimal_sum,
    exp.DateAdd: _keep_time,
    exp.TsOrDsAdd: _keep_time,
    exp.DateTrunc: _keep_time,
    exp.TimestampTrunc: _keep_time,
    **dict.fromkeys((exp.Sum, exp.CountIf, exp.Avg, *WRAPPERS), aggregate),
    exp.Cast: _to,
    exp.TryCast: _to,
    exp.AtTimeZone: lambda node: _at_zone(node.this, node.args["zone"]),
    exp.DateDiff: _date_diff,
    exp.Extract: _extract,
    exp.RegexpExtract: _group,
    exp.ApproxQuantile: lambda node: call("quantile_disc", node.this, node.args["quantile"]),
    exp.ArgMax: lambda node: None if node.args.get("count") else call("arg_max_null", node.this, node.expression),
    exp.ArgMin: lambda node: None if node.args.get("count") else call("arg_min_null", node.this, node.expression),
    exp.ArraySize: lambda node: call("cardinality", node.this) if kind(node.this).this == T.MAP else None,
    exp.Bracket: _subscript,
    exp.Rand: _random,
    exp.RegexpReplace: _replace_groups,
    exp.ArraySlice: _slice,
    exp.GenerateSeries: _sequence,
    exp.CurrentTimestamp: _to_millis,
    exp.Localtimestamp: _to_millis,
    exp.ApproxDistinct: lambda node: exp.Count(this=exp.Distinct(expressions=[node.this.copy()])),
    exp.Typeof: lambda node: text(types.text(kind(node.this))),
    exp.Anonymous: _named,
    exp.Unnest: _unnest,
    **dict.fromkeys((exp.CurrentUser, exp.CurrentCatalog, exp.CurrentSchema, exp.SessionUser), _no_identity),
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between), _compare),
}
if hasattr(exp, "Format"):
    _REWRITES[exp.Format] = _format
