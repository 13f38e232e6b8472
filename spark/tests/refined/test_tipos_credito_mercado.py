import random
from decimal import Decimal
from fractions import Fraction

from exact import half_up, rate

COLUMNS = "sk_id_bureau bigint, credit_type string, credit_currency string, amt_credit_sum decimal(18,3)"


def credits(*rows: tuple[str | None, str | None, str | None]) -> list[tuple]:
    return [(n, *row) for n, row in enumerate(rows)]


def test_credits_are_shared_over_all_and_amounts_within_their_currency(indicator):
    rows = credits(
        ("Credit card", "currency 1", "100"),
        ("Consumer credit", "currency 1", "200"),
        ("Consumer credit", "currency 1", "0.5"),
        ("Consumer credit", "currency 2", "9"),
    )
    assert indicator("tipos_credito_mercado").given("bureau", COLUMNS, rows).rows() == [
        ("Consumer credit", "currency 1", 2, Decimal("0.500000"), Decimal("200.500"), Decimal("0.667221")),
        ("Consumer credit", "currency 2", 1, Decimal("0.250000"), Decimal("9.000"), Decimal("1.000000")),
        ("Credit card", "currency 1", 1, Decimal("0.250000"), Decimal("100.000"), Decimal("0.332779")),
    ]


def test_an_empty_amount_adds_zero_and_still_counts_as_a_credit(indicator):
    rows = credits(("Mortgage", "currency 1", None), ("Mortgage", "currency 1", "7"))
    assert indicator("tipos_credito_mercado").given("bureau", COLUMNS, rows).rows() == [
        ("Mortgage", "currency 1", 2, Decimal("1.000000"), Decimal("7.000"), Decimal("1.000000"))
    ]


def test_in_a_currency_that_sums_to_zero_the_share_of_amounts_is_null(indicator):
    rows = credits(("Mortgage", "currency 3", None), ("Car loan", "currency 3", "0"))
    assert indicator("tipos_credito_mercado").given("bureau", COLUMNS, rows).rows() == [
        ("Car loan", "currency 3", 1, Decimal("0.500000"), Decimal("0.000"), None),
        ("Mortgage", "currency 3", 1, Decimal("0.500000"), Decimal("0.000"), None),
    ]


def test_an_empty_type_or_currency_is_nao_informado(indicator):
    rows = credits((None, None, "3"), ("Car loan", None, "1"))
    assert indicator("tipos_credito_mercado").given("bureau", COLUMNS, rows).rows() == [
        ("Car loan", "Não informado", 1, Decimal("0.500000"), Decimal("1.000"), Decimal("0.250000")),
        ("Não informado", "Não informado", 1, Decimal("0.500000"), Decimal("3.000"), Decimal("0.750000")),
    ]


def test_without_credits_there_are_no_rows(indicator):
    assert indicator("tipos_credito_mercado").given("bureau", COLUMNS, []).rows() == []


def test_its_types_are_those_of_the_rules(indicator):
    table = indicator("tipos_credito_mercado").given("bureau", COLUMNS, [])
    assert table.types() == [
        "string",
        "string",
        "bigint",
        "decimal(9,6)",
        "decimal(38,3)",
        "decimal(9,6)",
    ]


def test_both_shares_are_exact_quotients_rounded_half_up_once_however_large_the_sums(indicator):
    # Each currency is one case: a part, and the rest of the currency's total.
    chance = random.Random(5)
    cases = [("1", "1999999"), ("-1", "-1999999"), ("-1", "2000001"), ("3", "1999997"), ("1", "-1"), ("-5", "15")]
    for _ in range(400):
        whole = chance.randrange(10**20, 10**24)
        part = (2 * chance.randrange(10**6) + 1) * whole // 2_000_000  # in thousandths, at or just below a tie
        for thousandths in (part, part + 1, chance.randrange(whole)):
            cases.append(tuple(format(Decimal(t).scaleb(-3), "f") for t in (thousandths, whole - thousandths)))
    rows = []
    for n, (part, rest) in enumerate(cases):
        rows += [("part", f"{n:05}", chance.randrange(1, 10**9), part), ("rest", f"{n:05}", 1, rest)]

    table = indicator("tipos_credito_mercado").given("bureau", COLUMNS, [])
    table.given_step("por_tipo", "tipo_credito string, moeda string, creditos bigint, valor_total decimal(28,3)", rows)
    result = {row[1]: row for row in table.rows() if row[0] == "part"}

    everything = sum(count for _, _, count, _ in rows)
    for (_, currency, count, part), (_, rest) in zip(rows[::2], cases, strict=True):
        total = Fraction(part) + Fraction(rest)
        share = None if total == 0 else half_up(Fraction(part) / total, 6)
        assert result[currency][3:] == (rate(count, everything), Decimal(part), share)
