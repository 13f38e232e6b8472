"""What expressions give: the values and types that Trino's documentation and Athena's results have."""

from decimal import ROUND_HALF_UP, Decimal, getcontext
from random import Random

import pyarrow as pa
import pytest

# SQL, type, value. Each was worked out by hand from Trino's rules.
EXPRESSIONS = [
    # integers
    ("7 / 2", "integer", "3"),
    ("-7 / 2", "integer", "-3"),
    ("-7 % 3", "integer", "-1"),
    ("CAST(7 AS bigint) / 2", "bigint", "3"),
    ("3000000000", "bigint", "3000000000"),
    ("1e0 / 0", "double", "Infinity"),
    ("7e0 / 2", "double", "3.5"),
    ("8 / 1e0+1", "double", "9.0"),
    ("1e0-1e0-1", "double", "-1.0"),
    # decimals: division keeps the greater scale, and rounds half up
    ("CAST(1 AS decimal(18,3)) / CAST(3 AS decimal(18,3))", "decimal(21,3)", "0.333"),
    ("CAST(2 AS decimal(18,3)) / 3", "decimal(18,3)", "0.667"),
    ("CAST(-2 AS decimal(18,3)) / 3", "decimal(18,3)", "-0.667"),
    ("CAST(1 AS decimal(38,3)) / CAST(8 AS decimal(38,2))", "decimal(38,3)", "0.125"),
    ("CAST(24825 AS decimal(38,10)) / 307511", "decimal(38,10)", "0.0807288195"),
    ("CAST(CAST(24825 AS decimal(38,10)) / 307511 AS decimal(9,6))", "decimal(9,6)", "0.080729"),
    ("1.5 * 2.25", "decimal(5,3)", "3.375"),
    ("decimal '1.50'", "decimal(3,2)", "1.50"),
    ("decimal '-0.16' * decimal '007'", "decimal(3,2)", "-1.12"),
    ("1.10 + 2", "decimal(13,2)", "3.10"),
    ("CAST(999999999999999.999 AS decimal(18,3)) + CAST(1 AS decimal(18,3))", "decimal(19,3)", "1000000000000000.999"),
    ("CAST(0.125 AS decimal(9,2))", "decimal(9,2)", "0.13"),
    ("CAST(-0.125 AS decimal(9,2))", "decimal(9,2)", "-0.13"),
    ("CAST(2.5 AS integer)", "integer", "3"),
    ("CAST(2.5e0 AS bigint)", "bigint", "3"),
    ("CAST(-2.5e0 AS bigint)", "bigint", "-3"),
    ("round(1.2345, 2)", "decimal(6,4)", "1.2300"),
    ("round(2.5)", "decimal(2,0)", "3"),
    # doubles as Java writes them
    ("1e7", "double", "1.0E7"),
    ("9999999e0", "double", "9999999.0"),
    ("0.001e0", "double", "0.001"),
    ("0.0001e0", "double", "1.0E-4"),
    ("599026.5e0", "double", "599026.5"),
    # text
    ("length('ção')", "bigint", "3"),
    ("concat('a', 'b', 'c')", "varchar", "abc"),
    ("'a' || 'b'", "varchar", "ab"),
    ("substr('abcdef', 2, 3)", "varchar", "bcd"),
    ("split_part('a-b-c', '-', 2)", "varchar", "b"),
    ("strpos('banco', 'n')", "bigint", "3"),
    ("lpad('7', 3, '0')", "varchar", "007"),
    ("regexp_extract('slot=42', 'slot=([0-9]+)', 1)", "varchar", "42"),
    ("regexp_extract('nada', '[0-9]+')", "varchar", None),
    ("regexp_like('abc', 'b')", "boolean", "true"),
    ("replace('a.b', '.', ',')", "varchar", "a,b"),
    ("json_extract_scalar('{\"a\": {\"b\": 5}}', '$.a.b')", "varchar", "5"),
    ("format('%.2f%% de %s (%d)', 12.345e0, 'x', 7)", "varchar", "12.35% de x (7)"),
    # dates and times
    ("date '2026-01-31' + interval '1' day", "date", "2026-02-01"),
    ("date_add('month', 1, date '2026-01-31')", "date", "2026-02-28"),
    ("date_trunc('month', date '2026-01-31')", "date", "2026-01-01"),
    ("date_trunc('hour', timestamp '2026-01-05 09:41:00')", "timestamp", "2026-01-05 09:00:00.000"),
    ("date_diff('month', date '2026-01-31', date '2026-02-27')", "bigint", "0"),
    ("date_diff('day', timestamp '2026-01-05 23:00:00', timestamp '2026-01-06 01:00:00')", "bigint", "0"),
    ("date_diff('day', date '2026-01-05', date '2026-03-05')", "bigint", "59"),
    ("date_format(timestamp '2026-01-05 09:07:03', '%d/%m/%Y %H:%i:%s')", "varchar", "05/01/2026 09:07:03"),
    ("date_parse('05/01/2026', '%d/%m/%Y')", "timestamp", "2026-01-05 00:00:00.000"),
    ("year(date '2026-01-05')", "bigint", "2026"),
    ("day_of_week(date '2026-01-04')", "bigint", "7"),
    ("extract(dow FROM date '2026-01-04')", "bigint", "7"),
    ("last_day_of_month(date '2026-02-03')", "date", "2026-02-28"),
    ("to_iso8601(date '2026-02-03')", "varchar", "2026-02-03"),
    ("from_unixtime(0)", "timestamp with time zone", "1970-01-01 00:00:00.000 UTC"),
    ("to_unixtime(timestamp '1970-01-01 00:00:01')", "double", "1.0"),
    ("CAST(timestamp '2026-01-05 09:00:00' AS varchar)", "varchar", "2026-01-05 09:00:00.000"),
    (
        "timestamp '2026-01-05 01:30:00' AT TIME ZONE 'America/Sao_Paulo'",
        "timestamp with time zone",
        "2026-01-04 22:30:00.000 America/Sao_Paulo",
    ),
    ("CAST(timestamp '2026-01-05 01:30:00' AT TIME ZONE 'America/Sao_Paulo' AS date)", "date", "2026-01-04"),
    ("hour(at_timezone(timestamp '2026-01-05 01:30:00 UTC', 'America/Sao_Paulo'))", "bigint", "22"),
    (
        "timestamp '2026-01-05 01:30:00 UTC' AT TIME ZONE 'America/Sao_Paulo' = timestamp '2026-01-05 01:30:00 UTC'",
        "boolean",
        "true",
    ),
    # null and conditions
    ("try_cast('x' AS integer)", "integer", None),
    ("try_cast('12' AS bigint)", "bigint", "12"),
    ("try(1 / 0)", "integer", None),
    ("coalesce(NULL, 2.50)", "decimal(3,2)", "2.50"),
    ("CASE WHEN true THEN 1 ELSE 2.50 END", "decimal(12,2)", "1.00"),
    ("greatest(1, NULL)", "integer", None),
    ("nullif(1, 1)", "integer", None),
    ("3 = ANY (VALUES 2, 3)", "boolean", "true"),
    ("if(1 > 2, 'a', 'b')", "varchar", "b"),
    # collections
    ("ARRAY[1, 2, NULL]", "array", "[1, 2, null]"),
    ("split('a,b', ',')", "array", "[a, b]"),
    ("cardinality(ARRAY[1, 2])", "bigint", "2"),
    ("element_at(ARRAY['a', 'b'], 2)", "varchar", "b"),
    ("array_join(ARRAY['a', 'b'], '-')", "varchar", "a-b"),
    ("sequence(1, 3)", "array", "[1, 2, 3]"),
    ("sequence(date '2026-01-01', date '2026-01-02', interval '1' day)", "array", "[2026-01-01, 2026-01-02]"),
    ("slice(ARRAY[1, 2, 3, 4], 2, 2)", "array", "[2, 3]"),
    ("map(ARRAY[5], ARRAY['x'])[5]", "varchar", "x"),
    ("CAST(ROW(1, 'a') AS ROW(n integer, t varchar))", "row", "{n=1, t=a}"),
    ("date '2026-01-05' - date '2026-01-01'", "interval day to second", "4 00:00:00.000"),
    ("regexp_replace('a-b', '(a)-(b)', '$2-$1')", "varchar", "b-a"),
    ("typeof(CAST(1 AS decimal(9,6)))", "varchar", "decimal(9,6)"),
]


