"""The fold of trusted as pure transforms: raw rows and the base in, typed and classified rows out.

trusted(n) = fold(trusted(n-1), raw(n)). Every row of raw gets exactly one class, and the classes are the terms of the
equation rows in raw = inserted + updated + unchanged + superseded + quarantined + erased.
"""

from functools import reduce
from operator import and_

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from podlake_spark.casting import cast_text, misfit, rule_broken, without_sentinel
from podlake_spark.catalogue import Column as CatalogueColumn
from podlake_spark.catalogue import TrustedTable
from podlake_spark.record_places import PLACE

INSERTED = "inserted"
UPDATED = "updated"
UNCHANGED = "unchanged"
SUPERSEDED = "superseded"
QUARANTINED = "quarantined"
ERASED = "erased"
CLASSES = (INSERTED, UPDATED, UNCHANGED, SUPERSEDED, QUARANTINED, ERASED)

CLASS = "_classe"
CONFLICTING = "_conflitante"
MADE_UP_FOR = "_resolvida_por"
REASONS = "_motivos"
TEXT = "_texto"

_ORDER = ("_chegada", "_arquivo", "_bloco", "_ordem")
_BAD = "_ruim"
_PRINT = "_impressao"
_RANK = "_posicao"
_KNOWN = "_conhecida"


def raw_schema(table: TrustedTable) -> str:
    """What the fold reads of raw. A column that an older raw file does not have is null."""
    columns = [f"`{column.source}` string" for column in table.columns]
    order = ["_chegada timestamp", "_arquivo string", "_arquivo_id bigint", "_bloco bigint", "_ordem bigint"]
    return ", ".join([*columns, *order])


def type_rows(raw: DataFrame, table: TrustedTable) -> DataFrame:
    """Typed columns under the catalogue's names, the row's place in the slot's order, and for a row that does not fit
    the reasons (array of coluna, valor, regra) and its text as JSON; both are null for a good row.
    """
    texts = [F.col(f"`{column.source}`").alias(_text(column)) for column in table.columns]
    cast = [cast_text(F.col(_text(column)), column.type).alias(_value(column)) for column in table.columns]
    checks = {
        column: check
        for column in table.columns
        if (check := misfit(F.col(_text(column)), F.col(_value(column)), column)) is not None
    }
    bad = F.greatest(F.lit(False), F.lit(False), *checks.values())
    reasons = F.array(*[F.when(check, _reason(column)) for column, check in checks.items()])
    as_received = F.to_json(F.struct(*[F.col(_text(column)).alias(column.source) for column in table.columns]))
    # Three projections, one on the other: Spark computes each cast once, and reasons and text for bad rows alone.
    return (
        raw.select(*texts, *_ORDER, "_arquivo_id")
        .select("*", *cast)
        .select("*", bad.alias(_BAD))
        .select(
            *[without_sentinel(F.col(_value(column)), column).alias(column.name) for column in table.columns],
            *_ORDER,
            "_arquivo_id",
            _BAD,
            F.when(F.col(_BAD), F.filter(reasons, lambda reason: reason.isNotNull())).alias(REASONS),
            F.when(F.col(_BAD), as_received).alias(TEXT),
        )
    )


