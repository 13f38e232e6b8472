"""The compiled catalogue: what each table is. Read once a step from the JSON artefact that the manifest names."""

import json
from dataclasses import dataclass
from typing import Any

from podlake_spark.errors import JobError


@dataclass(frozen=True)
class Column:
    """A trusted column; ``source`` is its name in the files."""

    name: str
    source: str
    type: str
    nullable: bool
    key: bool
    key_may_be_empty: bool
    sentinel: int | float | None
    accepted: tuple[Any, ...] | None
    description: str


@dataclass(frozen=True)
class TrustedTable:
    name: str
    source: str
    description: str
    buckets: int | None
    bad_row_threshold: float
    columns: tuple[Column, ...]
    checks: tuple[dict[str, Any], ...]

    @property
    def key(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.key)

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]


@dataclass(frozen=True)
class RefinedColumn:
    name: str
    type: str
    description: str


@dataclass(frozen=True)
class RefinedTable:
    name: str
    description: str
    inputs: tuple[str, ...]
    lookback: tuple[str, ...]
    sql: str
    key: tuple[str, ...]
    columns: tuple[RefinedColumn, ...]
    checks: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Catalogue:
    sources: dict[str, tuple[str, ...]]
    trusted: dict[str, TrustedTable]
    refined: dict[str, RefinedTable]

    def source_columns(self, table: str) -> tuple[str, ...]:
        """The columns of a source table in catalogue order."""
        return _known(self.sources, table, "source")

    def trusted_table(self, table: str) -> TrustedTable:
        return _known(self.trusted, table, "trusted table")

    def refined_table(self, table: str) -> RefinedTable:
        return _known(self.refined, table, "refined table")


def parse_catalogue(text: str) -> Catalogue:
    content = json.loads(text)
    if content.get("format") != 1:
        raise JobError(f"The catalogue has format {content.get('format')!r}; this package reads format 1.")
    return Catalogue(
        sources={name: tuple(c["name"] for c in source["columns"]) for name, source in content["sources"].items()},
        trusted={name: _trusted_table(table) for name, table in content["trusted"].items()},
        refined={name: _refined_table(table) for name, table in content["refined"].items()},
    )


def _trusted_table(table: dict[str, Any]) -> TrustedTable:
    columns = tuple(
        Column(
            name=column["name"],
            source=column["source"],
            type=column["type"],
            nullable=column["nullable"],
            key=column["key"],
            key_may_be_empty=column["keyMayBeEmpty"],
            sentinel=column["sentinel"],
            accepted=None if column["accepted"] is None else tuple(column["accepted"]),
            description=_portuguese(column["description"]),
        )
        for column in table["columns"]
    )
    return TrustedTable(
        name=table["name"],
        source=table["source"],
        description=_portuguese(table["description"]),
        buckets=table["buckets"],
        bad_row_threshold=table["badRowThreshold"],
        columns=columns,
        checks=tuple(table["checks"]),
    )


def _refined_table(table: dict[str, Any]) -> RefinedTable:
    return RefinedTable(
        name=table["name"],
        description=_portuguese(table["description"]),
        inputs=tuple(table["inputs"]),
        lookback=tuple(table["lookback"]),
        sql=table["sql"],
        key=tuple(table["key"]),
        columns=tuple(
            RefinedColumn(column["name"], column["type"], _portuguese(column["description"]))
            for column in table["columns"]
        ),
        checks=tuple(table["checks"]),
    )


def _portuguese(text: Any) -> str:
    """Texts of the source are in two languages, texts of refined tables in Portuguese alone."""
    return text["pt"] if isinstance(text, dict) else text


def _known(tables: dict[str, Any], name: str, kind: str) -> Any:
    if name not in tables:
        raise JobError(f"The catalogue has no {kind} {name!r}; it has {', '.join(sorted(tables))}.")
    return tables[name]
