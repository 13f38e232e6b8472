"""One SELECT from text to rows: read, bound to tables, typed, translated, run by DuckDB in memory."""

from __future__ import annotations

import datetime
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

from . import types
from .arithmetic import MACROS
from .binding import Binder, Session, Source
from .failures import QueryCancelled, QueryFailure, from_duckdb
from .glue import GlueCatalog
from .iceberg import IcebergTables
from .inference import infer
from .parsing import fill_parameters, parse, place
from .pruning import prune
from .settings import Settings
from .translate import duckdb_sql, translate
from .values import writer

_BATCH = 10_000


class Cancellation:
    """Told by StopQueryExecution; interrupts what DuckDB is doing at that moment."""

    def __init__(self):
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self.requested = False

    def watch(self, connection: duckdb.DuckDBPyConnection | None) -> None:
        with self._lock:
            self._connection = connection
        self.check()

    def request(self) -> None:
        with self._lock:
            self.requested = True
            if self._connection is not None:
                self._connection.interrupt()

    def leave(self) -> None:
        with self._lock:
            self._connection = None

    def check(self) -> None:
        if self.requested:
            raise QueryCancelled


@dataclass
class Answer:
    """Rows of text with the names and types of their columns."""

    columns: list[tuple[str, exp.DataType]]
    rows: Iterator[list[str | None]]
    scanned: int = 0


@dataclass
class Plan:
    """A query that is understood but not yet run."""

    columns: list[tuple[str, exp.DataType]]
    sql: str
    sources: dict[str, Source] = field(default_factory=dict)

    def without_rows(self) -> Plan:
        """The same columns, for the types that only a run can tell."""
        return Plan(self.columns, f"SELECT * FROM ({self.sql}) LIMIT 0", self.sources)


class Engine:
    def __init__(self, settings: Settings, glue: GlueCatalog, tables: IcebergTables):
        self._settings = settings
        self._glue = glue
        self._tables = tables

    def open(self) -> duckdb.DuckDBPyConnection:
        """A database of its own in memory. It is locked before any text of a user reaches it: no file of the machine
        can be read or written, no variable of this process is seen, no extension is loaded, no setting changed."""
        connection = duckdb.connect(":memory:", config={"memory_limit": self._settings.memory_limit})
        connection.execute("SET TimeZone='UTC'")
        for macro in MACROS:
            connection.execute(macro)
        for setting in (
            "temp_directory=''",
            "allow_persistent_secrets=false",
            "python_enable_replacements=false",
            "python_scan_all_frames=false",
            "autoinstall_known_extensions=false",
            "autoload_known_extensions=false",
            "allow_community_extensions=false",
            "enable_external_access=false",
            "lock_configuration=true",
        ):
            connection.execute(f"SET {setting}")
        return connection

    def plan(self, sql: str, session: Session, parameters: list[str] | None = None) -> Plan:
        sql = fill_parameters(sql, parameters or [])
        tree = _as_select(parse(sql))
        if not isinstance(tree, exp.Query):
            raise QueryFailure("NOT_SUPPORTED", "The local Athena runs queries that read, and creates and drops views")
        return self.plan_tree(tree, sql, session)

    def plan_tree(self, tree: exp.Expr, sql: str, session: Session) -> Plan:
        labels = _labels(tree)
        binder = Binder(self._glue, self._tables, self._constant)
        tree = binder.bind(tree, sql, session)
        kinds = {name: dict(source.columns) for name, source in binder.sources.items()}
        schema = MappingSchema(kinds, dialect="athena", normalize=False)
        try:
            tree = qualify(tree, schema=schema, dialect="athena", expand_alias_refs=False)
        except OptimizeError as error:
            raise _unresolved(error, tree, sql, kinds) from error
        tree = infer(pushdown_projections(tree), schema)
        prune(tree, binder.sources)
        kinds_out = _output_kinds(tree)
        columns = [
            (_label(item, i) if labels is None else labels[i] or f"_col{i}", kinds_out[i])
            for i, item in enumerate(tree.selects)
        ]
        return Plan(columns, duckdb_sql(translate(tree)), binder.sources)

    def run(self, plan: Plan, cancellation: Cancellation) -> Answer:
        connection = self.open()
        try:
            cancellation.watch(connection)
            scanned = 0
            for name, source in plan.sources.items():
                scanned += source.register(connection, name)
                cancellation.check()
            reader = connection.execute(plan.sql).to_arrow_reader(_BATCH)
            columns = [
                (name, types.from_arrow(item.type) if kind.this in (types.T.UNKNOWN, types.T.NULL) else kind)
                for (name, kind), item in zip(plan.columns, reader.schema, strict=True)
            ]
            batches = list(_until_cancelled(reader, cancellation))
            return Answer(columns, _rows(columns, batches), scanned)
        except duckdb.InterruptException as error:
            raise QueryCancelled from error
        except duckdb.Error as error:
            cancellation.check()
            raise from_duckdb(error) from error
        finally:
            cancellation.leave()
            connection.close()

    def _constant(self, node: exp.Expr) -> object:
        """The value of an expression without columns, such as the instant of FOR TIMESTAMP AS OF."""
        if isinstance(node, exp.Literal):
            return node.name if node.is_string else int(node.name)
        tree = translate(infer(exp.select(node.copy()), MappingSchema({}, dialect="athena")))
        connection = self.open()
        try:
            value = (
                connection.execute(f"SELECT CAST(({duckdb_sql(tree)}) AS TIMESTAMPTZ)").to_arrow_table()[0][0].as_py()
            )
        except duckdb.Error as error:
            raise from_duckdb(error) from error
        finally:
            connection.close()
        if not isinstance(value, datetime.datetime):
            raise QueryFailure("INVALID_ARGUMENTS", "Pointer value cannot be NULL")
        return value


