"""Lineage by column of the indicators' SQL: JSON in, JSON out. ``compute.ts`` calls it; nothing that runs on AWS does.

In: ``{"tables": {"trusted.bureau": {"columns": [...], "key": [...]}}, "queries": {"name": "select ..."}}``.
Out: ``{"columns": {"name": {"column": {"trusted.bureau.sk_id_curr": ["value"]}}}, "problems": {"name": "..."}}``.

An origin is a column of a table, a table, or ``slot`` (``:ts_referencia``). Its roles:

- ``value``: takes part in the expression that gives the value, the condition of a CASE or of count_if included;
- ``rows``: the value counts rows of this table;
- ``filter``, ``join``, ``group``, ``order``: decides only which rows come in, how they meet, how they are grouped (GROUP BY,
  DISTINCT, PARTITION BY) or in which order they are looked at (windows, max_by, ORDER BY with a LIMIT).

What decides a step's rows, decides every column of the steps after it. Along a path the role nearest to the result
counts: a value that a later step only filters by is a ``filter``.
"""

from __future__ import annotations

import json
import sys

import sqlglot
from sqlglot import exp

from relations import (
    NONE,
    LineageError,
    Origins,
    Relation,
    Scope,
    by_origin,
    near,
    renamed,
    table,
    union,
    values,
    with_role,
    without,
)

SLOT_PARAMETER = "ts_referencia"