@pytest.mark.parametrize(("sql", "kind", "value"), EXPRESSIONS, ids=[item[0][:60] for item in EXPRESSIONS])
def test_an_expression_has_trinos_type_and_value(module_athena, sql, kind, value):
    assert module_athena.types(f"SELECT {sql}") == [kind]
    assert module_athena.rows(f"SELECT {sql}") == [["_col0"], [value]]


VALUES = "(VALUES (1, CAST(0.10 AS decimal(18,3)), 'b'), (2, CAST(0.15 AS decimal(18,3)), 'a'), (3, NULL, NULL))"
AGGREGATES = [
    ("count(*)", "bigint", "3"),
    ("count(v)", "bigint", "2"),
    ("sum(i)", "bigint", "6"),
    ("avg(i)", "double", "2.0"),
    ("sum(v)", "decimal(38,3)", "0.250"),
    ("avg(v)", "decimal(18,3)", "0.125"),
    ("avg(v + 0.001)", "decimal(19,3)", "0.126"),
    ("sum(v) / count(*)", "decimal(38,3)", "0.083"),
    ("avg(v) FILTER (WHERE i = 2)", "decimal(18,3)", "0.150"),
    ("avg(v) FILTER (WHERE i = 9)", "decimal(18,3)", None),
    ("count_if(i > 1)", "bigint", "2"),
    ("approx_distinct(t)", "bigint", "2"),
    ("max_by(t, i)", "varchar", None),
    ("min_by(t, i)", "varchar", "b"),
    ("array_agg(t ORDER BY i DESC)", "array", "[null, a, b]"),
    ("approx_percentile(i, 0.5)", "integer", "2"),
    ("bool_and(i > 0)", "boolean", "true"),
    ("listagg(t, ',') WITHIN GROUP (ORDER BY t)", "varchar", "a,b"),
]


