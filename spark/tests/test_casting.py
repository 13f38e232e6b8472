"""Typing by the catalogue: what fits, what does not, and by which rule."""

import json
from decimal import Decimal

import pytest
from lake import column
from pyspark.sql import functions as F

from podlake_spark.casting import cast_text, misfit, rule_broken
from podlake_spark.catalogue import parse_catalogue

BIG = 2**63 - 1

FITS = {
    "int": [("7", 7), (" -7 ", -7), ("\t+7", 7), ("-153.0", -153), (" 153.0 ", 153), ("2147483647", 2**31 - 1)],
    "bigint": [(str(BIG), BIG), (str(-BIG - 1), -BIG - 1), ("456250.0", 456250)],
    "double": [
        ("4e-05", 0.00004),
        ("9.53E-05", 0.0000953),
        (" .5", 0.5),
        ("1.", 1.0),
        ("-0.12345678901234567", -0.12345678901234567),
    ],
    "decimal(18,3)": [
        ("1", Decimal("1.000")),
        (" 2.0005 ", Decimal("2.001")),
        ("-2.0005", Decimal("-2.001")),
        ("0.00049999", Decimal("0.000")),
        ("1E3", Decimal("1000.000")),
        ("999999999999999.999", Decimal("999999999999999.999")),
    ],
    "string": [(" x ", " x "), ("NA", "NA"), ("XNA", "XNA")],
}

MISFITS = {
    "int": [
        ("1.5", "tipo"),
        ("1.00", "tipo"),
        (".0", "tipo"),
        ("1.", "tipo"),
        ("1e3", "tipo"),
        ("1,5", "tipo"),
        ("NA", "tipo"),
        ("NaN", "tipo"),
        ("  ", "tipo"),
        ("0x10", "tipo"),
        ("2147483648", "fora_da_faixa"),
        ("2147483648.0", "fora_da_faixa"),
    ],
    "bigint": [("9223372036854775808", "fora_da_faixa"), ("1-", "tipo"), ("--1", "tipo")],
    "double": [
        ("NaN", "tipo"),
        ("Infinity", "tipo"),
        ("-inf", "tipo"),
        ("1,5", "tipo"),
        ("1d", "tipo"),
        ("1f", "tipo"),
        ("e", "tipo"),
        (" ", "tipo"),
        ("1e999", "fora_da_faixa"),
    ],
    "decimal(18,3)": [
        ("1,5", "tipo"),
        ("NaN", "tipo"),
        ("Infinity", "tipo"),
        ("NA", "tipo"),
        ("1000000000000000", "fora_da_faixa"),
        ("999999999999999.9995", "fora_da_faixa"),
        ("1e400", "fora_da_faixa"),
    ],
}


def catalogue_column(kind, **settings):
    table = {
        "name": "t",
        "source": "t",
        "description": "",
        "buckets": None,
        "badRowThreshold": 0.01,
        "checks": [],
        "columns": [column("C", kind, **settings)],
    }
    text = {"format": 1, "sources": {}, "trusted": {"t": table}, "refined": {}}
    return parse_catalogue(json.dumps(text)).trusted_table("t").columns[0]


def typed(spark, texts, column):
    """(value, broken rule or None) for each text, in order."""
    rows = spark.createDataFrame(list(enumerate(texts)), "n int, text string")
    value = cast_text(F.col("text"), column.type)
    check = misfit(F.col("text"), F.col("value"), column)
    checked = rows.select("*", value.alias("value")).select(
        "n",
        "value",
        F.when(F.lit(False) if check is None else check, rule_broken(F.col("text"), F.col("value"), column)),
    )
    return [(row[1], row[2]) for row in checked.orderBy("n").collect()]


@pytest.mark.parametrize("kind", FITS)
def test_values_that_fit_are_typed(spark, kind):
    given = FITS[kind]
    assert typed(spark, [text for text, _ in given], catalogue_column(kind)) == [(value, None) for _, value in given]


@pytest.mark.parametrize("kind", MISFITS)
def test_values_that_do_not_fit_are_named_by_the_rule_they_break(spark, kind):
    given = MISFITS[kind]
    assert typed(spark, [text for text, _ in given], catalogue_column(kind)) == [(None, rule) for _, rule in given]


@pytest.mark.parametrize("kind", FITS)
def test_empty_text_is_null_and_fits(spark, kind):
    assert typed(spark, ["", None], catalogue_column(kind)) == [(None, None), (None, None)]


def test_a_value_outside_the_accepted_list_is_bad(spark):
    target = catalogue_column("int", accepted=[0, 1])
    assert typed(spark, ["0", "1.0", "2", "", "x"], target) == [
        (0, None),
        (1, None),
        (2, "fora_da_lista"),
        (None, None),
        (None, "tipo"),
    ]


def test_a_key_may_not_be_empty_unless_the_catalogue_says_so(spark):
    key = catalogue_column("int", key=True)
    assert typed(spark, ["", None, "5"], key) == [(None, "chave_vazia"), (None, "chave_vazia"), (5, None)]
    assert typed(spark, ["", "5"], catalogue_column("int", key=True, keyMayBeEmpty=True)) == [(None, None), (5, None)]


def test_a_column_that_must_have_a_value_may_not_be_empty(spark):
    assert typed(spark, ["", "x"], catalogue_column("string", nullable=False)) == [(None, "vazio"), ("x", None)]
