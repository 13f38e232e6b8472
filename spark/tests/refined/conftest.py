"""Runs an indicator's SQL file on rows that a test gives."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

CATALOGUE = Path(__file__).parents[3] / "catalog" / "refined"


class Indicator:
    """The SQL file of one indicator. ``rows`` gives its result as tuples in order of the columns, sorted.

    Columns of what is given are written as in DDL (``sk_id_curr bigint, target int``), rows as tuples in that order.
    """

    def __init__(self, name: str, spark, trusted_tables):
        self._spark = spark
        self._trusted_tables = trusted_tables
        self._sql = (CATALOGUE / f"{name}.sql").read_text(encoding="utf-8")
        self._slot = "2026-11-24 09:00:00"

    def given(self, table: str, columns: str, rows: list[tuple]) -> "Indicator":
        """The trusted table holds these rows."""
        self._trusted_tables({table: (columns, rows)})
        return self

    def given_published(self, table: str, columns: str, rows: list[tuple]) -> "Indicator":
        """Earlier slots (and later ones, if the rows say so) published these rows of the refined table."""
        self._trusted_tables({table: (columns, rows)}, database="refined")
        return self

    def at(self, slot: str) -> "Indicator":
        """The slot's instant in UTC; without this it is 24 November 2026, 09:00."""
        self._slot = slot
        return self

    def given_step(self, step: str, columns: str, rows: list[tuple]) -> "Indicator":
        """The named step of the SQL gives these rows instead of what it says: for figures that no few rows add up to."""
        self._trusted_tables({f"step_{step}": (columns, rows)})
        start = re.search(rf"\b{step} as \(", self._sql)
        assert start, f"the SQL has no step {step}"
        end, depth = start.end(), 1
        while depth:
            depth += {"(": 1, ")": -1}.get(self._sql[end], 0)
            end += 1
        self._sql = f"{self._sql[: start.end()]}select * from trusted.step_{step}{self._sql[end - 1 :]}"
        return self

    def types(self) -> list[str]:
        return [kind for _, kind in self._result().dtypes]

    def rows(self) -> list[tuple]:
        return sorted((tuple(row) for row in self._result().collect()), key=_nulls_last)

    def _result(self):
        return self._spark.sql(self._sql, args={"ts_referencia": self._slot})


def _nulls_last(row: tuple) -> tuple:
    return tuple((value is None, value) for value in row)


@pytest.fixture
def indicator(spark, trusted_tables) -> Callable[[str], Indicator]:
    return lambda name: Indicator(name, spark, trusted_tables)
