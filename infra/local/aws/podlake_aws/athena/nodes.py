"""Small pieces of DuckDB's SQL as trees, with the types that they have."""

from __future__ import annotations

from sqlglot import exp

from . import types


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def cast(node: exp.Expr, to: exp.DataType | str) -> exp.Cast:
    target = exp.DataType.build(to, dialect="duckdb") if isinstance(to, str) else to.copy()
    made = exp.Cast(this=node.copy(), to=target)
    made.type = target
    return made


def checked(node: exp.Expr, name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """One of the macros that come in two forms: failing, and null inside TRY."""
    attempt = isinstance(node, exp.TryCast) or node.find_ancestor(exp.Try) is not None
    return call(f"podlake_{'try_' if attempt else ''}{name}", *arguments)


def text(value: str) -> exp.Literal:
    return exp.Literal.string(value)


def kind(node: exp.Expr) -> exp.DataType:
    return node.type or types.UNKNOWN