class Tracer:
    def __init__(self, tables: dict[str, dict[str, list[str]]]) -> None:
        self._tables = {name: table(name, known["columns"], known["key"]) for name, known in tables.items()}

    def trace(self, sql: str) -> dict[str, dict[str, list[str]]]:
        relation = self._query(sqlglot.parse_one(sql, read="spark"), {}, None)
        return {name: by_origin(origins | relation.influences) for name, origins in relation.columns.items()}

    # ---- queries

    def _query(self, node: exp.Expression, steps: dict[str, Relation], outer: Scope | None) -> Relation:
        if with_ := node.args.get("with_"):
            steps = dict(steps)
            for step in with_.expressions:
                steps[step.alias.lower()] = renamed(self._query(step.this, steps, outer), step.args.get("alias"))
        if isinstance(node, exp.Subquery):
            return self._query(node.this, steps, outer)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, steps, outer)
        if isinstance(node, exp.Select):
            return self._select(node, Scope(steps, outer))
        if isinstance(node, exp.Values):
            return values(node)
        raise LineageError(f"a query of the kind {node.key} cannot be traced: {node.sql('spark')[:80]}")

    def _set_operation(self, node: exp.SetOperation, steps: dict[str, Relation], outer: Scope | None) -> Relation:
        left, right = (self._query(side, steps, outer) for side in (node.this, node.expression))
        if len(left.columns) != len(right.columns):
            raise LineageError(
                f"a union has {len(left.columns)} columns on one side, {len(right.columns)} on the other"
            )
        influences = left.influences | right.influences
        if not isinstance(node, exp.Union):  # EXCEPT and INTERSECT: the right side only decides which rows stay.
            decides = with_role(union([*left.columns.values(), *right.columns.values()]), "filter")
            return Relation(left.columns, left.rows, influences | decides)
        pairs = zip(left.columns.items(), right.columns.values(), strict=True)
        columns = {name: ours | theirs for (name, ours), theirs in pairs}
        if node.args.get("distinct"):
            influences |= with_role(union(columns.values()), "group")
        return Relation(columns, left.rows | right.rows, influences)

    def _select(self, node: exp.Select, scope: Scope) -> Relation:
        influences: list[Origins] = []
        if from_ := node.args.get("from_"):
            self._add_source(from_.this, scope)
        for join in node.args.get("joins") or []:
            influences.append(self._join(join, scope))
        for lateral in node.args.get("laterals") or []:
            self._add_source(lateral, scope)
        influences += [source.influences for source in scope.sources.values()]
        rows = union(source.rows for source in scope.sources.values())

        columns: dict[str, Origins] = {}
        for item in node.expressions:
            columns.update(self._item(item, scope))
        for clause, role in (("where", "filter"), ("group", "group"), ("having", "filter"), ("qualify", "filter")):
            if part := node.args.get(clause):
                influences.append(with_role(self._clause(part, scope, columns), role))
        if node.args.get("distinct"):
            influences.append(with_role(union(columns.values()), "group"))
        if node.args.get("limit") and (order := node.args.get("order")):
            influences.append(with_role(self._clause(order, scope, columns), "order"))

        if node.args.get("group") or node.args.get("having") or not any(map(_aggregates, node.expressions)):
            return Relation(columns, rows, union(influences), _group_key(node, columns))
        # Without GROUP BY there is one row, come what may: what is aggregated depends on the filters, a constant does not.
        decided = {item.alias_or_name.lower() for item in node.expressions if _aggregates(item)}
        all_influences = union(influences)
        return Relation({n: o | all_influences if n in decided else o for n, o in columns.items()}, key=frozenset())

    def _item(self, item: exp.Expression, scope: Scope) -> dict[str, Origins]:
        if isinstance(item, exp.Star):
            return self._star(item, scope, None)
        if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            return self._star(item.this, scope, item.table.lower())
        name = (item.alias_or_name or item.sql("spark")).lower()
        origins = self._value(item.unalias(), scope)
        scope.aliases[name] = origins
        return {name: origins}

    @staticmethod
    def _star(star: exp.Star, scope: Scope, alias: str | None) -> dict[str, Origins]:
        left_out = [column.name.lower() for column in star.args.get("except_") or []]
        if alias is not None:
            if alias not in scope.sources:
                raise LineageError(f"{alias}.* stands for nothing: {near(alias, scope.sources)}")
            return without(scope.sources[alias].columns, left_out)
        columns = dict(scope.merged)
        for source in scope.sources.values():
            columns.update(without(source.columns, columns))
        return without(columns, left_out)

    def _clause(self, part: exp.Expression, scope: Scope, columns: dict[str, Origins]) -> Origins:
        """A clause's columns; in GROUP BY and ORDER BY a number stands for the column of the SELECT at that place."""
        if not isinstance(part, exp.Group | exp.Order):
            return self._value(part, scope)
        places = [item.this if isinstance(item, exp.Ordered) else item for item in part.expressions]
        numbers = [int(place.this) for place in places if isinstance(place, exp.Literal) and place.is_int]
        return union([self._parts(part, scope), *(list(columns.values())[number - 1] for number in numbers)])

    # ---- sources

    def _add_source(self, node: exp.Expression, scope: Scope) -> Relation:
        alias = (node.alias or node.name).lower()
        if alias in scope.sources:
            raise LineageError(f"{alias} stands twice in one FROM: give one of them another name")
        scope.sources[alias] = relation = self._source(node, scope)
        return relation

    def _source(self, node: exp.Expression, scope: Scope) -> Relation:
        alias = node.args.get("alias")
        if isinstance(node, exp.Table):
            return renamed(self._table(node, scope), alias)
        if isinstance(node, exp.Lateral | exp.Unnest):
            if isinstance(node.this, exp.Query):
                return renamed(self._query(node.this, scope.steps, scope), alias)
            # LATERAL VIEW explode(...): every column of it comes from all of the expression.
            origins = self._parts(node, scope)
            return Relation({column.name.lower(): origins for column in alias.args.get("columns") or []})
        return renamed(self._query(node, scope.steps, scope), alias)

    def _table(self, node: exp.Table, scope: Scope) -> Relation:
        name = f"{node.db}.{node.name}".lower() if node.db else node.name.lower()
        if not node.db and name in scope.steps:
            return scope.steps[name]
        if name not in self._tables:
            raise LineageError(f"{name} is no table: {near(name, [*self._tables, *scope.steps])}")
        return self._tables[name]

    def _join(self, join: exp.Join, scope: Scope) -> Origins:
        """Adds the right side to the scope; gives what the join makes of the rows, if it can change them."""
        before = dict(scope.sources)
        right = self._add_source(join.this, scope)
        alias = (join.this.alias or join.this.name).lower()
        condition = self._value(join.args["on"], scope) if join.args.get("on") else NONE
        if {"SEMI", "ANTI"} & {join.kind, join.side}:
            del scope.sources[alias]  # Such a join only filters: its columns end with its condition.
            return with_role(condition | right.influences, "filter")
        using = [column.name.lower() for column in join.args.get("using") or []]
        for name in using:
            condition |= self._merge(name, join.side, before, right, scope)
        influences = with_role(condition, "join")
        if join.side == "LEFT" and right.key is not None and right.key <= set(using):
            # At most one row fits each of the left side's: the join changes nothing but what the right side gives.
            decided = {name: origins | right.influences | influences for name, origins in right.columns.items()}
            scope.sources[alias] = Relation(decided)
            return NONE
        return influences

    @staticmethod
    def _merge(name: str, side: str, before: dict[str, Relation], right: Relation, scope: Scope) -> Origins:
        """USING makes one column of two: a left or inner join shows the left one, a full join whichever is there."""
        lefts = [source.columns[name] for source in before.values() if name in source.columns]
        if name not in right.columns or not lefts:
            raise LineageError(f"using ({name}): a side of the join has no such column")
        left = scope.merged.get(name, lefts[0])
        theirs = right.columns[name]
        scope.merged[name] = {"FULL": left | theirs, "RIGHT": theirs}.get(side, left)
        return left | theirs

    # ---- expressions

    def _value(self, node: exp.Expression, scope: Scope) -> Origins:
        """What flows into an expression, each origin with its role there."""
        if isinstance(node, exp.Column):
            return self._column(node, scope)
        if isinstance(node, exp.Placeholder | exp.Parameter):
            return frozenset({("slot", "value")}) if node.name == SLOT_PARAMETER else NONE
        if isinstance(node, exp.Count) and isinstance(node.this, exp.Star | exp.Literal):
            return union(source.rows for source in scope.sources.values())
        if isinstance(node, exp.Window):
            partition = union(self._value(part, scope) for part in node.args.get("partition_by") or [])
            order = self._parts(node.args["order"], scope) if node.args.get("order") else NONE
            return self._value(node.this, scope) | with_role(partition, "group") | with_role(order, "order")
        if isinstance(node, exp.Grouping):  # Tells by which columns the row was grouped, and nothing of their values.
            return with_role(self._parts(node, scope), "group")
        if isinstance(node, exp.Filter):
            return self._value(node.this, scope) | with_role(self._value(node.expression, scope), "filter")
        if isinstance(node, exp.ArgMax | exp.ArgMin):
            return self._value(node.this, scope) | with_role(self._value(node.expression, scope), "order")
        if isinstance(node, exp.WithinGroup):  # The value of a percentile stands in its ORDER BY.
            return self._value(node.this, scope) | self._parts(node.expression, scope)
        if isinstance(node, exp.Order):
            return with_role(self._parts(node, scope), "order")
        if isinstance(node, exp.Exists):
            found = self._query(node.this, scope.steps, scope)
            return found.influences | found.rows
        if isinstance(node, exp.Query):
            found = self._query(node, scope.steps, scope)
            return union(found.columns.values()) | found.influences
        return self._parts(node, scope)

    def _parts(self, node: exp.Expression, scope: Scope) -> Origins:
        return union(self._value(child, scope) for child in node.iter_expressions())

    def _column(self, node: exp.Column, scope: Scope) -> Origins:
        # `a.b` is column b of table a or, if there is no table a, field b of column a.
        alias, name = (part.name.lower() for part in (node.args.get("table") or node.this, node.this))
        place: Scope | None = scope
        while place is not None:
            if node.table and alias in place.sources:
                if name in place.sources[alias].columns:
                    return place.sources[alias].columns[name]
                raise LineageError(_unknown(node, {alias: place.sources[alias]}))
            found = place.find(alias)
            if found is not None:
                return found
            place = place.outer
        raise LineageError(_unknown(node, scope.sources))