def _until_cancelled(reader: pa.RecordBatchReader, cancellation: Cancellation) -> Iterator[pa.RecordBatch]:
    for batch in reader:
        cancellation.check()
        yield batch


def _rows(columns: list[tuple[str, exp.DataType]], batches: list[pa.RecordBatch]) -> Iterator[list[str | None]]:
    writers = [writer(kind) for _, kind in columns]
    for batch in batches:
        texts = [
            [write(value) for value in column.to_pylist()] for write, column in zip(writers, batch.columns, strict=True)
        ]
        yield from map(list, zip(*texts, strict=True))


def _as_select(tree: exp.Expr) -> exp.Expr:
    """VALUES by itself, as a SELECT of all its columns."""
    if not isinstance(tree, exp.Values):
        return tree
    names = [exp.to_identifier(f"_col{index}") for index in range(len(tree.expressions[0].expressions))]
    tree.set("alias", exp.TableAlias(this=exp.to_identifier("rows"), columns=names))
    return exp.select("*").from_(tree)


def _labels(tree: exp.Expr) -> list[str | None] | None:
    """The names of the result's columns as the query writes them; None where a star hides them."""
    select = tree
    while isinstance(select, (exp.SetOperation, exp.Subquery)):
        select = select.this
    if not isinstance(select, exp.Select) or any(item.is_star for item in select.expressions):
        return None
    named = (exp.Alias, exp.Column, exp.Dot)
    return [item.output_name or None if isinstance(item, named) else None for item in select.expressions]


def _output_kinds(tree: exp.Expr) -> list[exp.DataType]:
    while isinstance(tree, exp.Subquery):
        tree = tree.this
    if isinstance(tree, exp.SetOperation):
        pairs = zip(_output_kinds(tree.left), _output_kinds(tree.right), strict=False)
        return [types.common(left, right) for left, right in pairs]
    return [item.type or types.UNKNOWN for item in tree.selects]


def _label(item: exp.Expr, index: int) -> str:
    name = item.alias_or_name
    return f"_col{index}" if not name or re.fullmatch(r"_col_\d+", name) else name


def _unresolved(error: OptimizeError, tree: exp.Expr, sql: str, tables: dict[str, dict]) -> QueryFailure:
    """sqlglot's words for a name that means nothing, or two things, in Athena's. `tree` is half qualified."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).split("\n", 1)[0]
    found = re.search(r"'\"?([^']*?)\"?'|(?:column|table): \"?([^\s\"]+)", text, re.IGNORECASE)
    if not found:
        return QueryFailure("SYNTAX_ERROR", text)
    name = (found.group(1) or found.group(2)).replace('"', "").rsplit(".", 1)[-1].lower()
    holders = [c for c in tree.find_all(exp.Column) if name in (c.name.lower(), c.table.lower())]
    where = re.search(r"Line: (\d+), Col: (\d+)", text)
    if where:
        spot = (int(where.group(1)), int(where.group(2)))
        holders = [c for c in holders if (c.this.meta.get("line"), c.this.meta.get("col")) == spot] or holders
    column = holders[0] if holders else exp.column(name)
    at = place(sql, column)
    if not column.table and _owners(tree, column, tables) > 1:
        return QueryFailure("AMBIGUOUS_NAME", f"Column '{name}' is ambiguous", at)
    shown = ".".join(part.name for part in column.parts)
    message = f"Column '{shown}' cannot be resolved or requester is not authorized to access requested resources"
    return QueryFailure("COLUMN_NOT_FOUND", message, at)


def _owners(tree: exp.Expr, column: exp.Column, tables: dict[str, dict]) -> int:
    """How many relations of the column's SELECT have a column of its name."""
    for scope in traverse_scope(tree):
        if any(item is column for item in scope.columns):
            known = [
                tables.get(source.name, {}) if isinstance(source, exp.Table) else source.expression.named_selects
                for _, source in scope.selected_sources.values()
            ]
            return sum(column.name in names for names in known)
    return 0
