"""What a query reads and gives: origins and their roles, and the relations that carry them from step to step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from sqlglot import exp

#: Pairs of origin and role; an origin is a column of a table, a table, or the slot.
Origins = frozenset[tuple[str, str]]
NONE: Origins = frozenset()
ROLES = ["value", "rows", "filter", "join", "group", "order"]


class LineageError(Exception):
    """What cannot be traced, as a sentence for the author of the SQL."""


@dataclass
class Relation:
    """What a table, step or subquery gives."""

    columns: dict[str, Origins]
    #: The tables whose rows its rows stand for.
    rows: Origins = NONE
    #: What decides which rows it has: every column depends on it.
    influences: Origins = NONE
    #: Columns that together tell one row from another, if that is known.
    key: frozenset[str] | None = None


@dataclass
class Scope:
    """Where the names of one SELECT are looked up."""

    steps: dict[str, Relation]
    outer: Scope | None = None
    sources: dict[str, Relation] = field(default_factory=dict)
    merged: dict[str, Origins] = field(default_factory=dict)
    aliases: dict[str, Origins] = field(default_factory=dict)

    def find(self, name: str) -> Origins | None:
        """A column by its bare name; as in Spark, sources come before what the SELECT itself names."""
        if name in self.merged:
            return self.merged[name]
        holders = [alias for alias, source in self.sources.items() if name in source.columns]
        if len(holders) > 1:
            raise LineageError(f"{name} is a column of {' and of '.join(holders)}: write which one is meant")
        return self.sources[holders[0]].columns[name] if holders else self.aliases.get(name)


def with_role(origins: Iterable[tuple[str, str]], role: str) -> Origins:
    return frozenset((origin, role) for origin, _ in origins)


def union(parts: Iterable[Origins]) -> Origins:
    return NONE.union(*parts)


def table(name: str, columns: list[str], key: list[str]) -> Relation:
    origins = {column: frozenset({(f"{name}.{column}", "value")}) for column in columns}
    return Relation(origins, rows=frozenset({(name, "rows")}), key=frozenset(key) or None)


def values(node: exp.Values) -> Relation:
    first = node.expressions[0]
    width = len(first.expressions) if isinstance(first, exp.Tuple) else 1
    return renamed(Relation({f"col{i + 1}": NONE for i in range(width)}), node.args.get("alias"))


def renamed(relation: Relation, alias: exp.Expression | None) -> Relation:
    """``as t (a, b)`` gives a relation's columns other names."""
    if not isinstance(alias, exp.TableAlias) or not alias.args.get("columns"):
        return relation
    names = [column.name.lower() for column in alias.args["columns"]]
    if len(names) != len(relation.columns):
        raise LineageError(f"{alias.name} names {len(names)} columns, but there are {len(relation.columns)}")
    return replace(relation, columns=dict(zip(names, relation.columns.values(), strict=True)), key=None)


def without(columns: dict[str, Origins], names: Iterable[str]) -> dict[str, Origins]:
    left_out = set(names)
    return {name: origins for name, origins in columns.items() if name not in left_out}


def by_origin(origins: Origins) -> dict[str, list[str]]:
    """The roles of each origin. That a table's rows decide something is left out where columns of it say so already."""
    named = {origin.rsplit(".", 1)[0] for origin, _ in origins if origin.count(".") == 2}
    found: dict[str, list[str]] = {}
    for origin, role in sorted(origins, key=lambda pair: (pair[0], ROLES.index(pair[1]))):
        if role == "rows" or origin not in named:
            found.setdefault(origin, []).append(role)
    return found


def near(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, sorted(set(known)), n=3)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"there are {', '.join(sorted(set(known))[:12]) or 'none'}"