def _unknown(node: exp.Column, sources: dict[str, Relation]) -> str:
    known = [column for source in sources.values() for column in source.columns]
    place = ", ".join(sources) or "a select without FROM"
    return f"no column {node.sql('spark')} in {place}: {near(node.name.lower(), known)}"


def _aggregates(item: exp.Expression) -> bool:
    """Whether many rows become one in it: an aggregate that is neither a window's own nor a subquery's."""
    if isinstance(item, exp.Query):
        return False
    if isinstance(item, exp.Window):
        inner = item.this.this if isinstance(item.this, exp.Filter) else item.this
        return any(map(_aggregates, [*inner.iter_expressions(), *item.args.get("partition_by", [])]))
    return isinstance(item, exp.AggFunc) or any(map(_aggregates, item.iter_expressions()))


def _group_key(node: exp.Select, columns: dict[str, Origins]) -> frozenset[str] | None:
    """The columns of a plain GROUP BY, if the select gives them all under their own names."""
    group = node.args.get("group")
    if group is None or any(part for name, part in group.args.items() if name != "expressions"):
        return None
    names = {part.name.lower() for part in group.expressions if isinstance(part, exp.Column)}
    given = {item.name.lower() for item in node.expressions if isinstance(item, exp.Column)}
    return frozenset(names) if len(names) == len(group.expressions) and names <= given & set(columns) else None


def main() -> None:
    asked = json.load(sys.stdin)
    tracer = Tracer(asked["tables"])
    answer: dict[str, dict] = {"columns": {}, "problems": {}}
    for name, sql in asked["queries"].items():
        try:
            answer["columns"][name] = tracer.trace(sql)
        except LineageError as error:
            answer["problems"][name] = str(error)
        except sqlglot.errors.SqlglotError as error:
            answer["problems"][name] = f"not SQL that can be parsed: {str(error).splitlines()[0]}"
    json.dump(answer, sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main()
