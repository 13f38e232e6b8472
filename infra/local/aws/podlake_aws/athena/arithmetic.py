"""Division, remainders and means as Trino reckons them: integers truncate, decimals round half up, zero fails."""

from __future__ import annotations

from sqlglot import exp

from . import types
from .nodes import cast, checked, kind, text
from .types import T, as_decimal


def _failing(name: str, parameters: str, bad: str, error: str, good: str) -> list[str]:
    """Two macros: one that fails as Trino does, and one for inside TRY, where DuckDB allows no error()."""
    return [
        f"CREATE MACRO podlake_{name}({parameters}) AS CASE WHEN {bad} THEN error({error}) ELSE {good} END",
        f"CREATE MACRO podlake_try_{name}({parameters}) AS CASE WHEN {bad} THEN NULL ELSE {good} END",
    ]


_BY_ZERO = "'Division by zero'"
_NO_NUMBER = "'PODLAKE INVALID_CAST_ARGUMENT: Cannot cast ''' || t || ''' to ' || kind"
# Exact division of whole numbers, rounded half away from zero as Trino rounds decimals.
_HALF_UP = (
    "sign(n) * sign(d) * (abs(n) // abs(d) + CASE WHEN abs(n) % abs(d) >= abs(d) - abs(n) % abs(d) THEN 1 ELSE 0 END)"
)
MACROS = [
    *_failing("idiv", "n, d", "d = 0", _BY_ZERO, "n // d"),
    *_failing("mod", "n, d", "d = 0", _BY_ZERO, "n % d"),
    *_failing("div", "n, d", "d = 0", _BY_ZERO, _HALF_UP),
    *_failing("whole", "t, kind", "NOT regexp_full_match(t, '[+-]?[0-9]+')", _NO_NUMBER, "t"),
    "CREATE MACRO podlake_group(t, p, g) AS CASE WHEN regexp_matches(t, p) THEN regexp_extract(t, p, g) END",
]


def _unscaled(node: exp.Expr, scale: int) -> exp.Expr:
    """The whole number behind a decimal: 12.345 of scale 3 is 12345."""
    if scale:
        node = exp.Mul(this=exp.paren(node.copy()), expression=cast(text(f"1{'0' * scale}"), f"decimal({scale + 1},0)"))
    return cast(node, "hugeint")


def _divide(node: exp.Expr, dividend: exp.Expr, divisor: exp.Expr, result: exp.DataType) -> exp.Expr:
    """Decimal division in whole numbers; raises no error for a null, one for a zero divisor."""
    one, other = as_decimal(kind(dividend)), as_decimal(kind(divisor))
    precision, scale = as_decimal(result)
    number = _unscaled(dividend, one[1])
    shift = scale - one[1] + other[1]
    if shift:
        number = exp.Mul(this=number, expression=cast(text(f"1{'0' * shift}"), "hugeint"))
    quotient = cast(checked(node, "div", number, _unscaled(divisor, other[1])), "decimal(38,0)")
    if scale:
        unit = cast(text("0." + "0" * (scale - 1) + "1"), f"decimal({scale},{scale})")
        quotient = exp.Mul(this=quotient, expression=unit)
    return cast(quotient, f"decimal({precision},{scale})")


def divide(node: exp.Div) -> exp.Expr:
    """`/`, by the types of its sides."""
    left, right = kind(node.left), kind(node.right)
    if left.this in types.INTEGERS and right.this in types.INTEGERS:
        return checked(node, "idiv", node.left.unnest(), node.right.unnest())
    if node.type is not None and node.type.this == T.DECIMAL:
        return _divide(node, node.left, node.right, node.type)
    return exp.paren(exp.Div(this=cast(node.left, "double"), expression=cast(node.right, "double"), typed=False))


def remainder(node: exp.Mod) -> exp.Expr | None:
    """`%`, which for DuckDB is null where Trino fails."""
    literal = node.right
    if isinstance(literal, exp.Literal) and not literal.is_string and float(literal.this) != 0:
        return None
    if T.DOUBLE in (kind(node.left).this, kind(node.right).this):
        return None
    return checked(node, "mod", node.left.unnest(), node.right.unnest())


WRAPPERS = (exp.Filter, exp.Window, exp.IgnoreNulls, exp.RespectNulls)


def aggregate(node: exp.Expr) -> exp.Expr | None:
    """An aggregate together with its FILTER and OVER; rewritten once all below it is."""
    if isinstance(node.parent, WRAPPERS) and node.parent.this is node:
        return None
    inner = node
    while isinstance(inner, WRAPPERS):
        inner = inner.this
    of = kind(inner)
    if isinstance(inner, exp.CountIf) or isinstance(inner, exp.Sum) and of.this in types.INTEGERS:
        return cast(node, types.BIGINT)  # DuckDB sums integers to 128 bits
    if isinstance(inner, exp.Avg) and of.this == T.DECIMAL:
        return _mean(node, inner, of)
    return None


def _mean(node: exp.Expr, inner: exp.Avg, result: exp.DataType) -> exp.Expr:
    """Trino's mean of decimals is a decimal, rounded half up from the exact sum; DuckDB's is a double."""

    def instead(aggregate: exp.Expr) -> exp.Expr:
        outer = node.copy()
        if node is inner:
            return aggregate
        holder = outer
        while isinstance(holder.this, WRAPPERS):
            holder = holder.this
        holder.set("this", aggregate)
        return outer

    wide = types.decimal(types.MAX_PRECISION, as_decimal(result)[1])
    total = instead(exp.Sum(this=inner.this.copy()))
    total.type = wide
    count = exp.Nullif(this=instead(exp.Count(this=inner.this.copy())), expression=exp.Literal.number(0))
    count.type = types.BIGINT
    return cast(_divide(node, total, count, wide), result)
