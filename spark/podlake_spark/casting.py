"""From text to the catalogue's types, by the rules of the lake.

Numbers are trimmed, text is not. Empty is null. An int may end in ``.0`` and in no other fraction; further decimals of
a decimal round half up; NaN, Infinity, ``1,5``, ``NA`` and values out of range do not fit. A value that does not fit
gives null, and ``misfit`` tells it apart from an empty one.
"""

from functools import reduce
from operator import or_

from pyspark.sql import Column
from pyspark.sql import functions as F

from podlake_spark.catalogue import Column as CatalogueColumn

WHOLE_NUMBER_WITH_POINT = r"^\s*[+-]?\d+\.0\s*$"
NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"

NOT_OF_TYPE = "tipo"
OUT_OF_RANGE = "fora_da_faixa"
NOT_IN_LIST = "fora_da_lista"
EMPTY = "vazio"
EMPTY_KEY = "chave_vazia"


def cast_text(text: Column, kind: str) -> Column:
    """The value of ``text`` (null if empty or if it does not fit the type ``kind``)."""
    if kind == "string":
        return F.when(text != "", text)
    if kind in ("int", "bigint"):
        # Spark's own cast accepts any fraction and drops it, so text with a point is looked at more closely.
        whole = text.cast(kind)
        return F.when(text.contains("."), F.when(text.rlike(WHOLE_NUMBER_WITH_POINT), whole)).otherwise(whole)
    if kind == "double":
        # Spark's cast also knows "NaN", "Infinity", "1d" and hexadecimal: no character but a number's may be there.
        number = text.cast(kind)
        plain = F.translate(text, "0123456789+-.eE \t\r\n", "") == ""
        return F.when(plain & (F.abs(number) < float("inf")), number)
    if kind.startswith("decimal("):
        return text.cast(kind)
    raise ValueError(f"the catalogue's type {kind!r} has no rule for reading it from text")


def without_sentinel(value: Column, column: CatalogueColumn) -> Column:
    """Null where the value stands for "there is none"; such a value fits, it just does not say anything."""
    if column.sentinel is None:
        return value
    return F.when(value != F.lit(column.sentinel), value)


def misfit(text: Column, value: Column, column: CatalogueColumn) -> Column | None:
    """Whether the row has to be kept apart because of this column; None if the column can never be the reason.

    ``value`` is what ``cast_text`` made of ``text``.
    """
    reasons = []
    if column.type != "string":
        reasons.append(value.isNull() & text.isNotNull() & (text != ""))
    if column.accepted is not None:
        reasons.append(value.isNotNull() & ~value.isin(*column.accepted))
    if _must_have_value(column):
        reasons.append(value.isNull())
    if not reasons:
        return None
    return F.coalesce(reduce(or_, reasons), F.lit(False))


def rule_broken(text: Column, value: Column, column: CatalogueColumn) -> Column:
    """The name of the rule that a value of ``misfit`` breaks."""
    empty = text.isNull() | (text == "")
    numeric = F.lit(False) if column.type == "string" else text.rlike(_pattern(column.type))
    return (
        F.when(empty, EMPTY_KEY if column.key else EMPTY)
        .when(value.isNotNull(), NOT_IN_LIST)
        .when(numeric, OUT_OF_RANGE)
        .otherwise(NOT_OF_TYPE)
    )


def _pattern(kind: str) -> str:
    return NUMBER if kind == "double" or kind.startswith("decimal(") else r"^\s*[+-]?\d+(\.0)?\s*$"


def _must_have_value(column: CatalogueColumn) -> bool:
    return not column.key_may_be_empty if column.key else not column.nullable
