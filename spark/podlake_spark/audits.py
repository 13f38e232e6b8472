"""The catalogue's checks of a table's rows, run between writing and publishing.

All checks of one table are counts over one pass of its rows. Only a check that fails costs another job, which looks up
keys that show the fault. A condition is SQL; where it is null a row passes, as in a CHECK of SQL.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

EXAMPLES = 5
ACROSS_TABLES = ("same_total", "no_overlap", "foreign_key")
AGAINST_HISTORY = ("delivered_rows", "null_share", "freshness")

_TOTAL = "decimal(38,9)"

Check = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """``value`` is how many rows (or by how much a sum) offend, and what ``limit`` says may; None: there is no telling."""

    check: Check
    value: float | None
    examples: list[str]
    limit: float = 0.0

    @property
    def passed(self) -> bool:
        return self.value is None or self.value <= self.limit


@dataclass(frozen=True)
class Profile:
    """How many rows there are, and how many of them have no value, by column."""

    rows: int
    nulls: dict[str, int]


def check_rows(rows: DataFrame | None, checks: Iterable[Check], key: tuple[str, ...]) -> list[Finding]:
    """The findings of every check that needs these rows alone; ``key`` names the columns that examples are told by.

    ``rows`` is None where a slot wrote none: then no row offends, and no job is needed to know it.
    """
    findings, _ = check_and_profile(rows, checks, key, ())
    return findings


def check_and_profile(
    rows: DataFrame | None, checks: Iterable[Check], key: tuple[str, ...], columns: Iterable[str]
) -> tuple[list[Finding], Profile]:
    """What ``check_rows`` gives, and from the same pass how often each of the columns has no value."""
    own = [check for check in checks if check["check"] not in (*ACROSS_TABLES, *AGAINST_HISTORY)]
    columns = list(columns)
    if rows is None or not (own or columns):
        return [Finding(check, 0.0, []) for check in own], Profile(0, dict.fromkeys(columns, 0))
    measures = [_measures(check) for check in own]
    named = {f"m{i}_{j}": m for i, many in enumerate(measures) for j, m in enumerate(many)}
    nulls = {f"n{i}": F.count_if(F.col(name).isNull()) for i, name in enumerate(columns)}
    counted = _count(rows, own, named, {"rows": F.count("*"), **nulls} if columns else {})
    profile = Profile(counted["rows"] if columns else 0, {name: counted[f"n{i}"] for i, name in enumerate(columns)})
    findings = []
    for i, check in enumerate(own):
        values = [counted[f"m{i}_{j}"] for j in range(len(measures[i]))]
        value, examples = _judge(check, values)
        if value and not examples:
            examples = _examples(rows, check, key)
        findings.append(Finding(check, float(value), examples))
    return findings, profile


def _count(rows: DataFrame, checks: list[Check], measures: dict[str, Column], profile: dict[str, Column]) -> Row:
    """All measures in one job.

    Beside a count of distinct keys Spark would keep every other count once a key. The columns of a profile are many
    (120 of an application), so there the keys are counted in a scan of their own, of the key's columns alone.
    """
    apart = [f"m{i}_0" for i, check in enumerate(checks) if check["check"] == "unique_key"] if profile else []
    together = {name: measure for name, measure in measures.items() if name not in apart} | profile
    counted = rows.agg(*[measure.alias(name) for name, measure in together.items()])
    if apart:
        counted = counted.crossJoin(rows.agg(*[measures[name].alias(name) for name in apart]))
    return counted.first()


def foreign_keys(children: list[tuple[str, Check, DataFrame, list[DataFrame]]]) -> dict[str, list[Finding]]:
    """The findings of ``foreign_key``, by table: the share of rows without parent, of all tables in one job.

    Each child comes with its table's name, its check, its rows and those of its parents. A row whose columns are not
    all filled belongs to no parent and needs none. Keys are counted before they are looked up: a child has many rows
    to a key. Of a share that is tolerated one key is told, which the same job finds.
    """
    if not children:
        return {}
    counted = [_orphans(check, rows, parents, number) for number, (_, check, rows, parents) in enumerate(children)]
    findings: dict[str, list[Finding]] = {}
    for row in reduce(DataFrame.unionAll, counted).collect():
        table, check, rows, parents = children[row["number"]]
        share, limit = row["orphans"] / row["rows"] if row["rows"] else 0.0, float(check["tolerated"])
        examples = [] if row["example"] is None else [row["example"]]
        if share > limit:
            examples = _tell(_without_parent(check, rows, parents), check["columns"])
        findings.setdefault(table, []).append(Finding(check, share, examples, limit))
    return findings


def _orphans(check: Check, rows: DataFrame, parents: list[DataFrame], number: int) -> DataFrame:
    key = F.concat_ws(", ", *[F.concat(F.lit(f"{name}="), F.col(name).cast("string")) for name in check["columns"]])
    orphans = _without_parent(check, rows, parents)
    return (
        rows.agg(F.count("*").alias("rows"))
        .crossJoin(orphans.agg(F.coalesce(F.sum("count"), F.lit(0)).alias("orphans"), F.min(key).alias("example")))
        .select(F.lit(number).alias("number"), "rows", "orphans", "example")
    )


def _without_parent(check: Check, rows: DataFrame, parents: list[DataFrame]) -> DataFrame:
    """Each key that no parent has, with the ``count`` of its rows."""
    columns = check["columns"]
    keys = rows.dropna(subset=columns).groupBy(*columns).count()
    for parent in parents:
        keys = keys.join(parent.select(*columns), columns, "left_anti")
    return keys


def same_totals(
    tables: dict[str, tuple[DataFrame, tuple[Check, ...]]],
) -> dict[str, list[Finding]]:
    """The findings of ``same_total``, by table: every sum that is asked for, of all tables, in one job."""
    asked = [
        (name, check) for name, (_, checks) in tables.items() for check in checks if check["check"] == "same_total"
    ]
    if not asked:
        return {}
    parts = []
    for number, (name, check) in enumerate(asked):
        other = check["other"]
        parts.append(_total(tables[name][0], check, number, "own"))
        parts.append(_total(tables[other["table"]][0], other, number, "other"))
    totals: dict[tuple[int, str], dict[str, Decimal]] = {}
    for row in reduce(DataFrame.unionAll, parts).collect():
        totals.setdefault((row["number"], row["side"]), {})[row["part"]] = row["total"]
    findings: dict[str, list[Finding]] = {}
    for number, (name, check) in enumerate(asked):
        (wanted,) = totals[number, "other"].values()
        own = totals.get((number, "own"), {})
        differing = {part: total for part, total in sorted(own.items()) if total != wanted}
        examples = [
            f"{part + ': ' if part else ''}{_plain(total)} here, {_plain(wanted)} in {check['other']['table']}"
            for part, total in differing.items()
        ]
        value = max((abs(total - wanted) for total in differing.values()), default=Decimal(0))
        findings.setdefault(name, []).append(Finding(check, float(value), examples[:EXAMPLES]))
    return findings


def no_overlap(rows: DataFrame, other: DataFrame, check: Check) -> Finding:
    """How many rows have the columns' values of a row in the other table."""
    columns = check["columns"]
    shared = rows.select(*columns).join(other.select(*columns).distinct(), columns, "left_semi")
    count = shared.count()
    return Finding(check, float(count), _tell(shared, columns) if count else [])


