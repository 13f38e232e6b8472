"""The types that Trino gives to expressions, put on top of sqlglot's walk over scopes.

Athena's results carry them, and division and rounding depend on them. Rules for decimals:
https://trino.io/docs/current/functions/decimal.html. An expression of no known type keeps DuckDB's.
"""

from __future__ import annotations

from sqlglot import exp
from sqlglot.dialects.athena import Athena
from sqlglot.optimizer.annotate_types import TypeAnnotator
from sqlglot.schema import MappingSchema

from . import types
from .failures import QueryFailure, unsupported
from .types import BIGINT, BOOLEAN, DATE, DOUBLE, NULL, UNKNOWN, VARCHAR, T, as_decimal, common, decimal, is_number


class TrinoTypes(TypeAnnotator):
    def __init__(self, schema: MappingSchema):
        super().__init__(schema, expression_metadata=METADATA)

    def _maybe_coerce(self, type1, type2):
        left, right = (kind if isinstance(kind, exp.DataType) else kind.into_expr() for kind in (type1, type2))
        return common(left, right)

    def _annotate_by_args(self, expression, *args, promote=False, array=False):
        kinds = []
        for arg in args:
            found = expression.args.get(arg) if isinstance(arg, str) else arg
            kinds += [item.type or UNKNOWN for item in (found if isinstance(found, list) else [found]) if item]
        result = NULL
        for kind in kinds:
            result = common(result, kind)
        if promote and result.this in types.INTEGERS:
            result = BIGINT
        return self._set_type(expression, types.array(result) if array else result)


def infer(tree: exp.Expr, schema: MappingSchema) -> exp.Expr:
    return TrinoTypes(schema).annotate(tree)


def _literal(node: exp.Literal) -> exp.DataType:
    if node.is_string:
        return VARCHAR
    text = node.this
    if "e" in text.lower():
        return DOUBLE
    if "." in text:
        whole, _, fraction = text.partition(".")
        return decimal(max(1, len(whole.lstrip("0")) + len(fraction)), len(fraction))
    return types.INTEGER if int(text) <= 2147483647 else BIGINT


def _operands(node: exp.Binary) -> tuple[exp.DataType, exp.DataType]:
    return node.left.type or UNKNOWN, node.right.type or UNKNOWN


def _arithmetic(symbol: str):
    def infer_node(node: exp.Binary) -> exp.DataType:
        left, right = _operands(node)
        time = _with_interval(left, right)
        if time:
            return time
        for one, other in ((left, right), (right, left)):
            if one.this in types.TEXT and is_number(other) or one.this == T.BOOLEAN and is_number(other):
                raise _mismatch(symbol, left, right)
        if left.this in types.TEXT and right.this in types.TEXT:
            raise _mismatch(symbol, left, right)
        one, other = as_decimal(left), as_decimal(right)
        if not (one and other) or T.DECIMAL not in (left.this, right.this):
            return common(left, right) if is_number(left) and is_number(right) else UNKNOWN
        return _decimal_result(symbol, one, other)

    return infer_node


def _decimal_result(symbol: str, one: tuple[int, int], other: tuple[int, int]) -> exp.DataType:
    (p1, s1), (p2, s2) = one, other
    scale = max(s1, s2)
    if symbol in "+-":
        return decimal(min(types.MAX_PRECISION, max(p1 - s1, p2 - s2) + scale + 1), scale)
    if symbol == "*":
        if s1 + s2 > types.MAX_PRECISION:
            raise QueryFailure("INVALID_FUNCTION_ARGUMENT", f"DECIMAL scale must be in range [0, 38]: {s1 + s2}")
        return decimal(min(types.MAX_PRECISION, p1 + p2), s1 + s2)
    if symbol == "/":
        return decimal(min(types.MAX_PRECISION, p1 + s2 + max(s2 - s1, 0)), scale)
    return decimal(min(types.MAX_PRECISION, min(p1 - s1, p2 - s2) + scale), scale)


def _with_interval(left: exp.DataType, right: exp.DataType) -> exp.DataType | None:
    times = (T.DATE, T.TIMESTAMP, T.TIMESTAMPTZ, T.TIMESTAMPLTZ)
    if left.this in times and right.this == T.INTERVAL:
        return left
    if right.this in times and left.this == T.INTERVAL:
        return right
    return exp.DataType(this=T.INTERVAL) if left.this in times and right.this in times else None


