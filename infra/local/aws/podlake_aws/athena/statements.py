"""Every kind of statement that is done here, by its first words: queries, SHOW, DESCRIBE, EXPLAIN, views."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.tokens import TokenType

from . import glue as catalog
from . import types, views
from .binding import Session
from .engine import Cancellation, Engine
from .failures import QueryFailure, unsupported
from .glue import CATALOG, GlueCatalog
from .parsing import READS, check_statement, first_word, parse, place, position

_NAME = r"[`\"]?([\w$-]+)[`\"]?(?:\s*\.\s*[`\"]?([\w$-]+)[`\"]?)?"


@dataclass
class Outcome:
    columns: list[dict]
    rows: Iterable[list[str | None]]
    scanned: int = 0


def kind(sql: str) -> tuple[str, str]:
    """(StatementType, SubstatementType) by which GetQueryExecution tells of a statement."""
    word, _ = first_word(sql)
    if word in READS:
        return "DML", "SELECT"
    if word == "EXPLAIN":
        return "UTILITY", "EXPLAIN"
    words = re.findall(r"\w+", sql.upper())[:4]
    sub = "_".join(w for w in words if w not in ("OR", "REPLACE", "IF", "EXISTS"))[:40]
    if word in ("CREATE", "DROP"):
        return "DDL", f"{word}_VIEW" if "VIEW" in words else sub
    return "UTILITY", "_".join(words[:2]) if word == "SHOW" else "DESCRIBE_TABLE"


def is_query(sql: str) -> bool:
    return first_word(sql)[0] in READS


class Statements:
    def __init__(self, engine: Engine, glue: GlueCatalog):
        self._engine = engine
        self._glue = glue

    def run(self, sql: str, session: Session, parameters: list[str], cancellation: Cancellation) -> Outcome:
        sql = re.sub(r";\s*$", "", sql)
        word = check_statement(sql)
        cancellation.check()
        if word in READS:
            answer = self._engine.run(self._engine.plan(sql, session, parameters), cancellation)
            columns = [types.column_info(name, of) for name, of in answer.columns]
            return Outcome(columns, answer.rows, answer.scanned)
        if parameters:
            raise unsupported("Execution parameters go with queries only")
        if word == "EXPLAIN":
            return self._explain(sql, session, cancellation)
        if word in ("CREATE", "DROP"):
            return self._view(sql, session)
        return self._show(sql, session)

    def _explain(self, sql: str, session: Session, cancellation: Cancellation) -> Outcome:
        found = re.match(r"(?is)\s*explain\s+(analyze\b|verbose\b)?\s*(\((?:\s*(?:type|format)\s+\w+\s*,?)+\))?", sql)
        if found.group(1):
            raise unsupported("EXPLAIN ANALYZE is not done by the local Athena")
        inner = sql[found.end() :]
        if check_statement(inner) not in READS:
            raise unsupported("EXPLAIN is done for queries only")
        plan = self._engine.plan(inner, session)
        plan.sql, plan.columns = f"EXPLAIN {plan.sql}", [("key", types.VARCHAR), ("value", types.VARCHAR)]
        answer = self._engine.run(plan, cancellation)
        lines = [[line] for row in answer.rows for line in (row[1] or "").splitlines()]
        return Outcome([_string("Query Plan")], lines)

    def _show(self, sql: str, session: Session) -> Outcome:
        for pattern, run in (
            (r"show\s+(?:databases|schemas)(?:\s+(?:like\s+)?'([^']*)')?", self._databases),
            (rf"show\s+tables(?:\s+(?:in|from)\s+{_NAME})?(?:\s+(?:like\s+)?'([^']*)')?", self._tables),
            (rf"show\s+views(?:\s+(?:in|from)\s+{_NAME})?(?:\s+(?:like\s+)?'([^']*)')?", self._views),
            (rf"show\s+columns\s+(?:in|from)\s+{_NAME}(?:\s+(?:in|from)\s+{_NAME})?", self._columns),
            (rf"show\s+partitions\s+{_NAME}", self._partitions),
            (rf"show\s+create\s+view\s+{_NAME}", self._create_view_text),
            (rf"desc(?:ribe)?\s+(?:extended\s+|formatted\s+)?{_NAME}", self._describe),
        ):
            found = re.fullmatch(rf"\s*{pattern}\s*", sql, re.IGNORECASE)
            if found:
                return run(session, *found.groups())
        raise unsupported(f"This form of {first_word(sql)[0]} is not done by the local Athena")

    def _databases(self, _: Session, like: str | None) -> Outcome:
        return _list("database_name", _matching([item["Name"] for item in self._glue.databases()], like))

    def _tables(self, session: Session, first: str | None, second: str | None, like: str | None) -> Outcome:
        return _list("tab_name", _matching([t["Name"] for t in self._of(second or first or session.schema)], like))

    def _views(self, session: Session, first: str | None, second: str | None, like: str | None) -> Outcome:
        tables = self._of(second or first or session.schema)
        return _list("views", _matching([t["Name"] for t in tables if catalog.is_view(t)], like))

    def _columns(
        self, session: Session, first: str, second: str | None, database: str | None, _: str | None
    ) -> Outcome:
        table = self._table(session, *((first, second) if second else (database, first) if database else (first, None)))
        return _list("field", [f"{column['Name']:<20}" for column in catalog.columns(table)])

    def _partitions(self, session: Session, first: str, second: str | None) -> Outcome:
        table = self._table(session, first, second)
        keys = [key["Name"] for key in table.get("PartitionKeys", [])]
        if not keys:
            raise QueryFailure(
                "INVALID_TABLE", f"Table {table['DatabaseName']}.{table['Name']} is not a partitioned table"
            )
        found = self._glue.partitions(table["DatabaseName"], table["Name"])
        lines = ["/".join(f"{k}={v}" for k, v in zip(keys, item["Values"], strict=True)) for item in found]
        return _list("partition", sorted(lines))

    def _create_view_text(self, session: Session, first: str, second: str | None) -> Outcome:
        table = self._table(session, first, second)
        if not catalog.is_view(table):
            raise QueryFailure(
                "NOT_SUPPORTED", f"Relation '{table['DatabaseName']}.{table['Name']}' is a table, not a view"
            )
        view = views.decode(table)
        text = f"CREATE VIEW {table['DatabaseName']}.{table['Name']} AS\n{view.sql}"
        return _list("Create View", text.splitlines())

    def _describe(self, session: Session, first: str, second: str | None) -> Outcome:
        table = self._table(session, first, second)
        rows = [[f"{c['Name']:<20}\t{c['Type']:<20}\t{c.get('Comment', ''):<20}"] for c in catalog.columns(table)]
        keys = table.get("PartitionKeys", [])
        if keys:
            rows += [
                ["\t \t "],
                ["# Partition Information\t \t "],
                [f"{'# col_name':<20}\t{'data_type':<20}\t{'comment':<20}"],
            ]
            rows += [[f"{k['Name']:<20}\t{k['Type']:<20}\t{k.get('Comment', ''):<20}"] for k in keys]
        return Outcome([_string("col_name"), _string("data_type"), _string("comment")], rows)

    def _of(self, database: str) -> list[dict]:
        if self._glue.database(database.lower()) is None:
            raise QueryFailure("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist")
        return self._glue.tables(database.lower())

    def _table(self, session: Session, first: str, second: str | None) -> dict:
        database, name = (first.lower(), second.lower()) if second else (session.schema, first.lower())
        table = self._glue.table(database, name)
        if table is None:
            raise QueryFailure("TABLE_NOT_FOUND", f"Table '{CATALOG}.{database}.{name}' does not exist")
        return table

    def _view(self, sql: str, session: Session) -> Outcome:
        tree = parse(sql)
        is_create = isinstance(tree, exp.Create)
        if not isinstance(tree, (exp.Create, exp.Drop)) or tree.args.get("kind") != "VIEW":
            word, second = re.findall(r"\w+", sql.upper())[:2]
            raise unsupported(f"{word} {second} is not done by the local Athena: it creates and drops views only")
        target = tree.this if is_create else tree.args["tables"][0]
        if not isinstance(target, exp.Table):
            raise unsupported("A list of columns after the name of a view is not Athena's", place(sql, target))
        schema, name = (target.db or session.schema).lower(), target.name.lower()
        if self._glue.database(schema) is None:
            raise QueryFailure("SCHEMA_NOT_FOUND", f"Schema '{schema}' does not exist", place(sql, target))
        present = self._glue.table(schema, name)
        if is_create:
            self._create(sql, tree, session, schema, name, present)
        else:
            self._drop(tree, schema, name, present)
        return Outcome([], [])

    def _create(
        self, sql: str, tree: exp.Create, session: Session, schema: str, name: str, present: dict | None
    ) -> None:
        if present and not catalog.is_view(present):
            raise QueryFailure("TABLE_ALREADY_EXISTS", f"Table already exists: '{CATALOG}.{schema}.{name}'", (1, 1))
        if present and not tree.args.get("replace"):
            raise QueryFailure("TABLE_ALREADY_EXISTS", f"View already exists: '{CATALOG}.{schema}.{name}'", (1, 1))
        tokens = [t for t in sqlglot.tokenize(sql, read="athena") if t.token_type == TokenType.ALIAS]
        text = sql[tokens[0].end + 1 :].strip()
        plan = self._engine.plan(text, session)
        names = [column.lower() for column, _ in plan.columns]
        for index, column in enumerate(names, start=1):
            if re.fullmatch(r"_col\d+", column):
                message = f"Column name not specified at position {index}"
                raise QueryFailure("MISSING_COLUMN_NAME", message, position(sql, tokens[0].end + 1))
            if names.count(column) > 1:
                raise QueryFailure("DUPLICATE_COLUMN_NAME", f"Column name '{column}' specified more than once", (1, 1))
        kinds = [of for _, of in self._engine.run(plan.without_rows(), Cancellation()).columns]
        columns = list(zip(names, kinds, strict=True))
        entry = views.table_input(name, text, CATALOG, session.schema, columns)
        if present:
            self._glue.client.update_table(DatabaseName=schema, TableInput=entry)
        else:
            self._glue.client.create_table(DatabaseName=schema, TableInput=entry)

    def _drop(self, tree: exp.Drop, schema: str, name: str, present: dict | None) -> None:
        if present and catalog.is_view(present):
            self._glue.client.delete_table(DatabaseName=schema, Name=name)
        elif present:
            message = f"View '{CATALOG}.{schema}.{name}' does not exist, but a table with that name exists."
            raise QueryFailure("GENERIC_USER_ERROR", f"{message} Did you mean DROP TABLE {schema}.{name}?", (1, 1))
        elif not tree.args.get("exists"):
            raise QueryFailure("TABLE_NOT_FOUND", f"View '{CATALOG}.{schema}.{name}' does not exist", (1, 1))


def _string(name: str) -> dict:
    return types.column_info(name, types.VARCHAR) | {"Type": "string", "Precision": 0, "CaseSensitive": False}


def _list(name: str, lines: list[str]) -> Outcome:
    return Outcome([_string(name)], [[line] for line in lines])


def _matching(names: list[str], like: str | None) -> list[str]:
    """Hive's patterns: `*` for anything, `|` for or."""
    if like is None:
        return names
    pattern = "|".join(re.escape(part).replace(r"\*", ".*") for part in like.split("|"))
    return [name for name in names if re.fullmatch(pattern, name, re.IGNORECASE)]
