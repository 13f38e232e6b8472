"""What a query needs of each table: columns, and conditions that spare whole files."""

from __future__ import annotations

import datetime
import decimal
import operator
from dataclasses import dataclass
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from .types import INTEGERS, TEXT, T, as_decimal

_COMPARISONS = {exp.EQ: "=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
_OPERATORS = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@dataclass(frozen=True)
class Condition:
    """A comparison of a column with a constant that all rows of an answer meet; `in` has a tuple of constants."""

    column: str
    comparison: str
    value: Any

    def holds(self, value: Any) -> bool:
        if value is None:
            return False
        return value in self.value if self.comparison == "in" else _OPERATORS[self.comparison](value, self.value)


def prune(tree: exp.Expr, sources: dict) -> None:
    """Fills `needed` and `conditions` of the sources of a query whose columns are qualified and typed."""
    for scope in traverse_scope(tree):
        for alias, (_, source) in scope.selected_sources.items():
            if isinstance(source, exp.Table) and source.name in sources:
                table = sources[source.name]
                table.needed |= {column.name for column in scope.columns if column.table == alias}
                table.conditions += _conditions(scope, alias)


def _conditions(scope: Scope, alias: str) -> list[Condition]:
    """The simple comparisons of WHERE on one table. Each turns null into false, so joins of any kind allow it."""
    where = scope.expression.args.get("where")
    if not isinstance(scope.expression, exp.Select) or where is None:
        return []
    parts = where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    return [condition for part in parts for condition in _simple(part.unnest(), alias)]


def _simple(node: exp.Expr, alias: str) -> list[Condition]:
    comparison = _COMPARISONS.get(type(node))
    if comparison:
        for column, value, sign in (
            (node.left, node.right, comparison),
            (node.right, node.left, _MIRRORED[comparison]),
        ):
            constant = _constant(column, value, alias)
            if constant is not None:
                return [Condition(column.name, sign, constant)]
    if isinstance(node, exp.Between):
        ends = [_constant(node.this, node.args[end], alias) for end in ("low", "high")]
        if None not in ends:
            return [Condition(node.this.name, ">=", ends[0]), Condition(node.this.name, "<=", ends[1])]
    if isinstance(node, exp.In) and node.expressions:
        values = tuple(_constant(node.this, item, alias) for item in node.expressions)
        if None not in values:
            return [Condition(node.this.name, "in", values)]
    return []


def _constant(column: exp.Expr, value: exp.Expr, alias: str) -> Any:
    """A constant that surely means the same to a file's statistics as to SQL; None for all others."""
    if not isinstance(column, exp.Column) or column.table != alias or column.type is None:
        return None
    kind, sign = column.type, 1
    while isinstance(value, (exp.Neg, exp.Paren)):
        sign, value = (-sign if isinstance(value, exp.Neg) else sign), value.this
    if isinstance(value, exp.Literal):
        if value.is_string:
            return value.name if kind.this in TEXT and sign == 1 else None
        if kind.this in INTEGERS and value.is_int:
            number = sign * int(value.this)
            return number if -(2**31) <= number < 2**31 else None
        if kind.this == T.DECIMAL and value.type is not None and value.type.this in (T.INT, T.BIGINT, T.DECIMAL):
            number = sign * decimal.Decimal(value.this)
            rounded = number.quantize(decimal.Decimal(1).scaleb(-as_decimal(kind)[1]))
            return rounded if rounded == number else None
    if isinstance(value, exp.Cast) and isinstance(value.this, exp.Literal) and value.this.is_string:
        try:
            if kind.this == T.DATE and value.to.this == T.DATE:
                return datetime.date.fromisoformat(value.this.name)
            if kind.this == T.TIMESTAMP and value.to.this in (T.TIMESTAMP, T.TIMESTAMPNTZ):
                found = datetime.datetime.fromisoformat(value.this.name)
                return found if found.tzinfo is None else None
        except ValueError:
            return None
    return None