def _mismatch(symbol: str, left: exp.DataType, right: exp.DataType) -> QueryFailure:
    message = f"Cannot apply operator: {types.text(left)} {symbol} {types.text(right)}"
    return QueryFailure("TYPE_MISMATCH", message)


def _comparison(symbol: str):
    def infer_node(node: exp.Binary) -> exp.DataType:
        left, right = _operands(node)
        comparable = (is_number, lambda k: k.this in types.TEXT, lambda k: k.this == T.BOOLEAN, _is_time)
        groups = [next((i for i, test in enumerate(comparable) if test(kind)), None) for kind in (left, right)]
        if None not in groups and groups[0] != groups[1]:
            raise _mismatch(symbol, left, right)
        return BOOLEAN

    return infer_node


def _is_time(kind: exp.DataType) -> bool:
    return kind.this in (T.DATE, T.TIMESTAMP, T.TIMESTAMPTZ, T.TIMESTAMPLTZ)


def _sum(node: exp.Sum) -> exp.DataType:
    kind = node.this.type or UNKNOWN
    if kind.this == T.DECIMAL:
        return decimal(types.MAX_PRECISION, as_decimal(kind)[1])
    return BIGINT if kind.this in types.INTEGERS else kind


def _avg(node: exp.Avg) -> exp.DataType:
    kind = node.this.type or UNKNOWN
    return DOUBLE if kind.this in types.INTEGERS else kind


def _round(node: exp.Expr) -> exp.DataType:
    kind = node.this.type or UNKNOWN
    if kind.this != T.DECIMAL:
        return kind
    precision, scale = as_decimal(kind)
    if node.args.get("decimals") is not None:
        return decimal(min(types.MAX_PRECISION, precision + 1), scale)
    return decimal(min(types.MAX_PRECISION, precision - scale + min(scale, 1)) or 1, 0)


def _same(node: exp.Expr) -> exp.DataType:
    return node.this.type or UNKNOWN


def _zoned(zone: exp.Expr) -> exp.DataType:
    if not (isinstance(zone, exp.Literal) and zone.is_string):
        raise unsupported("A time zone that is not written as a text literal is not done by the local Athena")
    kind = types.ZONED.copy()
    kind.set("zone", zone.copy())
    return kind


def _element(node: exp.Expr) -> exp.DataType:
    kind = node.this.type or UNKNOWN
    if kind.this == T.ARRAY and kind.expressions:
        return kind.expressions[0]
    return kind.expressions[1] if kind.this == T.MAP and len(kind.expressions) > 1 else UNKNOWN


def _greatest(node: exp.Expr) -> exp.DataType:
    """max(x), or max(x, n) and max_by(x, y, n), which give lists."""
    kind = node.this.type or UNKNOWN
    return types.array(kind) if node.expressions or node.args.get("count") else kind


def _quantile(node: exp.ApproxQuantile) -> exp.DataType:
    kind, share = node.this.type or UNKNOWN, node.args["quantile"].type or UNKNOWN
    return types.array(kind) if share.this == T.ARRAY else kind


def _row(node: exp.Struct) -> exp.DataType:
    if any(item.type is None or isinstance(item, exp.PropertyEQ) for item in node.expressions):
        return UNKNOWN
    return types.struct([(f"_{index}", item.type) for index, item in enumerate(node.expressions)])


def _sequence(node: exp.Expr) -> exp.DataType:
    start = node.args["start"].type or UNKNOWN
    return types.array(start if _is_time(start) else common(start, node.args["end"].type or UNKNOWN))


def _concat(node: exp.Expr) -> exp.DataType:
    first = node.expressions[0] if node.expressions else node.this
    return first.type if first.type and first.type.this == T.ARRAY else VARCHAR


def _named(node: exp.Anonymous) -> exp.DataType:
    name, arguments = node.name.lower(), node.expressions
    kinds = [argument.type or UNKNOWN for argument in arguments]
    if name in ("map_agg",):
        return types.mapping(kinds[0], kinds[1])
    if name in ("truncate", "slice", "array_sort", "array_distinct") and kinds:
        return kinds[0]
    if name == "at_timezone" and len(arguments) == 2:
        return _zoned(arguments[1])
    return {
        "is_finite": BOOLEAN,
        "is_infinite": BOOLEAN,
        "format": VARCHAR,
        "to_iso8601": VARCHAR,
        "bool_and": BOOLEAN,
        "every": BOOLEAN,
    }.get(name, UNKNOWN)


