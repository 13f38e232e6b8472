"""From the names in a query to what Glue says about them: sources with columns, views put in by their text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import duckdb
from sqlglot import exp
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.optimizer.scope import traverse_scope

from . import files, iceberg, iceberg_metadata, information_schema, views
from .failures import QueryFailure, unsupported
from .glue import CATALOG, GlueCatalog, is_iceberg, is_view
from .parsing import check_statement, parse, place
from .pruning import Condition

_METADATA_NAME = re.compile(r"^(.+)\$(\w+)$")


class Source(Protocol):
    """A table that a query reads. `needed` are its columns in use, `conditions` what all rows of the answer meet, so
    that files without such rows may be left out; `register` makes it readable for DuckDB and gives the bytes read."""

    needed: set[str]
    conditions: list[Condition]

    @property
    def columns(self) -> dict[str, exp.DataType]: ...

    def register(self, connection: duckdb.DuckDBPyConnection, name: str) -> int: ...


@dataclass(frozen=True)
class Session:
    """Where unqualified names are looked for."""

    catalog: str
    schema: str


@dataclass
class Binder:
    glue: GlueCatalog
    tables: iceberg.IcebergTables
    constant: Callable[[exp.Expr], object]  # the value of an expression without columns
    sources: dict[str, Source] = field(default_factory=dict)
    _open_views: list[str] = field(default_factory=list)

    def bind(self, tree: exp.Expr, sql: str, session: Session) -> exp.Expr:
        """Puts a source, or the text of a view, in the place of every table; names become lower case."""
        tree = normalize_identifiers(tree, dialect="athena")
        for column in tree.find_all(exp.Column):
            column.set("catalog", None)  # a table's alias stands for its qualified name from here on
            column.set("db", None)
        for scope in traverse_scope(tree):
            for table in list(scope.tables):
                if not (table.name in scope.cte_sources and not table.db):
                    self._bind_table(table, sql, session)
        return tree

    def _bind_table(self, table: exp.Table, sql: str, session: Session) -> None:
        if not isinstance(table.this, exp.Identifier):
            name = table.this.sql_name() if isinstance(table.this, exp.Func) else table.name
            raise QueryFailure(
                "FUNCTION_NOT_FOUND", f"Table function '{name.lower()}' not registered", place(sql, table)
            )
        at = place(sql, table)
        catalog, schema = table.catalog or session.catalog, table.db or session.schema
        if catalog != CATALOG:
            raise QueryFailure("CATALOG_NOT_FOUND", f"Catalog '{catalog}' not found", at)
        alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name, quoted=True))
        source = self._find(table, schema, sql, at)
        if isinstance(source, exp.Expr):
            table.replace(exp.Subquery(this=source, alias=alias))
            return
        name = f"source${len(self.sources)}"  # no name that a query's own WITH would have
        self.sources[name] = source
        table.replace(exp.Table(this=exp.to_identifier(name, quoted=True), alias=alias))

    def _find(self, table: exp.Table, schema: str, sql: str, at: tuple[int, int] | None) -> Source | exp.Expr:
        name = table.name
        if schema == "information_schema":
            return information_schema.source(self.glue, name, at)
        glue_table = self.glue.table(schema, name)
        part = None
        if glue_table is None and (found := _METADATA_NAME.match(name)):
            glue_table, part = self.glue.table(schema, found.group(1)), found.group(2)
        if glue_table is None:
            if self.glue.database(schema) is None:
                raise QueryFailure("SCHEMA_NOT_FOUND", f"Schema '{schema}' does not exist", at)
            raise QueryFailure("TABLE_NOT_FOUND", f"Table '{CATALOG}.{schema}.{name}' does not exist", at)
        version = table.args.get("version")
        full_name = f'"{schema}"."{name}"'
        if is_iceberg(glue_table):
            loaded = self.tables.load(glue_table["Parameters"]["metadata_location"])
            snapshot = self._snapshot(loaded, full_name, version) if version else loaded.current_snapshot()
            if part:
                return iceberg_metadata.source(loaded, snapshot, part, f"{CATALOG}.{schema}.{name}", at)
            return iceberg.IcebergSource(self.tables, loaded, snapshot)
        if part:
            raise QueryFailure("TABLE_NOT_FOUND", f"Table '{CATALOG}.{schema}.{name}' does not exist", at)
        if version:
            raise unsupported("This connector does not support versioned tables", at)
        if is_view(glue_table):
            return self._view(glue_table, f"{CATALOG}.{schema}.{name}", at)
        return files.source(self.glue, self.tables.storage, glue_table)

    def _snapshot(self, table, name: str, version: exp.Version):
        value = self.constant(version.expression)
        if version.name.upper() == "VERSION":
            return iceberg.snapshot_of(table, value)
        return iceberg.snapshot_at(table, name, int(value.timestamp() * 1000))

    def _view(self, table: dict, name: str, at: tuple[int, int] | None) -> exp.Expr:
        if name in self._open_views:
            raise QueryFailure("VIEW_IS_RECURSIVE", f"View '{name}' is recursive", at)
        view = views.decode(table)
        self._open_views.append(name)
        try:
            check_statement(view.sql)
            tree = parse(view.sql)
            bound = self.bind(tree, view.sql, Session(view.catalog or CATALOG, view.schema))
        except QueryFailure as failure:
            raise QueryFailure("INVALID_VIEW", f"Failed analyzing stored view '{name}': {failure}", at) from failure
        finally:
            self._open_views.pop()
        for node in bound.walk():
            node.meta.pop("start", None)  # places in the view's text are none in the query's
        return bound.unnest() if isinstance(bound, exp.Subquery) else bound