def _measures(check: Check) -> list[Column]:
    """The sums and counts of one pass from which ``_judge`` tells whether the check holds."""
    kind = check["check"]
    if kind == "unique_key":
        return [F.count("*") - F.count_distinct(F.struct(*check["columns"]))]
    if kind == "row_count":
        return [F.count("*")]
    if kind == "parts_add_up":
        return [measure for column in check["columns"] for measure in _parts(check, column)]
    counts = [F.count_if(_offends(check))]
    if kind == "accepted_values":
        counts += [F.count_if(F.col(check["column"]) == F.lit(value)) for value in check.get("always", ())]
    return counts


def _judge(check: Check, values: list[Any]) -> tuple[Any, list[str]]:
    """The value of the check, and examples where they are not rows."""
    kind = check["check"]
    if kind == "row_count":
        rows = values[0]
        return abs(rows - check["rows"]), [] if rows == check["rows"] else [f"{rows} rows instead of {check['rows']}"]
    if kind == "parts_add_up":
        differing = []
        for column, (parts, least, most) in zip(check["columns"], _in_threes(values), strict=True):
            differing += [(abs(parts - whole), column, parts, whole) for whole in {least, most} if parts != whole]
        told = [f"{column}: parts {_plain(parts)}, whole {_plain(whole)}" for _, column, parts, whole in differing]
        return max((difference for difference, *_ in differing), default=0), told[:EXAMPLES]
    if kind == "accepted_values":
        missing = [value for value, count in zip(check.get("always", ()), values[1:], strict=True) if count == 0]
        if missing and not values[0]:
            return len(missing), [f"no row with {check['column']}={value}" for value in missing][:EXAMPLES]
        return values[0] + len(missing), []
    return values[0], []