def _metadata() -> dict:
    def rule(function):
        return {"annotator": lambda self, node: self._set_type(node, function(node))}

    rules = {
        exp.Literal: _literal,
        exp.Any: lambda node: UNKNOWN,
        exp.All: lambda node: UNKNOWN,
        exp.Nullif: _same,
        exp.Add: _arithmetic("+"),
        exp.Sub: _arithmetic("-"),
        exp.Mul: _arithmetic("*"),
        exp.Div: _arithmetic("/"),
        exp.Mod: _arithmetic("%"),
        exp.Sum: _sum,
        exp.Avg: _avg,
        exp.Round: _round,
        exp.Ceil: _round,
        exp.Floor: _round,
        exp.Trunc: _same,
        exp.Rand: lambda node: node.this.type if node.this else DOUBLE,
        exp.DateTrunc: _same,
        exp.TimestampTrunc: _same,
        exp.DateAdd: _same,
        exp.TsOrDsAdd: _same,
        exp.Max: _greatest,
        exp.Min: _greatest,
        exp.ArgMax: _greatest,
        exp.ArgMin: _greatest,
        exp.Struct: _row,
        exp.GenerateSeries: _sequence,
        exp.Try: _same,
        exp.ApproxQuantile: _quantile,
        exp.Bracket: _element,
        exp.AtTimeZone: lambda node: _zoned(node.args["zone"]),
        exp.Concat: _concat,
        exp.DPipe: _concat,
        exp.Anonymous: _named,
        exp.UnixToTime: lambda node: types.TIMESTAMPTZ,
        exp.CurrentTimestamp: lambda node: types.TIMESTAMPTZ,
        exp.Localtimestamp: lambda node: types.TIMESTAMP,
        exp.StrToTime: lambda node: types.TIMESTAMP,
        exp.CurrentDate: lambda node: DATE,
        exp.Cast: lambda node: types.from_trino(node.to.sql("athena")),
        exp.TryCast: lambda node: types.from_trino(node.to.sql("athena")),
    }
    for symbol, kind in {"=": exp.EQ, "<>": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE}.items():
        rules[kind] = _comparison(symbol)
    # By the names of sqlglot's nodes, since some exist in some of its versions only.
    fixed = {
        BIGINT: "Count CountIf ApproxDistinct Length StrPosition DateDiff Year Month Day DayOfWeek DayOfWeekIso DayOfMonth "
        "DayOfYear Week WeekOfYear YearOfWeek YearOfWeekIso Quarter Hour Minute Second Extract RowNumber Rank DenseRank "
        "Ntile ArraySize Levenshtein BitwiseAnd BitwiseOr BitwiseXor BitwiseNot Unicode",
        VARCHAR: "Lower Upper Trim Substring Replace Reverse Pad RegexpExtract RegexpReplace SplitPart JSONExtractScalar "
        "TimeToStr Translate Repeat Chr ArrayToString ArrayConcatAgg Hex Typeof ConcatWs GroupConcat Format ListAgg",
        DOUBLE: "Sqrt Cbrt Exp Ln Log Pow Stddev StddevPop StddevSamp Variance VariancePop Corr CovarPop CovarSamp "
        "TimeToUnix Pi CumeDist PercentRank Sin Cos Tan Asin Acos Atan Atan2 Degrees Radians",
        BOOLEAN: "RegexpLike LogicalAnd LogicalOr StartsWith EndsWith ArrayContains IsNan IsInf Exists Between In Is Not And "
        "Or Like IsNull",
        DATE: "LastDay Date FromISO8601Date",
        types.TIMESTAMPTZ: "FromISO8601Timestamp",
    }
    for kind, names in fixed.items():
        for name in names.split():
            if hasattr(exp, name):
                rules[getattr(exp, name)] = lambda node, kind=kind: kind
    rules[exp.JSONExtract] = rules[exp.ParseJSON] = lambda node: exp.DataType.build("json")
    rules[exp.Split] = lambda node: types.array(VARCHAR)
    return {**Athena.EXPRESSION_METADATA, **{kind: rule(function) for kind, function in rules.items()}}


METADATA = _metadata()
