import random
from decimal import Decimal
from fractions import Fraction
from statistics import median

from exact import half_up

COLUMNS = "sk_id_curr bigint, name_contract_type string, amt_credit decimal(18,3)"


def loans(*amounts: str | None, kind: str | None = "Cash loans") -> list[tuple]:
    return [(n, kind, amount) for n, amount in enumerate(amounts)]


def test_each_type_and_the_whole_have_a_row_with_sum_mean_and_median(indicator):
    table = indicator("valor_medio_emprestimo").given(
        "application_train", COLUMNS, loans("100.5", "300", "200") + loans("1000", kind="Revolving loans")
    )
    assert table.rows() == [
        ("Cash loans", 3, 3, Decimal("600.500"), Decimal("200.17"), Decimal("200.00")),
        ("Revolving loans", 1, 1, Decimal("1000.000"), Decimal("1000.00"), Decimal("1000.00")),
        ("Todos", 4, 4, Decimal("1600.500"), Decimal("400.13"), Decimal("250.00")),
    ]


def test_a_loan_without_an_amount_counts_as_a_loan_and_nowhere_else(indicator):
    table = indicator("valor_medio_emprestimo").given("application_train", COLUMNS, loans("10", None, "20"))
    assert table.rows()[0] == ("Cash loans", 3, 2, Decimal("30.000"), Decimal("15.00"), Decimal("15.00"))


def test_a_type_without_any_amount_has_a_sum_of_zero_and_no_mean(indicator):
    table = indicator("valor_medio_emprestimo").given("application_train", COLUMNS, loans(None))
    assert table.rows() == [
        ("Cash loans", 1, 0, Decimal("0.000"), None, None),
        ("Todos", 1, 0, Decimal("0.000"), None, None),
    ]


def test_a_loan_without_a_type_is_nao_informado(indicator):
    table = indicator("valor_medio_emprestimo").given("application_train", COLUMNS, loans("5", kind=None))
    assert [row[0] for row in table.rows()] == ["Não informado", "Todos"]


def test_todos_stands_even_without_any_loan(indicator):
    table = indicator("valor_medio_emprestimo").given("application_train", COLUMNS, [])
    assert table.rows() == [("Todos", 0, 0, Decimal("0.000"), None, None)]


def test_its_types_are_those_of_the_rules(indicator):
    table = indicator("valor_medio_emprestimo").given("application_train", COLUMNS, [])
    assert table.types() == ["string", "bigint", "bigint", "decimal(38,3)", "decimal(18,2)", "decimal(18,2)"]


def test_the_median_is_exact_with_repeated_amounts_and_with_even_and_odd_numbers_of_loans(indicator):
    groups = {
        "one": ["7.777"],
        "two apart": ["1.005", "1.014"],
        "tie of the rounding": ["0.004", "0.006"],
        "even, middles equal": ["1", "2", "2", "9"],
        "even, middles apart": ["1", "1", "2", "2"],
        "odd, repeated": ["3", "3", "3", "1", "9"],
        "seventeen digits": ["99999999999999.999", "99999999999999.998"],
    }
    chance = random.Random(11)
    for n in range(40):
        size, spread = chance.randrange(1, 60), chance.choice([3, 50, 10**15])
        groups[f"random {n:02}"] = [str(Decimal(chance.randrange(spread)).scaleb(-3)) for _ in range(size)]
    rows = [row for kind, amounts in groups.items() for row in loans(*amounts, kind=kind)]

    result = indicator("valor_medio_emprestimo").given("application_train", COLUMNS, rows).rows()

    medians = {row[0]: row[5] for row in result if row[0] != "Todos"}
    assert medians == {kind: half_up(median(map(Fraction, amounts)), 2) for kind, amounts in groups.items()}


def test_the_mean_is_the_exact_quotient_rounded_once_for_any_sum_and_count(indicator):
    chance = random.Random(3)
    sums_and_counts = [("0.005", 1), ("-0.005", 1), ("0.015", 3), ("2", 3), ("-2", 3)]
    for _ in range(400):
        count = chance.randrange(1, 10 ** chance.randrange(1, 11))
        # Thousandths that lie on a tie between two means, and one to each side of it.
        on_a_tie = 5 * (2 * chance.randrange(10**7) + 1) * count
        for thousandths in (on_a_tie, on_a_tie - 1, on_a_tie + 1, -on_a_tie + 1, chance.randrange(10**17)):
            sums_and_counts.append((format(Decimal(thousandths).scaleb(-3), "f"), count))
    named = [(f"{n:05}", total, count) for n, (total, count) in enumerate(sums_and_counts)]

    table = indicator("valor_medio_emprestimo").given("application_train", COLUMNS, [])
    table.given_step("grupos", "tipo_contrato string", [(name,) for name, _, _ in named])
    table.given_step(
        "totais",
        "tipo_contrato string, emprestimos bigint, emprestimos_com_valor bigint, valor_total decimal(28,3)",
        [(name, count, count, total) for name, total, count in named],
    )

    expected = [half_up(Fraction(total) / count, 2) for _, total, count in named]
    assert [row[4] for row in table.rows()] == expected
