"""Two sets of rows compared by key: what one of them lacks, has too much, or has otherwise."""

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

EXAMPLES = 10


@dataclass(frozen=True)
class Sides:
    rebuilt: DataFrame
    published: DataFrame


def differences(sides: Sides, keys: list[str], values: list[str], provenance: list[str]) -> dict[str, Any]:
    """Rows on both sides and how they differ, in one pass over the two.

    ``missing``: keys that the published side lacks; ``extra``: rows that it has too many, a key twice included;
    ``different``: keys with other values; ``provenance``: keys with equal values that come from elsewhere. Null equals
    null, in keys and values. Without keys all rows are of one group. Examples are keys, the first few in their order.
    """
    value, origin = F.struct(F.lit(0).alias("_"), *values), F.struct(F.lit(0).alias("_"), *provenance)
    both = reduce(
        DataFrame.unionByName,
        [
            rows.select(*keys, F.lit(published).alias("_publicada"), value.alias("_valor"), origin.alias("_origem"))
            for rows, published in ((sides.rebuilt, False), (sides.published, True))
        ],
    )
    of = {True: F.col("_publicada"), False: ~F.col("_publicada")}
    compared = both.groupBy(*keys).agg(
        F.count_if(of[False]).alias("rebuilt"),
        F.count_if(of[True]).alias("rows"),
        *[
            F.first(F.when(of[side], F.col(column)), ignorenulls=True).alias(f"{column}_{side}")
            for column in ("_valor", "_origem")
            for side in (True, False)
        ],
    )
    in_both = (F.col("rows") > 0) & (F.col("rebuilt") > 0)
    same = F.col("_valor_True").eqNullSafe(F.col("_valor_False"))
    elsewhere = ~F.col("_origem_True").eqNullSafe(F.col("_origem_False"))
    classified = compared.select(
        *keys,
        "rows",
        "rebuilt",
        F.greatest(F.col("rebuilt") - F.col("rows"), F.lit(0)).alias("missing"),
        F.greatest(F.col("rows") - F.col("rebuilt"), F.lit(0)).alias("extra"),
        (in_both & ~same).cast("int").alias("different"),
        (in_both & same & elsewhere).cast("int").alias("provenance"),
    )
    kinds = ("missing", "extra", "different", "provenance")
    wrong = reduce(or_, [F.col(kind) > 0 for kind in kinds])
    kind = F.concat_ws(" and ", *[F.when(F.col(kind) > 0, F.lit(kind)) for kind in kinds])
    named = [F.concat(F.lit(f"{key}="), F.coalesce(F.col(key).cast("string"), F.lit("null"))) for key in keys]
    example = F.concat(kind, F.lit(": "), F.concat_ws(", ", *named) if named else F.lit("the one row"))
    found = classified.agg(
        *[F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in ("rows", "rebuilt", *kinds)],
    ).first()
    figures: dict[str, Any] = {name: int(found[name]) for name in ("rows", "rebuilt", *kinds)}
    figures["examples"] = []
    if any(figures[name] for name in kinds):
        few = classified.where(wrong).orderBy(*keys, "rows").limit(EXAMPLES).select(example.alias("example")).collect()
        figures["examples"] = [row["example"] for row in few]
    return figures
