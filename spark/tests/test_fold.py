"""The fold: which row of a key wins, and what each row is against the base."""

import json
import time
from decimal import Decimal

import pytest
from lake import catalogue, column, trusted

from podlake_spark import fold
from podlake_spark.catalogue import parse_catalogue

CATALOGUE = parse_catalogue(json.dumps(catalogue()))
LOAN = CATALOGUE.trusted_table("application_train")
PAYMENT = CATALOGUE.trusted_table("installments_payments")


def raw(spark, table, rows, arrival="2026-11-24 08:00:00"):
    """Rows of text in the table's columns, in the order of one file's lines. A row may be (arrival, file, row)."""
    filled = []
    for number, row in enumerate(rows):
        came, file, values = row if len(row) == 3 and isinstance(row[2], tuple) else (arrival, "a.csv", row)
        filled.append((*values, came, file, 1, 0, number))
    text = spark.createDataFrame(filled, fold.raw_schema(table).replace("_chegada timestamp", "_chegada string"))
    return text.withColumn("_chegada", text["_chegada"].cast("timestamp"))


def classes(spark, table, rows, base=None):
    """(key text, class, conflicting) of every row, sorted."""
    typed = fold.type_rows(raw(spark, table, rows), table)
    known = (
        None if base is None else spark.createDataFrame(base, ", ".join(f"{c.name} {c.type}" for c in table.columns))
    )
    found = fold.classify(typed, known, table).collect()
    key = [column.name for column in table.key]
    rows = [(*(row[name] for name in key), row[fold.CLASS], row[fold.CONFLICTING]) for row in found]
    return sorted(rows, key=str)


def loan(key, target="0", kind="Cash loans", credit="10", days="-1", score="0.5"):
    return (key, target, kind, credit, days, score)


def known_loan(key, target=0, kind="Cash loans", credit="10", days=-1, score=0.5):
    return (key, target, kind, Decimal(credit), days, score)


def test_rows_are_inserted_updated_or_unchanged_against_the_base(spark):
    base = [known_loan(1), known_loan(2), known_loan(3, credit="11")]
    rows = [loan("1"), loan("2", target="1"), loan("4")]

    assert classes(spark, LOAN, rows, base) == [(1, "unchanged", False), (2, "updated", False), (4, "inserted", False)]


def test_without_a_base_every_winner_is_inserted(spark):
    assert classes(spark, LOAN, [loan("1"), loan("2")]) == [(1, "inserted", False), (2, "inserted", False)]


def test_values_are_compared_as_typed_and_null_safe(spark):
    base = [known_loan(1), known_loan(2, target=None), known_loan(3, target=None), known_loan(4, days=None)]
    rows = [
        loan(" 1.0", credit="10.0004", score="5e-1"),
        loan("2", target=""),
        loan("3", target="0"),
        loan("4", days="365243.0"),
    ]

    assert [row[:2] for row in classes(spark, LOAN, rows, base)] == [
        (1, "unchanged"),
        (2, "unchanged"),
        (3, "updated"),
        (4, "unchanged"),
    ]


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        (("2026-11-24 08:00:01", "a.csv"), ("2026-11-24 08:00:00", "b.csv")),
        (("2026-11-24 08:00:00", "b.csv"), ("2026-11-24 08:00:00", "a.csv")),
        (("2026-11-24 08:00:00.5", "a.csv"), ("2026-11-24 08:00:00", "a.csv")),
    ],
)
def test_of_one_key_the_last_by_arrival_then_file_wins(spark, winner, loser):
    rows = [(*winner, loan("1", credit="1")), (*loser, loan("1", credit="2"))]

    assert classes(spark, LOAN, rows, [known_loan(1, credit="1")]) == [(1, "superseded", True), (1, "unchanged", False)]


def test_of_one_key_in_one_file_the_last_line_wins(spark):
    rows = [loan("1", credit="3"), loan("1", credit="2"), loan("1", credit="1")]

    assert classes(spark, LOAN, rows, [known_loan(1, credit="1")]) == [
        (1, "superseded", True),
        (1, "superseded", True),
        (1, "unchanged", False),
    ]


def test_a_superseded_row_conflicts_only_if_its_values_differ_from_the_winners(spark):
    rows = [loan("1"), loan("1", target="", kind=""), loan("1")]

    assert classes(spark, LOAN, rows) == [(1, "inserted", False), (1, "superseded", False), (1, "superseded", True)]


def test_values_that_moved_from_one_column_to_the_next_conflict(spark):
    rows = [("7", "", "Cash loans", "1", "1", ""), ("7", "1", "Cash loans", "1", "", "")]

    assert classes(spark, LOAN, rows) == [(7, "inserted", False), (7, "superseded", True)]


def test_a_row_that_does_not_fit_leaves_before_keys_compete(spark):
    rows = [loan("1"), loan("1", credit="1,5"), loan("x"), loan("", target="9")]
    found = fold.classify(fold.type_rows(raw(spark, LOAN, rows), LOAN), None, LOAN).collect()

    good = [row for row in found if row[fold.CLASS] != "quarantined"]
    assert [(row["sk_id_curr"], row[fold.CLASS], row[fold.REASONS], row[fold.TEXT]) for row in good] == [
        (1, "inserted", None, None)
    ]
    bad = sorted((row for row in found if row[fold.CLASS] == "quarantined"), key=lambda row: row[fold.TEXT])
    assert [[tuple(reason) for reason in row[fold.REASONS]] for row in bad] == [
        [("SK_ID_CURR", "", "chave_vazia"), ("TARGET", "9", "fora_da_lista")],
        [("AMT_CREDIT", "1,5", "tipo")],
        [("SK_ID_CURR", "x", "tipo")],
    ]
    assert json.loads(bad[1][fold.TEXT])["AMT_CREDIT"] == "1,5"


def test_a_key_part_that_may_be_empty_is_a_value_like_any_other(spark):
    base = [(1, 1, None, Decimal("5")), (1, 2, -3, Decimal("5"))]
    rows = [("1", "1", "", "5"), ("1", "1", "-9", "5"), ("1", "2", "-3", "6"), ("1", "1", "", "5")]

    assert classes(spark, PAYMENT, rows, base) == [
        (1, 1, -9, "inserted", False),
        (1, 1, None, "superseded", False),
        (1, 1, None, "unchanged", False),
        (1, 2, -3, "updated", False),
    ]


def test_a_table_of_122_columns_is_planned_in_seconds(spark):
    """Unwary expressions over so many columns once cost Spark's optimizer all its memory, before any row was read."""
    kinds = ["int", "double", "decimal(18,3)", "string"]
    columns = [column("ID", "bigint", key=True), *(column(f"C{n}", kinds[n % 4]) for n in range(121))]
    wide = parse_catalogue(json.dumps(catalogue([trusted("wide", columns)]))).trusted_table("wide")
    begun = time.monotonic()

    assert classes(spark, wide, [tuple(["1"] * 122), tuple(["2"] * 122)], [(1, *[None] * 121)]) == [
        (1, "updated", False),
        (2, "inserted", False),
    ]
    assert time.monotonic() - begun < 60