def classify(typed: DataFrame, base: DataFrame | None, table: TrustedTable) -> DataFrame:
    """Gives each row of ``type_rows`` its class, against ``base`` (the table's columns; None for an empty table).

    Of the good rows of one key the last of the slot wins; rows that do not fit leave before keys compete.
    ``_conflitante`` marks a superseded row whose values are not the winner's, ``_resolvida_por`` names the file of the
    winner that comes after a row that does not fit (of which the key does: see ``key_text``).
    """
    by_key = Window.partitionBy(*[column.name for column in table.key]).orderBy(
        F.col(_BAD).asc(), *[F.col(name).desc() for name in _ORDER]
    )
    place = F.struct(*_ORDER)
    ranked = typed.select("*", _fingerprint(table).alias(_PRINT)).select(
        "*",
        F.row_number().over(by_key).alias(_RANK),
        (F.col(_PRINT) != F.first(_PRINT).over(by_key)).alias("_difere"),
        F.when(
            F.col(_BAD) & ~F.first(_BAD).over(by_key) & (F.first(place).over(by_key) > place),
            F.first("_arquivo").over(by_key),
        ).alias(MADE_UP_FOR),
    )
    wins = ~F.col(_BAD) & (F.col(_RANK) == 1)
    if base is None:
        compared, outcome = ranked, F.lit(INSERTED)
    else:
        compared, outcome = _compare(ranked, base, table, wins)
    superseded = ~F.col(_BAD) & (F.col(_RANK) > 1)
    row_class = F.when(F.col(_BAD), QUARANTINED).when(superseded, SUPERSEDED).otherwise(outcome)
    return compared.select(
        *table.column_names,
        F.col("_arquivo").alias("arquivo_origem"),
        # Where a row stood is asked of bad ones alone.
        *[F.when(F.col(_BAD), F.col(name)).alias(name) for name in PLACE],
        REASONS,
        TEXT,
        MADE_UP_FOR,
        row_class.alias(CLASS),
        (superseded & F.col("_difere")).alias(CONFLICTING),
    )


def key_text(table: TrustedTable) -> Column:
    """A row's key as ``sk_id_prev=1, num_instalment_number=2``; null for a bad row of which a part does not fit."""
    parts = [
        F.concat(F.lit(f"{column.name}="), F.coalesce(F.col(column.name).cast("string"), F.lit("")))
        for column in table.key
    ]
    named = F.array(*[F.lit(column.source) for column in table.key])
    broken = F.exists(REASONS, lambda reason: F.array_contains(named, reason["coluna"]))
    return F.when(~F.coalesce(broken, F.lit(False)), F.concat_ws(", ", *parts))


def _compare(ranked: DataFrame, base: DataFrame, table: TrustedTable, wins: Column) -> tuple[DataFrame, Column]:
    """Joins the winners with the base by key. Provenance does not count: equal values are an unchanged row."""
    old = base.select(*[F.col(name).alias(_old(name)) for name in table.column_names], F.lit(True).alias(_KNOWN))
    same_key = reduce(and_, [_equal_key(column) for column in table.key])
    # Structs are compared field by field, null equal to null.
    values = [column.name for column in table.columns if not column.key]
    same_values = F.struct(*values).eqNullSafe(F.struct(*[F.col(_old(name)).alias(name) for name in values]))
    outcome = F.when(F.col(_KNOWN).isNull(), INSERTED).when(same_values, UNCHANGED).otherwise(UPDATED)
    return ranked.join(old, wins & same_key, "left"), outcome


def _equal_key(column: CatalogueColumn) -> Column:
    """Null-safe only where a part of the key may be empty: a plain equality shares its shuffle with the ranking."""
    new, old = F.col(column.name), F.col(_old(column.name))
    return new.eqNullSafe(old) if column.key_may_be_empty else new == old


def _fingerprint(table: TrustedTable) -> Column:
    """A hash of all values; it takes "is null" in as well, as the hash alone passes over a null."""
    columns = [F.col(name) for name in table.column_names]
    return F.xxhash64(*columns, *[column.isNull() for column in columns])


def _reason(column: CatalogueColumn) -> Column:
    text, value = F.col(_text(column)), F.col(_value(column))
    return F.struct(
        F.lit(column.source).alias("coluna"),
        text.alias("valor"),
        rule_broken(text, value, column).alias("regra"),
    )


def _text(column: CatalogueColumn) -> str:
    return f"texto_{column.name}"


def _value(column: CatalogueColumn) -> str:
    return f"valor_{column.name}"


def _old(name: str) -> str:
    return f"base_{name}"