def _offends(check: Check) -> Column:
    kind = check["check"]
    if kind == "not_null":
        return reduce(or_, [F.col(name).isNull() for name in check["columns"]])
    if kind == "accepted_values":
        outside = ~F.col(check["column"]).isin(*check["values"])
        return _where(check) & outside
    if kind == "range":
        limits: list[tuple[str, Callable[[Column, Any], Column]]] = [
            ("min", lambda value, limit: value < F.lit(limit)),
            ("max", lambda value, limit: value > F.lit(limit)),
        ]
        return reduce(
            or_,
            [
                F.coalesce(outside(F.col(name), check[limit]), F.lit(False))
                for name in check["columns"]
                for limit, outside in limits
                if limit in check
            ],
        )
    if kind == "expression":
        return ~F.expr(check["expression"])
    raise ValueError(f"the catalogue's check {kind!r} has no rule here")


def _parts(check: Check, column: str) -> tuple[Column, Column, Column]:
    """The sum of the parts, and the whole twice: as a column that repeats it, it might differ from row to row."""
    parts = _sum(F.col(column), check.get("parts"))
    if "total" in check:
        # Without rows there is no whole to be told, and no part of one.
        whole = F.col(check["total"]).cast(_TOTAL)
        return parts, F.coalesce(F.min(whole), F.lit(0).cast(_TOTAL)), F.coalesce(F.max(whole), F.lit(0).cast(_TOTAL))
    whole = _sum(F.col(column), check["whole"])
    return parts, whole, whole


def _sum(value: Column, condition: str | None) -> Column:
    chosen = value if condition is None else F.when(F.expr(condition), value)
    return F.coalesce(F.sum(chosen.cast(_TOTAL)).cast(_TOTAL), F.lit(0).cast(_TOTAL))


def _total(rows: DataFrame, of: Check, number: int, side: str) -> DataFrame:
    """One row for each group of ``by``, told as ``column=value``; without ``by`` one row, also of no rows."""
    value = F.col(of["column"]) if "column" in of else F.lit(1)
    names = of.get("by", [])
    part = F.concat_ws(", ", *[F.concat(F.lit(f"{name}="), F.col(name).cast("string")) for name in names])
    return (
        rows.groupBy(*names)
        .agg(_sum(value, of.get("where")).alias("total"))
        .select(F.lit(number).alias("number"), F.lit(side).alias("side"), part.alias("part"), "total")
    )


def _examples(rows: DataFrame, check: Check, key: tuple[str, ...]) -> list[str]:
    if check["check"] == "unique_key":
        columns = check["columns"]
        return _tell(rows.groupBy(*columns).count().where("count > 1"), columns)
    offending = rows.where(_offends(check))
    looked_at = [name for name in (check.get("columns") or [check.get("column")]) if name]
    return _tell(offending, list(dict.fromkeys([*key, *looked_at])) or rows.columns)


def _tell(rows: DataFrame, columns: list[str]) -> list[str]:
    found = rows.select(*columns).limit(EXAMPLES).collect()
    return [", ".join(f"{name}={row[name]}" for name in columns) for row in found]


def _where(check: Check) -> Column:
    return F.expr(check["where"]) if "where" in check else F.lit(True)


def _in_threes(values: list[Any]) -> Iterable[tuple[Any, Any, Any]]:
    return zip(values[::3], values[1::3], values[2::3], strict=True)


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")