@pytest.mark.parametrize(("sql", "kind", "value"), AGGREGATES, ids=[item[0] for item in AGGREGATES])
def test_an_aggregate_has_trinos_type_and_value(module_athena, sql, kind, value):
    query = f"SELECT {sql} AS x FROM {VALUES} AS t (i, v, t)"
    assert module_athena.types(query) == [kind]
    assert module_athena.rows(query) == [["x"], [value]]


def test_a_mean_of_decimals_over_a_window_is_a_decimal(module_athena):
    query = (
        f"SELECT i, avg(v) OVER (ORDER BY i) m, sum(i) OVER (PARTITION BY i / 2) s FROM {VALUES} t (i, v, t) ORDER BY i"
    )
    assert module_athena.types(query) == ["integer", "decimal(18,3)", "bigint"]
    assert module_athena.rows(query)[1:] == [["1", "0.100", "1"], ["2", "0.125", "5"], ["3", "0.125", "5"]]


def test_nulls_come_last_in_both_directions(module_athena):
    for direction, expected in (("ASC", ["a", "b", None]), ("DESC", ["b", "a", None])):
        rows = module_athena.rows(f"SELECT t FROM {VALUES} AS x (i, v, t) ORDER BY t {direction}")
        assert [row[0] for row in rows[1:]] == expected


def test_a_union_has_the_type_that_holds_both_sides(module_athena):
    query = "SELECT 1 AS a UNION ALL SELECT CAST(2.5 AS decimal(4,2))"
    assert module_athena.types(query) == ["decimal(12,2)"]
    assert sorted(module_athena.rows(query)[1:]) == [["1.00"], ["2.50"]]


def test_columns_keep_the_names_that_the_query_writes(module_athena):
    rows = module_athena.rows(
        'SELECT i AS Total, v AS "Com Espaço", i + 1, t FROM ' + VALUES + " AS x (i, v, t) LIMIT 1"
    )
    assert rows[0] == ["Total", "Com Espaço", "_col2", "t"]


def test_unnest_makes_rows_of_an_array(module_athena):
    rows = module_athena.rows("SELECT x, n FROM UNNEST(ARRAY['a', 'b']) WITH ORDINALITY AS t (x, n) ORDER BY n")
    assert rows == [["x", "n"], ["a", "1"], ["b", "2"]]


def test_grouping_sets_and_ordinals_work(module_athena):
    query = f"SELECT t, count(*) n FROM {VALUES} AS x (i, v, t) WHERE t IS NOT NULL GROUP BY ROLLUP (t) ORDER BY 1, 2"
    assert module_athena.rows(query)[1:] == [["a", "1"], ["b", "1"], [None, "2"]]


def test_a_with_that_is_named_like_a_table_hides_it(module_lake, module_athena):
    module_lake.table("mesmo", pa.table({"x": pa.array([1], pa.int64())}))
    both = f"SELECT x FROM mesmo UNION ALL SELECT x FROM {module_lake.database}.mesmo"
    rows = module_athena.rows(f"WITH mesmo AS (SELECT 5 AS x) {both}")
    assert sorted(rows[1:]) == [["1"], ["5"]]


def test_a_key_of_a_map_is_no_place_in_an_array(module_athena):
    rows = module_athena.rows(
        "SELECT m[5], element_at(m, 6) FROM (SELECT map_agg(k, v) m FROM (VALUES (5, 'x')) t (k, v)) u"
    )
    assert rows[1] == ["x", None]


def test_decimal_quotients_are_exact_and_rounded_half_up(module_athena):
    random = Random(7)
    getcontext().prec = 60
    pairs = []
    for _ in range(300):
        one = Decimal(random.randint(-(10 ** random.randint(1, 15)), 10**15)).scaleb(-3)
        other = Decimal(random.choice((random.randint(1, 99), -8, 3, 16, 10**6 + 1))).scaleb(-2)
        pairs.append((one, other))
    rows = ", ".join(f"({index}, decimal '{one}', decimal '{other}')" for index, (one, other) in enumerate(pairs))
    query = (
        "SELECT CAST(a AS decimal(18,3)) / CAST(b AS decimal(10,2)), CAST(a AS decimal(28,6)) / b, CAST(a AS decimal(16,2)) "
        f"FROM (VALUES {rows}) AS t (i, a, b) ORDER BY i"
    )
    expected = [
        [str((one / other).quantize(Decimal(unit), ROUND_HALF_UP)) for unit in ("0.001", "0.000001")]
        + [str(one.quantize(Decimal("0.01"), ROUND_HALF_UP))]
        for one, other in pairs
    ]
    assert module_athena.rows(query)[1:] == expected
